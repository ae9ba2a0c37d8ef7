package dev.nantian.gateway.proxy.upstream;

import dev.nantian.gateway.proxy.balance.Balancer;
import dev.nantian.gateway.proxy.config.Cluster;
import dev.nantian.gateway.proxy.config.ClusterState;
import dev.nantian.gateway.proxy.config.Endpoint;
import dev.nantian.gateway.proxy.retry.RetryBudget;
import java.util.HashMap;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * One cluster on one loop: the members, who of them is next, and the budget of further tries.
 *
 * <p>Follows the cluster's state: made anew in O(n) when that changed, keeping the members that
 * stay. Touched by its event loop only.
 */
final class ClusterPools {
  private final Cluster cluster;
  private final SplittableRandom random;
  private final int loops;
  private long revision = -1;
  private Map<Endpoint, ClusterMember> byEndpoint = Map.of();
  private ClusterMember[] members = new ClusterMember[0];
  private Balancer balancer;
  private RetryBudget budget;
  private boolean used;
  private int unusedSweeps;

  ClusterPools(Cluster cluster, SplittableRandom random, int loops) {
    this.cluster = cluster;
    this.random = random;
    this.loops = loops;
    ClusterState now = cluster.state();
    this.balancer = Balancer.of(now.policy().balance(), members, new int[0], now.table(), random);
    this.budget = new RetryBudget(now.policy().budget(), loops);
  }

  boolean isCurrent() {
    return revision == cluster.state().revision();
  }

  /**
   * Takes over the cluster's state.
   *
   * @param retain gives the pool of an endpoint and holds it
   * @param release lets go of the pool of one that left
   */
  void update(Function<Endpoint, EndpointPool> retain, Releaser release) {
    ClusterState now = cluster.state();
    Map<Endpoint, ClusterMember> next = new HashMap<>();
    ClusterMember[] inOrder = new ClusterMember[now.endpoints().size()];
    for (int i = 0; i < inOrder.length; i++) {
      Endpoint endpoint = now.endpoints().get(i);
      ClusterMember known = byEndpoint.get(endpoint);
      EndpointPool pool = retain.apply(endpoint);
      if (known != null && known.isOf(pool, now.health().get(i))) {
        inOrder[i] = known;
        release.release(pool); // the member holds it already
      } else {
        inOrder[i] = new ClusterMember(cluster.name(), pool, now.health().get(i));
      }
      next.put(endpoint, inOrder[i]);
    }
    Map<Endpoint, ClusterMember> before = byEndpoint;
    byEndpoint = next;
    members = inOrder;
    balancer = Balancer.of(now.policy().balance(), inOrder, now.weights(), now.table(), random);
    for (int i = 0; i < inOrder.length; i++) {
      inOrder[i].join(balancer, i, now.policy().balance().slowStart());
    }
    if (!budget.policy().equals(now.policy().budget())) {
      budget = new RetryBudget(now.policy().budget(), loops);
    }
    revision = now.revision();
    before.forEach(
        (endpoint, member) -> {
          if (member.hasLeft(next.get(endpoint))) {
            member.leave();
            release.release(member.pool());
          }
        });
  }

  /** Lets go of a pool. */
  interface Releaser {
    void release(EndpointPool pool);
  }

  /** Lets go of everything. */
  void close(Releaser release) {
    for (ClusterMember member : members) {
      member.leave();
      release.release(member.pool());
    }
    members = new ClusterMember[0];
    byEndpoint = Map.of();
    revision = -1;
  }

  @Nullable ClusterMember choose(long key, @Nullable ClusterMember except) {
    used = true;
    int index = balancer.pick(key, except == null ? Balancer.NONE : except.index());
    return index == Balancer.NONE ? null : members[index];
  }

  /** The member at an address, if there is one. */
  @Nullable ClusterMember at(Endpoint endpoint) {
    used = true;
    return byEndpoint.get(endpoint);
  }

  RetryBudget budget() {
    return budget;
  }

  /** How many sweeps ago it was used last. */
  int unusedSweeps() {
    unusedSweeps = used ? 0 : unusedSweeps + 1;
    used = false;
    return unusedSweeps;
  }
}
