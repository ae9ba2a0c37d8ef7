/**
 * The event loops: N Netty loops of one thread each, the Pekko dispatchers that are these loops,
 * their timers, and the transport below them with what it needs to be right ({@code SteadyEpoll},
 * {@code Connecting}).
 *
 * <p>In: a setting and an ActorSystem's configuration. Out: {@link
 * dev.nantian.gateway.proxy.loop.EventLoops}. A loop shares nothing with the others; whoever runs
 * on it must never block.
 */
@NullMarked
package dev.nantian.gateway.proxy.loop;

import org.jspecify.annotations.NullMarked;
