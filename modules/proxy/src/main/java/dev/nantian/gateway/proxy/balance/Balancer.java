package dev.nantian.gateway.proxy.balance;

import java.util.SplittableRandom;

/**
 * Picks endpoints of one cluster for one event loop.
 *
 * <p>Made for a fixed array of members and replaced when it changes. Not thread-safe: used by its
 * loop only. No implementation allocates in {@link #pick} or takes longer than O(log n), except
 * when nearly all members are unusable.
 */
public abstract sealed class Balancer
    permits RandomChoice, TwoChoices, RoundRobin, WeightedRoundRobin, LeastRequest, HashChoice {
  /** No member may get the request. */
  public static final int NONE = -1;

  final Member[] members;
  final SplittableRandom random;

  Balancer(Member[] members, SplittableRandom random) {
    this.members = members;
    this.random = random;
  }

  /**
   * The member for a request.
   *
   * @param key hash of the request's key; policies without one ignore it
   * @param except index of a member that is not wanted, {@link #NONE} if any will do
   * @return index into the array of members, or {@link #NONE}
   */
  public abstract int pick(long key, int except);

  /** {@link Member#outstanding} of this member changed. */
  public void loadChanged(int index) {}

  final boolean isEligible(int index, int except) {
    return index != except && members[index].isUsable();
  }

  /** A member in its slow start lets only a part of its draws through. */
  final boolean isRampedUp(int index) {
    int percent = members[index].rampPercent();
    return percent >= 100 || random.nextInt(100) < percent;
  }

  /** The first eligible member from a place on: the last resort when draws met none. */
  final int scan(int from, int except) {
    int count = members.length;
    for (int i = 0; i < count; i++) {
      int index = from + i < count ? from + i : from + i - count;
      if (isEligible(index, except)) {
        return index;
      }
    }
    return NONE;
  }

  /**
   * A balancer.
   *
   * @param weights one for each member, 1 or more
   * @param table of the same members; needed by {@link BalancePolicy.Algorithm#RING_HASH} and
   *     {@link BalancePolicy.Algorithm#MAGLEV}
   */
  public static Balancer of(
      BalancePolicy policy,
      Member[] members,
      int[] weights,
      KeyTable table,
      SplittableRandom random) {
    return switch (policy.algorithm()) {
      case TWO_CHOICES -> new TwoChoices(members, weights, random);
      case RANDOM -> new RandomChoice(members, weights, random);
      case LEAST_REQUEST -> new LeastRequest(members, weights, random);
      case ROUND_ROBIN ->
          policy.slowStart().isOff() && WeightedDraw.isUniform(weights)
              ? new RoundRobin(members, random)
              : new WeightedRoundRobin(members, weights, random);
      case RING_HASH, MAGLEV -> new HashChoice(members, table, random);
    };
  }
}
