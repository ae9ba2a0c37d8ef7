package dev.nantian.gateway.proxy.upstream;

import dev.nantian.gateway.proxy.config.Cluster;
import dev.nantian.gateway.proxy.config.Endpoint;
import dev.nantian.gateway.proxy.http.HttpLimits;
import dev.nantian.gateway.proxy.loop.DeadlineWheel;
import dev.nantian.gateway.proxy.loop.Transport;
import io.netty.channel.EventLoop;
import java.util.Collection;
import java.util.HashMap;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import org.jspecify.annotations.Nullable;

/**
 * All pools of one event loop, and the choice of an endpoint.
 *
 * <p>Touched by its event loop only.
 */
public final class UpstreamPools {
  /** How often {@link #sweep} is to be called. */
  public static final long SWEEP_MILLIS = 1_000;

  private static final long UNUSED_MILLIS = 60_000;

  private final Connector connector;
  private final UpstreamSettings settings;
  private final UpstreamCounts counts = new UpstreamCounts();
  private final SplittableRandom random = new SplittableRandom();
  private final Map<Endpoint, EndpointPool> byEndpoint = new HashMap<>();
  private final IdentityHashMap<Cluster, ClusterPools> byCluster = new IdentityHashMap<>();

  public UpstreamPools(
      EventLoop loop,
      Transport transport,
      DeadlineWheel wheel,
      UpstreamSettings settings,
      HttpLimits limits) {
    this.connector = new Connector(loop, transport, wheel, settings, limits);
    this.settings = settings;
  }

  /**
   * The pool of the endpoint that gets the next request: of two taken at random, the one with fewer
   * outstanding requests. Endpoints that lately refused connections are passed over while there are
   * others.
   *
   * @param except an endpoint that failed this request already
   * @return null if the cluster has no ready endpoint (other than {@code except})
   */
  public @Nullable EndpointPool choose(Cluster cluster, @Nullable EndpointPool except) {
    EndpointPool[] pools = pools(cluster);
    int count = pools.length;
    if (count == 0 || (count == 1 && pools[0] == except)) {
      return null;
    }
    if (count == 1) {
      return pools[0];
    }
    int first = random.nextInt(count);
    int second = random.nextInt(count - 1);
    if (second >= first) {
      second++;
    }
    EndpointPool one = pools[first];
    EndpointPool other = pools[second];
    boolean oneIsOut = isOut(one, except);
    boolean otherIsOut = isOut(other, except);
    if (oneIsOut && otherIsOut) {
      return anyUsable(pools, first, except);
    }
    if (oneIsOut || otherIsOut) {
      return oneIsOut ? other : one;
    }
    return other.outstanding() < one.outstanding() ? other : one;
  }

  private static boolean isOut(EndpointPool pool, @Nullable EndpointPool except) {
    return pool == except || pool.isSkipped(System.nanoTime());
  }

  /** If all are skipped, a skipped one is better than a refusal. */
  private static @Nullable EndpointPool anyUsable(
      EndpointPool[] pools, int from, @Nullable EndpointPool except) {
    EndpointPool lastResort = null;
    for (int i = 0; i < pools.length; i++) {
      EndpointPool pool = pools[(from + i) % pools.length];
      if (!isOut(pool, except)) {
        return pool;
      }
      if (pool != except && lastResort == null) {
        lastResort = pool;
      }
    }
    return lastResort;
  }

  /** A number in {@code [0, bound)} for choices by weight. */
  public long ticket(long bound) {
    return random.nextLong(bound);
  }

  private EndpointPool[] pools(Cluster cluster) {
    ClusterPools known = byCluster.get(cluster);
    List<Endpoint> endpoints = cluster.endpoints();
    if (known == null || known.endpoints != endpoints) {
      known = resolve(cluster, endpoints, known);
    }
    known.used = true;
    return known.pools;
  }

  private ClusterPools resolve(
      Cluster cluster, List<Endpoint> endpoints, @Nullable ClusterPools previous) {
    EndpointPool[] pools = new EndpointPool[endpoints.size()];
    for (int i = 0; i < pools.length; i++) {
      pools[i] =
          byEndpoint.computeIfAbsent(
              endpoints.get(i),
              endpoint -> new EndpointPool(endpoint, connector, settings, counts));
      pools[i].retain();
    }
    if (previous != null) {
      release(previous);
    }
    ClusterPools resolved = new ClusterPools(endpoints, pools);
    byCluster.put(cluster, resolved);
    return resolved;
  }

  private void release(ClusterPools cluster) {
    for (EndpointPool pool : cluster.pools) {
      if (pool.releaseAndDrain()) {
        byEndpoint.remove(pool.endpoint());
      }
    }
  }

  /**
   * Drops what left the configuration: endpoints no longer listed now, clusters that nobody asked
   * for since the call before the last. To be called every {@link #SWEEP_MILLIS}.
   */
  public void sweep() {
    for (Map.Entry<Cluster, ClusterPools> entry : List.copyOf(byCluster.entrySet())) {
      Cluster cluster = entry.getKey();
      ClusterPools known = entry.getValue();
      if (known.endpoints != cluster.endpoints()) {
        known = resolve(cluster, cluster.endpoints(), known);
      }
      known.unusedSweeps = known.used ? 0 : known.unusedSweeps + 1;
      known.used = false;
      if (known.unusedSweeps * SWEEP_MILLIS > UNUSED_MILLIS) {
        byCluster.remove(cluster);
        release(known);
      }
    }
  }

  /** Counts over all endpoints, past ones included. */
  public UpstreamCounts counts() {
    return counts;
  }

  /** The pools that exist now. */
  public Collection<EndpointPool> all() {
    return List.copyOf(byEndpoint.values());
  }

  private static final class ClusterPools {
    private final List<Endpoint> endpoints;
    private final EndpointPool[] pools;
    private boolean used;
    private int unusedSweeps;

    ClusterPools(List<Endpoint> endpoints, EndpointPool[] pools) {
      this.endpoints = endpoints;
      this.pools = pools;
    }
  }
}
