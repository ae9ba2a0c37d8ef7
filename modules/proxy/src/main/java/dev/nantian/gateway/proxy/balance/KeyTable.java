package dev.nantian.gateway.proxy.balance;

import java.util.List;

/**
 * Who owns which key: the same on every loop and every proxy that knows the same members, whatever
 * order they are listed in. Immutable.
 */
public sealed interface KeyTable permits HashRing, MaglevTable, KeyTable.None {
  /** For policies that need no table. */
  KeyTable NONE = new None();

  /** The slot that a key falls into. */
  int slot(long key);

  /** Number of slots. */
  int slots();

  /** Index of the member that owns a slot. */
  int member(int slot);

  /**
   * The table that a policy needs.
   *
   * @param names of the members, each once: what a member is recognised by
   * @param weights one for each, 1 or more
   */
  static KeyTable of(BalancePolicy policy, List<String> names, int[] weights) {
    if (names.isEmpty()) {
      return NONE;
    }
    return switch (policy.algorithm()) {
      case RING_HASH -> new HashRing(names, weights, policy.pointsPerMember());
      case MAGLEV -> new MaglevTable(names, weights, policy.tableSize());
      case TWO_CHOICES, RANDOM, LEAST_REQUEST, ROUND_ROBIN -> NONE;
    };
  }

  /** No member, no slot. */
  record None() implements KeyTable {
    @Override
    public int slot(long key) {
      return 0;
    }

    @Override
    public int slots() {
      return 0;
    }

    @Override
    public int member(int slot) {
      throw new IndexOutOfBoundsException(slot);
    }
  }
}
