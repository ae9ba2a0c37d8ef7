/**
 * Which of several control planes writes to the API server.
 *
 * <p>All of them watch and serve proxies; one holds a Lease of {@code coordination.k8s.io} and
 * alone writes. {@code LeaseState} decides, {@link
 * dev.nantian.gateway.control.kubernetes.leader.LeaderElection} asks the server.
 */
@NullMarked
package dev.nantian.gateway.control.kubernetes.leader;

import org.jspecify.annotations.NullMarked;
