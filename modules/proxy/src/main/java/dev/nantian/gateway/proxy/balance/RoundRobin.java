package dev.nantian.gateway.proxy.balance;

import java.util.SplittableRandom;

/** One member after the other, for equal weights; each loop begins somewhere else. */
final class RoundRobin extends Balancer {
  private int next;

  RoundRobin(Member[] members, SplittableRandom random) {
    super(members, random);
    next = members.length == 0 ? 0 : random.nextInt(members.length);
  }

  @Override
  public int pick(long key, int except) {
    if (members.length == 0) {
      return NONE;
    }
    int index = scan(next, except);
    if (index != NONE) {
      next = index + 1 == members.length ? 0 : index + 1;
    }
    return index;
  }
}
