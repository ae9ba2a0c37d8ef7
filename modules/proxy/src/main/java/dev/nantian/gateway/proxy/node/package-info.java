/**
 * A proxy's configuration as it lives: the actor that owns what was received, the state that others
 * read, and its figures.
 *
 * <p>In: updates from the xDS client or from disk, answers of the resolver. Out: {@link
 * dev.nantian.gateway.proxy.config.RuntimeConfig}s for the data plane, rejections for the control
 * plane, snapshots for the disk. Nothing here runs on an event loop.
 */
@NullMarked
package dev.nantian.gateway.proxy.node;

import org.jspecify.annotations.NullMarked;
