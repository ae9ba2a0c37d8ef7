package dev.nantian.gateway.proxy.balance;

import java.util.SplittableRandom;

/** Any member, by weight. */
final class RandomChoice extends Balancer {
  /** With half of the members unusable, one pick of 256 falls back to the scan. */
  private static final int DRAWS = 8;

  private final WeightedDraw draw;

  RandomChoice(Member[] members, int[] weights, SplittableRandom random) {
    super(members, random);
    this.draw = new WeightedDraw(weights);
  }

  @Override
  public int pick(long key, int except) {
    if (members.length == 0) {
      return NONE;
    }
    for (int i = 0; i < DRAWS; i++) {
      int index = draw.next(random);
      if (isEligible(index, except) && isRampedUp(index)) {
        return index;
      }
    }
    return scan(random.nextInt(members.length), except);
  }
}
