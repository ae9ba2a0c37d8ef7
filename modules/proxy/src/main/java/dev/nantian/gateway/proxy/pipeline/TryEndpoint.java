package dev.nantian.gateway.proxy.pipeline;

import dev.nantian.gateway.proxy.config.Cluster;
import dev.nantian.gateway.proxy.health.Outcome;
import dev.nantian.gateway.proxy.upstream.ClusterMember;
import dev.nantian.gateway.proxy.upstream.EndpointPool;
import dev.nantian.gateway.proxy.upstream.UpstreamPools;
import dev.nantian.gateway.proxy.upstream.UpstreamUser;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * The endpoint of the try under way: chosen before it, occupied while it lasts, told how it went.
 *
 * <p>Touched by its event loop only; reused with its exchange.
 */
final class TryEndpoint {
  private final UpstreamPools pools;
  private @Nullable ClusterMember next; // chosen for a try that has not begun
  private @Nullable ClusterMember member; // of the try under way
  private @Nullable ClusterMember failed; // of the last try, if it failed
  private @Nullable EndpointPool reached; // stays for the log when the try is over
  private long key;
  private boolean waiting;
  private boolean connected;
  private long startNanos;

  TryEndpoint(UpstreamPools pools) {
    this.pools = pools;
  }

  /** A request is about to be received. */
  void clear() {
    next = null;
    member = null;
    failed = null;
    reached = null;
    waiting = false;
  }

  /** Of the try under way; null between tries. */
  @Nullable ClusterMember member() {
    return member;
  }

  /** The last one with a connection; null if none was reached. */
  @Nullable EndpointPool reached() {
    return reached;
  }

  /**
   * Chooses for the first try: the session's, or the balancer's.
   *
   * @param hash what the balancer goes by, also for further tries
   * @return false if none can be had
   */
  boolean choose(Cluster cluster, long hash, @Nullable SessionSide session) {
    key = hash;
    next = session == null ? null : session.member(pools, cluster);
    if (next == null) {
      next = pools.choose(cluster, key, null);
    }
    return next != null;
  }

  /** Chooses for a further try: another one than the last, if there is one. */
  boolean chooseAgain(Cluster cluster) {
    next = pools.choose(cluster, key, failed);
    if (next == null) {
      next = pools.choose(cluster, key, null);
    }
    return next != null;
  }

  /** A try at the chosen one begins; returns where to get a connection. */
  EndpointPool begin() {
    return begin(Objects.requireNonNull(next));
  }

  /** A try at {@code at} begins. */
  EndpointPool begin(ClusterMember at) {
    next = null;
    member = at;
    at.started();
    connected = false;
    waiting = true;
    return at.pool();
  }

  /** The try has its connection. */
  void onConnected(EndpointPool pool, long nowNanos) {
    waiting = false;
    connected = true;
    reached = pool;
    startNanos = nowNanos;
  }

  /** The try gets no connection. */
  void onNotConnected() {
    waiting = false;
  }

  /** Waits no more, if the try still waits for a connection. */
  void cancel(UpstreamUser user) {
    if (member != null && waiting) {
      member.pool().cancel(user);
    }
  }

  /** How the try went; null if that says nothing of the endpoint. */
  void report(@Nullable Outcome outcome) {
    if (member != null && outcome != null) {
      member.report(outcome, (System.nanoTime() - startNanos) / 1_000_000);
    }
  }

  /** The try is over: lets go of the endpoint. */
  void end() {
    ClusterMember of = member;
    if (of != null) {
      member = null;
      failed = of;
      if (connected) {
        of.pool().released();
      }
      of.ended();
    }
  }
}
