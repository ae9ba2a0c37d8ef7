package dev.nantian.gateway.proxy.config;

import dev.nantian.gateway.proxy.balance.KeyTable;
import dev.nantian.gateway.proxy.health.EndpointHealth;
import java.util.List;

/**
 * A cluster at one time: what a loop needs to choose an endpoint, made once for all loops.
 *
 * @param revision counts the states of this cluster
 * @param policy in force
 * @param endpoints that may get traffic; empty when there is none (503)
 * @param weights one for each endpoint; not to be written to
 * @param table for the policies that hash
 * @param health of each endpoint
 */
public record ClusterState(
    long revision,
    ClusterPolicy policy,
    List<Endpoint> endpoints,
    int[] weights,
    KeyTable table,
    List<EndpointHealth> health) {
  /** No endpoints. */
  static final ClusterState EMPTY =
      new ClusterState(0, ClusterPolicy.DEFAULT, List.of(), new int[0], KeyTable.NONE, List.of());
}
