package dev.nantian.gateway.proxy.balance;

import java.util.SplittableRandom;

/**
 * The member that owns the request's key in a {@link KeyTable}; while it is unusable, the owner of
 * the next slot, so that only the keys of unusable members move, and they come back.
 *
 * <p>Slow start does not apply: it would send keys elsewhere for a while.
 */
final class HashChoice extends Balancer {
  /** With half of the members unusable, a walk gets further once in 10^19 times. */
  private static final int MAX_STEPS = 64;

  private final KeyTable table;

  HashChoice(Member[] members, KeyTable table, SplittableRandom random) {
    super(members, random);
    this.table = table;
  }

  @Override
  public int pick(long key, int except) {
    if (members.length == 0) {
      return NONE;
    }
    int slots = table.slots();
    int slot = table.slot(key);
    for (int i = 0; i < MAX_STEPS; i++) {
      int index = table.member(slot);
      if (isEligible(index, except)) {
        return index;
      }
      slot = slot + 1 == slots ? 0 : slot + 1;
    }
    return scan(table.member(slot), except);
  }
}
