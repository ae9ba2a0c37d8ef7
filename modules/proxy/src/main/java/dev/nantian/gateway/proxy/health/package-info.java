/**
 * What is known of the health of a cluster's endpoints. Active checks are in {@code check}.
 *
 * <p>In: outcomes of requests, reported by the event loops ({@link
 * dev.nantian.gateway.proxy.health.EndpointHealth#report}), and results of active checks. Out:
 * whether an endpoint is usable now, asked by the loops for each choice. One state for each
 * endpoint of a cluster, shared by all loops and kept as long as the endpoint stays, whatever else
 * changes in the configuration. Reading takes no lock and a success writes nothing; only changes of
 * state, which are rare, take the cluster's lock.
 */
@NullMarked
package dev.nantian.gateway.proxy.health;

import org.jspecify.annotations.NullMarked;
