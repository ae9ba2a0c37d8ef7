package dev.nantian.gateway.proxy.upstream;

import dev.nantian.gateway.proxy.balance.Balancer;
import dev.nantian.gateway.proxy.balance.Member;
import dev.nantian.gateway.proxy.balance.SlowStart;
import dev.nantian.gateway.proxy.config.Endpoint;
import dev.nantian.gateway.proxy.health.EndpointHealth;
import dev.nantian.gateway.proxy.health.Outcome;
import org.jspecify.annotations.Nullable;

/**
 * One endpoint of a cluster on one loop: its pool, its health, and what this cluster has under way
 * there. It stays the same as long as the endpoint is in the cluster.
 *
 * <p>Touched by its event loop only.
 */
public final class ClusterMember implements Member {
  private final String clusterName;
  private final EndpointPool pool;
  private final EndpointHealth health;
  private SlowStart slowStart = SlowStart.OFF;
  private @Nullable Balancer balancer;
  private int index;
  private int outstanding;

  ClusterMember(String clusterName, EndpointPool pool, EndpointHealth health) {
    this.clusterName = clusterName;
    this.pool = pool;
    this.health = health;
  }

  /** Gives it its place in a new array of members. */
  void join(Balancer of, int at, SlowStart start) {
    balancer = of;
    index = at;
    slowStart = start;
  }

  /** It is no member any more; what is under way goes on. */
  void leave() {
    balancer = null;
    index = Balancer.NONE;
  }

  int index() {
    return index;
  }

  /** True if these are its pool and the health that it reports to. */
  boolean isOf(EndpointPool otherPool, EndpointHealth otherHealth) {
    return pool == otherPool && health == otherHealth;
  }

  /** True if another one, or none, has its place. */
  boolean hasLeft(@Nullable ClusterMember successor) {
    return successor != this;
  }

  /** {@code namespace/name:port}. */
  public String clusterName() {
    return clusterName;
  }

  public Endpoint endpoint() {
    return pool.endpoint();
  }

  /** {@code address:port}. */
  public String text() {
    return pool.text();
  }

  /** Where its connections come from. */
  public EndpointPool pool() {
    return pool;
  }

  @Override
  public int outstanding() {
    return outstanding;
  }

  @Override
  public boolean isUsable() {
    return health.isUsable();
  }

  @Override
  public int rampPercent() {
    return slowStart.isOff() ? 100 : slowStart.percent(health.ageNanos());
  }

  /** A try begins here. */
  public void started() {
    health.picked();
    outstanding++;
    loadChanged();
  }

  /** A try that began here is over. */
  public void ended() {
    outstanding--;
    loadChanged();
  }

  /** A connection of its own, not from the pool, is made to the endpoint. */
  public void dialling() {
    pool.engaged();
    started();
  }

  /** It could not be made. */
  public void notReached() {
    pool.unreachable();
    report(Outcome.CONNECTION_ERROR, 0);
  }

  /** It is over. */
  public void hungUp() {
    pool.released();
    ended();
  }

  private void loadChanged() {
    if (balancer != null) {
      balancer.loadChanged(index);
    }
  }

  /**
   * How a try went.
   *
   * @param millisToHead from the request to the head of the response; 0 if there was none
   */
  public void report(Outcome outcome, long millisToHead) {
    health.report(outcome, millisToHead);
  }
}
