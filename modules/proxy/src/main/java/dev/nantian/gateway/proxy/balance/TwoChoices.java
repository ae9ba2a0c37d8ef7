package dev.nantian.gateway.proxy.balance;

import java.util.SplittableRandom;

/**
 * Of two members drawn by weight, the one with fewer outstanding requests for its weight; of two
 * equals the first, so that idle members share by weight.
 *
 * <p>The second choice takes the longest queue from log n to log log n (Azar, Broder, Karlin,
 * Upfal: Balanced Allocations), and two loops that know nothing of each other do not run for the
 * same idle endpoint as they would with the exact minimum.
 */
final class TwoChoices extends Balancer {
  private static final int DRAWS = 4;

  private final int[] weights;
  private final WeightedDraw draw;

  TwoChoices(Member[] members, int[] weights, SplittableRandom random) {
    super(members, random);
    this.weights = weights.clone();
    this.draw = new WeightedDraw(weights);
  }

  @Override
  public int pick(long key, int except) {
    if (members.length == 0) {
      return NONE;
    }
    int first = drawEligible(NONE, except);
    if (first == NONE) {
      return scan(random.nextInt(members.length), except);
    }
    int second = drawEligible(first, except);
    return second != NONE && isLessLoaded(second, first) ? second : first;
  }

  private int drawEligible(int other, int except) {
    for (int i = 0; i < DRAWS; i++) {
      int index = draw.next(random);
      if (index != other && isEligible(index, except) && isRampedUp(index)) {
        return index;
      }
    }
    return NONE;
  }

  private boolean isLessLoaded(int one, int other) {
    return (long) members[one].outstanding() * effectiveWeight(other)
        < (long) members[other].outstanding() * effectiveWeight(one);
  }

  private long effectiveWeight(int index) {
    return (long) weights[index] * members[index].rampPercent();
  }
}
