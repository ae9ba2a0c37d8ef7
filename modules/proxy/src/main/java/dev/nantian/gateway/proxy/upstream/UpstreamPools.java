package dev.nantian.gateway.proxy.upstream;

import dev.nantian.gateway.proxy.balance.HashKey;
import dev.nantian.gateway.proxy.config.Cluster;
import dev.nantian.gateway.proxy.config.Endpoint;
import dev.nantian.gateway.proxy.http.HttpLimits;
import dev.nantian.gateway.proxy.http.RequestHead;
import dev.nantian.gateway.proxy.loop.DeadlineWheel;
import dev.nantian.gateway.proxy.loop.Transport;
import dev.nantian.gateway.proxy.proxyprotocol.ProxyHeaderPolicy;
import dev.nantian.gateway.proxy.retry.RetryBudget;
import dev.nantian.gateway.proxy.tls.BackendTls;
import io.netty.channel.EventLoop;
import java.net.InetAddress;
import java.nio.charset.StandardCharsets;
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
  private final int loops;
  private final UpstreamCounts counts = new UpstreamCounts();
  private final SplittableRandom random = new SplittableRandom();
  private final Map<Key, EndpointPool> byEndpoint = new HashMap<>();
  private final IdentityHashMap<Cluster, ClusterPools> byCluster = new IdentityHashMap<>();

  /**
   * @param loops of this proxy: what is allowed for all is divided by them
   */
  public UpstreamPools(
      EventLoop loop,
      Transport transport,
      DeadlineWheel wheel,
      UpstreamSettings settings,
      HttpLimits limits,
      int loops) {
    this.loops = loops;
    this.connector = new Connector(loop, transport, wheel, settings, limits);
    this.settings = settings;
  }

  /**
   * The endpoint that gets the next request, by the cluster's policy.
   *
   * @param key hash of the request's key, any number for policies without one
   * @param except an endpoint that failed this request already
   * @return null if the cluster has no usable endpoint (other than {@code except})
   */
  public @Nullable ClusterMember choose(Cluster cluster, long key, @Nullable ClusterMember except) {
    return of(cluster).choose(key, except);
  }

  /** The member of a cluster at an address; null if it has none there. */
  public @Nullable ClusterMember at(Cluster cluster, Endpoint endpoint) {
    return of(cluster).at(endpoint);
  }

  /**
   * The key for {@link #choose}: the hash of what the cluster's policy names, or of nothing, so
   * that requests without the key are spread at random.
   */
  public long key(Cluster cluster, RequestHead request, byte[] source) {
    HashKey hashed = cluster.state().policy().balance().key();
    long key = hashed == null ? HashKey.ABSENT : hashed.of(request, source);
    return hashed != null && key == HashKey.ABSENT ? random.nextLong() : key;
  }

  /** The key of a connection of layer 4, which has no more than its source. */
  public long key(Cluster cluster, InetAddress source) {
    return cluster.state().policy().balance().key() instanceof HashKey.SourceIp key
        ? key.of(source.getHostAddress().getBytes(StandardCharsets.US_ASCII))
        : random.nextLong();
  }

  /** The further tries that the cluster may get. */
  public RetryBudget budget(Cluster cluster) {
    return of(cluster).budget();
  }

  /** How long a backend has for the response's head, once it was sent the request; 0 for ever. */
  public long firstByteTimeoutMillis() {
    return settings.firstByteTimeoutMillis();
  }

  /** For jitter and other choices of this loop. */
  public SplittableRandom random() {
    return random;
  }

  /** A number in {@code [0, bound)} for choices by weight. */
  public long ticket(long bound) {
    return random.nextLong(bound);
  }

  private ClusterPools of(Cluster cluster) {
    ClusterPools known = byCluster.get(cluster);
    if (known == null) {
      known = new ClusterPools(cluster, random, loops);
      byCluster.put(cluster, known);
    }
    if (!known.isCurrent()) {
      known.update(endpoint -> retain(cluster, endpoint), this::release);
    }
    return known;
  }

  private EndpointPool retain(Cluster cluster, Endpoint endpoint) {
    EndpointPool pool =
        byEndpoint.computeIfAbsent(
            new Key(
                endpoint,
                cluster.protocol(),
                cluster.tls(),
                cluster.state().policy().proxyHeader(),
                settings.within(cluster.state().policy().limits(), loops)),
            key ->
                new EndpointPool(
                    endpoint,
                    key.protocol(),
                    key.tls(),
                    key.proxyHeader(),
                    connector,
                    key.settings(),
                    counts));
    pool.retain();
    return pool;
  }

  private void release(EndpointPool pool) {
    if (pool.releaseAndDrain()) {
      byEndpoint.remove(
          new Key(
              pool.endpoint(), pool.protocol(), pool.tls(), pool.proxyHeader(), pool.settings()));
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
      if (known.unusedSweeps() * SWEEP_MILLIS > UNUSED_MILLIS) {
        byCluster.remove(cluster);
        known.close(this::release);
      } else if (!known.isCurrent()) {
        known.update(endpoint -> retain(cluster, endpoint), this::release);
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

  /** Clusters that speak to an endpoint in the same way and within the same limits share pools. */
  private record Key(
      Endpoint endpoint,
      Cluster.Protocol protocol,
      @Nullable BackendTls tls,
      @Nullable ProxyHeaderPolicy proxyHeader,
      UpstreamSettings settings) {}
}
