package dev.nantian.gateway.proxy.balance;

import java.util.ArrayDeque;
import java.util.SplittableRandom;

/**
 * Draws indexes with probabilities in proportion to weights, in constant time: Walker's alias
 * method with Vose's construction. Equal weights need no table.
 */
final class WeightedDraw {
  private static final int ONE = 1 << 30;

  private final int count;
  private final int[] threshold;
  private final int[] alias;

  WeightedDraw(int[] weights) {
    count = weights.length;
    if (isUniform(weights)) {
      threshold = new int[0];
      alias = threshold;
      return;
    }
    threshold = new int[count];
    alias = new int[count];
    double sum = 0;
    for (int weight : weights) {
      sum += weight;
    }
    double[] share = new double[count];
    ArrayDeque<Integer> small = new ArrayDeque<>();
    ArrayDeque<Integer> large = new ArrayDeque<>();
    for (int i = 0; i < count; i++) {
      share[i] = weights[i] * count / sum;
      (share[i] < 1 ? small : large).add(i);
    }
    while (!small.isEmpty() && !large.isEmpty()) {
      int low = small.remove();
      int high = large.remove();
      threshold[low] = (int) (share[low] * ONE);
      alias[low] = high;
      share[high] -= 1 - share[low];
      (share[high] < 1 ? small : large).add(high);
    }
    // What rounding left over has a share of one.
    small.forEach(i -> threshold[i] = ONE);
    large.forEach(i -> threshold[i] = ONE);
  }

  static boolean isUniform(int[] weights) {
    for (int weight : weights) {
      if (weight != weights[0]) {
        return false;
      }
    }
    return true;
  }

  int next(SplittableRandom random) {
    long bits = random.nextLong();
    int index = (int) (((bits >>> 32) * count) >>> 32);
    if (threshold.length == 0 || (bits & (ONE - 1)) < threshold[index]) {
      return index;
    }
    return alias[index];
  }
}
