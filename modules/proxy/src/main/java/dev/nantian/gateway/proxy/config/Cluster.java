package dev.nantian.gateway.proxy.config;

import dev.nantian.gateway.proxy.balance.KeyTable;
import dev.nantian.gateway.proxy.health.ClusterHealth;
import dev.nantian.gateway.proxy.health.EndpointHealth;
import dev.nantian.gateway.proxy.retry.CircuitCounts;
import dev.nantian.gateway.proxy.tls.BackendTls;
import dev.nantian.gateway.proxy.tls.CertifiedKey;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

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
    /** With TLS only: the one of both that ALPN chooses, HTTP/2 if it can be had. */
    NEGOTIATED,
    /** Not at all: bytes are relayed (layer 4). */
    OPAQUE
  }

  private static final int MAX_VARIANTS = 8;

  private final String name;
  private final Protocol protocol;
  private final @Nullable BackendTls tls;
  private final String tlsFailure;
  private final Cluster base; // whose endpoints, policy and health these are
  private final ClusterHealth health;
  private final CircuitCounts counts = new CircuitCounts();
  private final LinkedHashMap<Manner, Cluster> variants = new LinkedHashMap<>();
  private volatile @Nullable Cluster lastVariant;
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
    this(name, protocol, health, null, "");
  }

  /**
   * @param tls null for cleartext
   * @param tlsFailure why no request can be sent although TLS is asked for; empty if they can
   */
  public Cluster(
      String name,
      Protocol protocol,
      ClusterHealth health,
      @Nullable BackendTls tls,
      String tlsFailure) {
    this.name = name;
    this.protocol = protocol;
    this.health = health;
    this.tls = tls;
    this.tlsFailure = tlsFailure;
    this.base = this;
  }

  private Cluster(Cluster base, Protocol protocol, @Nullable BackendTls tls) {
    this.name = base.name;
    this.protocol = protocol;
    this.health = base.health;
    this.tls = tls;
    this.tlsFailure = base.tlsFailure;
    this.base = base;
  }

  /** How a variant speaks to the endpoints. */
  private record Manner(Protocol protocol, @Nullable CertifiedKey client) {}

  /**
   * The same endpoints, policy and health, spoken to in another way.
   *
   * @param client the certificate for backends that ask for one; without meaning without TLS
   */
  public Cluster as(Protocol other, @Nullable CertifiedKey client) {
    BackendTls mine = tls;
    CertifiedKey shown = mine == null ? null : client;
    if (isAs(other, shown)) {
      return this;
    }
    Cluster last = lastVariant; // nearly always the one that is wanted: no lock
    if (last != null && last.isAs(other, shown)) {
      return last;
    }
    synchronized (base.variants) {
      Cluster variant =
          base.variants.computeIfAbsent(
              new Manner(other, shown),
              manner -> new Cluster(base, other, mine == null ? null : mine.with(manner.client())));
      if (base.variants.size() > MAX_VARIANTS) {
        var unused = base.variants.pollFirstEntry(); // of a client certificate that was replaced
      }
      lastVariant = variant;
      return variant;
    }
  }

  private boolean isAs(Protocol other, @Nullable CertifiedKey client) {
    return protocol == other && (tls == null || Objects.equals(tls.client(), client));
  }

  /** How its connections are secured; null for cleartext. */
  public @Nullable BackendTls tls() {
    return tls;
  }

  /** Why TLS is asked for and cannot be spoken; empty if that is not so. */
  public String tlsFailure() {
    return tlsFailure;
  }

  public String name() {
    return name;
  }

  public Protocol protocol() {
    return protocol;
  }

  /** Endpoints and policy as they are now; changes as a whole. */
  public ClusterState state() {
    return base.state;
  }

  /** The endpoints that may get traffic; an immutable list, empty when there is none (503). */
  public List<Endpoint> endpoints() {
    return base.state.endpoints();
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
      List<Endpoint> copy = List.copyOf(ready);
      replace(
          now.policy(),
          copy,
          weights.clone(),
          health.update(copy.stream().map(Endpoint::address).toList()));
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
      // The endpoints' health is not asked for anew: a cluster that takes the place of another has
      // no endpoints yet, and would forget what the other knew.
      replace(policy, now.endpoints(), now.weights(), now.health());
    }
  }

  private void replace(
      ClusterPolicy policy,
      List<Endpoint> endpoints,
      int[] weights,
      List<EndpointHealth> ofEndpoints) {
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
    return base.counts;
  }

  /** The DNS name that gives the endpoints; empty if the control plane does. */
  public String externalName() {
    return base.externalName;
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
