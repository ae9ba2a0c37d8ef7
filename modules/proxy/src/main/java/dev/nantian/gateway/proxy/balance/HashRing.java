package dev.nantian.gateway.proxy.balance;

import java.util.Arrays;
import java.util.List;

/**
 * Ring hashing: each member has points on a ring, a key belongs to the next point (Karger et al.:
 * Consistent Hashing and Random Trees).
 *
 * <p>A member's points depend on its name alone. So with equal weights a member that leaves moves
 * exactly the keys that it owned, none of any other's; with 200 points each it owns at most 1.5/n
 * of them. With different weights this holds as long as the lightest member stays, for weights are
 * counted in it. A lookup is O(log n).
 */
final class HashRing implements KeyTable {
  static final int MAX_POINTS = 1 << 20;
  private static final int INDEX_BITS = 20;
  private static final long INDEX_MASK = (1L << INDEX_BITS) - 1;

  /** Sorted; the upper bits are the place, the lower ones the member. */
  private final long[] points;

  HashRing(List<String> names, int[] weights, int pointsPerMember) {
    long lightest = Integer.MAX_VALUE;
    long sum = 0;
    for (int weight : weights) {
      lightest = Math.min(lightest, weight);
      sum += weight;
    }
    double scale =
        Math.min((double) pointsPerMember / lightest, (double) (MAX_POINTS - names.size()) / sum);
    long[] all = new long[MAX_POINTS];
    int count = 0;
    for (int i = 0; i < weights.length; i++) {
      long name = KeyHash.of(names.get(i));
      int own = Math.max(1, (int) Math.round(weights[i] * scale));
      for (int k = 0; k < own && count < MAX_POINTS; k++) {
        all[count++] = (KeyHash.mix(name + k * KeyHash.STEP) & ~INDEX_MASK) | i;
      }
    }
    points = Arrays.copyOf(all, count);
    Arrays.sort(points);
  }

  @Override
  public int slot(long key) {
    int low = 0;
    int high = points.length;
    while (low < high) {
      int middle = (low + high) >>> 1;
      if (points[middle] < key) {
        low = middle + 1;
      } else {
        high = middle;
      }
    }
    return low == points.length ? 0 : low;
  }

  @Override
  public int slots() {
    return points.length;
  }

  @Override
  public int member(int slot) {
    return (int) (points[slot] & INDEX_MASK);
  }
}
