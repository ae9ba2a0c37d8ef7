package dev.nantian.gateway.control.kubernetes;

import dev.nantian.gateway.control.kubernetes.infrastructure.HostSettings;
import dev.nantian.gateway.control.kubernetes.infrastructure.InfrastructureSettings;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.Optional;

/**
 * How a control plane works on an API server.
 *
 * @param controllerName entries of statuses with this name are ours
 * @param identity of this replica, unlike all others
 * @param lease name of the Lease, in the control plane's namespace
 * @param leaseDuration after which another replica takes over from a silent leader
 * @param infrastructure empty: no Services are made; addresses come from the control plane's pool
 * @param hosts whose addresses Gateways have; empty: they have none of hosts
 * @param peerAddress where other replicas reach this one; empty: they cannot
 */
public record KubernetesSettings(
    String controllerName,
    String identity,
    String lease,
    Duration leaseDuration,
    Optional<InfrastructureSettings> infrastructure,
    Optional<HostSettings> hosts,
    Optional<InetSocketAddress> peerAddress) {

  /** Short enough that statuses go on within 5 s of a leader's death. */
  public static final Duration LEASE_DURATION = Duration.ofSeconds(4);
}
