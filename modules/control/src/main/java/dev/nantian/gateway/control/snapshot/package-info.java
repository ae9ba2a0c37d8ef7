/**
 * The configuration that is in force: one versioned map of resources, which the xDS streams send to
 * the proxies.
 *
 * <p>In: one published or withdrawn resource at a time, from the actor that owns it. Out: batches
 * of changes to whoever subscribed. A resource's bytes exist once, however many nodes get them.
 * Only {@link dev.nantian.gateway.control.snapshot.SnapshotActor} changes the map.
 */
@NullMarked
package dev.nantian.gateway.control.snapshot;

import org.jspecify.annotations.NullMarked;
