/**
 * Active checks: asks endpoints whether they are well.
 *
 * <p>In: the clusters whose policy wants checks. Out: verdicts in their {@link
 * dev.nantian.gateway.proxy.health.EndpointHealth}, which all loops read, and meters. One actor
 * with timers and one thread of its own for the connections, so that checks cost the event loops
 * nothing.
 */
@NullMarked
package dev.nantian.gateway.proxy.check;

import org.jspecify.annotations.NullMarked;
