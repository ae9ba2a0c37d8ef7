/**
 * Hitless restart: a new process takes over the listening sockets of the one that runs, over a Unix
 * domain socket, while that one goes on serving until the new one can.
 *
 * <p>{@link dev.nantian.gateway.proxy.takeover.Predecessor} is the running process's side, {@link
 * dev.nantian.gateway.proxy.takeover.Successor} the new one's; docs/decisions has what they say to
 * each other and why. In: what the data plane lends. Out: {@link
 * dev.nantian.gateway.proxy.takeover.InheritedSockets}, which its listeners adopt instead of
 * binding. All of this is off the event loops of traffic and may block.
 */
@NullMarked
package dev.nantian.gateway.proxy.takeover;

import org.jspecify.annotations.NullMarked;
