package dev.nantian.gateway.proxy.config;

import dev.nantian.gateway.proxy.balance.KeyTable;
import dev.nantian.gateway.proxy.health.ClusterHealth;
import dev.nantian.gateway.proxy.health.EndpointHealth;
import dev.nantian.gateway.proxy.retry.CircuitCounts;
import java.util.Arrays;
import java.util.List;
import java.util.Map;

/**
 * One port of a Service and its ready endpoints.
 *
 * <p>The object lives as long as the Service port does and is shared by all routes that use it, so
 * a change of endpoints recompiles nothing. Written by the configuration thread, read by every
 * loop: read {@link #state()} once for each choice.
 */
public final class Cluster {
  /** How to speak to the endpoints. */
  public enum Protocol {
    HTTP1,
    HTTP2,
    /** Not at all: bytes are relayed (layer 4). */
    OPAQUE
  }

  private final String name;
  private final Protocol protocol;
  private final ClusterHealth health;
  private final CircuitCounts counts = new CircuitCounts();
  private volatile ClusterState state = ClusterState.EMPTY;
  private volatile String externalName = "";

  /**
   * @param name {@code namespace/name:port}
   */
  public Cluster(String name, Protocol protocol) {
    this(name, protocol, new ClusterHealth());
  }

  /** One that goes on with the health of another. */
  Cluster(String name, Protocol protocol, ClusterHealth health) {
    this.health = health;
    this.name = name;
    this.protocol = protocol;
  }

  public String name() {
    return name;
  }

  public Protocol protocol() {
    return protocol;
  }

  /** Endpoints and policy as they are now; changes as a whole. */
  public ClusterState state() {
    return state;
  }

  /** The endpoints that may get traffic; an immutable list, empty when there is none (503). */
  public List<Endpoint> endpoints() {
    return state.endpoints();
  }

  /** Replaces the endpoints; all have the same weight. */
  public void endpoints(List<Endpoint> ready) {
    int[] weights = new int[ready.size()];
    Arrays.fill(weights, 1);
    endpoints(ready, weights);
  }

  /**
   * Replaces the endpoints.
   *
   * @param weights one for each, 1 or more
   */
  public void endpoints(List<Endpoint> ready, int[] weights) {
    ClusterState now = state;
    if (!now.endpoints().equals(ready) || !Arrays.equals(now.weights(), weights)) {
      replace(now.policy(), List.copyOf(ready), weights.clone());
    }
  }

  /**
   * Replaces the endpoints.
   *
   * @param ready with their weights, in order
   */
  void endpoints(Map<Endpoint, Integer> ready) {
    endpoints(
        List.copyOf(ready.keySet()), ready.values().stream().mapToInt(Integer::intValue).toArray());
  }

  /** Replaces the policy. */
  public void policy(ClusterPolicy policy) {
    ClusterState now = state;
    if (!now.policy().equals(policy)) {
      health.policy(policy.outliers());
      replace(policy, now.endpoints(), now.weights());
    }
  }

  private void replace(ClusterPolicy policy, List<Endpoint> endpoints, int[] weights) {
    List<EndpointHealth> ofEndpoints =
        health.update(endpoints.stream().map(Endpoint::address).toList());
    List<String> names = endpoints.stream().map(Endpoint::text).toList();
    KeyTable table = KeyTable.of(policy.balance(), names, weights);
    state = new ClusterState(state.revision() + 1, policy, endpoints, weights, table, ofEndpoints);
  }

  /** What is known of the endpoints' health. Thread-safe. */
  public ClusterHealth health() {
    return health;
  }

  /** What is under way, where limits ask for it. Thread-safe. */
  public CircuitCounts counts() {
    return counts;
  }

  /** The DNS name that gives the endpoints; empty if the control plane does. */
  public String externalName() {
    return externalName;
  }

  /** Takes note of where the endpoints come from. */
  void externalName(String name) {
    externalName = name;
  }

  @Override
  public String toString() {
    return name;
  }
}
