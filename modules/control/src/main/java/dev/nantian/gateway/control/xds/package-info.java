/**
 * The delta aggregated discovery service: how the snapshot reaches the proxies and how their
 * answers come back.
 *
 * <p>In: snapshot changes, and requests of nodes over gRPC. Out: responses, and to the {@link
 * dev.nantian.gateway.control.xds.NodesActor} what each node holds or has refused. The protocol is
 * the plain class {@link dev.nantian.gateway.control.xds.DeltaStream}; one {@link
 * dev.nantian.gateway.control.xds.StreamActor} wires it to one stream. Nothing here knows a
 * Kubernetes object.
 *
 * <p>Of several replicas of the control plane each serves proxies; what they say is reported to the
 * one that leads ({@link dev.nantian.gateway.control.xds.LeaderUplink}, and {@code PeersServer}
 * there), whose NodesActor so knows all proxies.
 */
@NullMarked
package dev.nantian.gateway.control.xds;

import org.jspecify.annotations.NullMarked;
