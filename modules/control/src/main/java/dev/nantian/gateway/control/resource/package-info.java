/**
 * One actor for each object, and the registry that starts them.
 *
 * <p>In: source events. Out: the object's configuration resources to the snapshot, its status to
 * the status store. Actors of objects that refer to each other exchange {@link
 * dev.nantian.gateway.control.translate.Claim}s (upwards, to what is referred to) and {@link
 * dev.nantian.gateway.control.translate.Fact}s (downwards, to who refers); an equal fact stops the
 * ripple of a change. What anything means is decided in {@code control.translate}.
 */
@NullMarked
package dev.nantian.gateway.control.resource;

import org.jspecify.annotations.NullMarked;
