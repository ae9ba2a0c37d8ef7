package dev.nantian.gateway.proxy.health;

import java.net.InetSocketAddress;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * The health of all endpoints of a cluster.
 *
 * <p>Lives as long as the Service port does: an endpoint that stays in the list keeps its state.
 * Its monitor guards changes of state; what the loops read is volatile.
 */
public final class ClusterHealth {
  private final LongSupplier nanoClock;
  private volatile Map<InetSocketAddress, EndpointHealth> endpoints = Map.of();
  private volatile OutlierPolicy policy = OutlierPolicy.DEFAULT;
  private volatile boolean panicking;
  private final AtomicLong ejections = new AtomicLong();

  /** With the system's monotonic clock. */
  public ClusterHealth() {
    this(System::nanoTime);
  }

  ClusterHealth(LongSupplier nanoClock) {
    this.nanoClock = nanoClock;
  }

  /** Changes the policy; states stay. */
  public synchronized void policy(OutlierPolicy changed) {
    policy = changed;
    changed();
  }

  OutlierPolicy policy() {
    return policy;
  }

  /**
   * Takes the endpoints that there are now. The first ones begin with their full share, later ones
   * as newcomers.
   *
   * @return their health, in their order
   */
  public synchronized List<EndpointHealth> update(Collection<InetSocketAddress> addresses) {
    boolean first = endpoints.isEmpty();
    long start = first ? now() - Long.MAX_VALUE / 2 : now();
    Map<InetSocketAddress, EndpointHealth> next = new HashMap<>();
    List<EndpointHealth> inOrder = new ArrayList<>();
    for (InetSocketAddress address : addresses) {
      EndpointHealth known = endpoints.get(address);
      EndpointHealth health = known == null ? new EndpointHealth(this, address, start) : known;
      next.put(address, health);
      inOrder.add(health);
    }
    endpoints = Map.copyOf(next);
    changed();
    return List.copyOf(inOrder);
  }

  /** The health of an endpoint; null if it is none of this cluster's now. */
  public @Nullable EndpointHealth of(InetSocketAddress address) {
    return endpoints.get(address);
  }

  /** All endpoints. */
  public Collection<EndpointHealth> all() {
    return endpoints.values();
  }

  /** True while so few endpoints are available that health is ignored. */
  public boolean isPanicking() {
    return panicking;
  }

  /** How many endpoints are in this state. */
  public long count(EndpointHealth.State state) {
    return endpoints.values().stream().filter(health -> health.state() == state).count();
  }

  /** How many endpoints fail active checks. */
  public long countCheckFailed() {
    return endpoints.values().stream().filter(EndpointHealth::isCheckFailed).count();
  }

  /** Ejections so far. */
  public long ejections() {
    return ejections.get();
  }

  long now() {
    return nanoClock.getAsLong();
  }

  /** To be called with the monitor held. */
  boolean mayEject(EndpointHealth candidate) {
    long out =
        endpoints.values().stream()
            .filter(other -> other != candidate && other.state() != EndpointHealth.State.HEALTHY)
            .count();
    return (out + 1) * 100 <= (long) endpoints.size() * policy.maxEjectedPercent();
  }

  /** To be called with the monitor held. */
  void ejected() {
    ejections.incrementAndGet();
    changed();
  }

  /** A state changed; to be called with the monitor held. */
  void changed() {
    long available = endpoints.values().stream().filter(health -> !health.isOut()).count();
    panicking = available * 100 < (long) endpoints.size() * policy.panicPercent();
  }
}
