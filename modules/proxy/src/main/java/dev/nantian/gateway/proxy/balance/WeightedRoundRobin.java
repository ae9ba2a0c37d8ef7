package dev.nantian.gateway.proxy.balance;

import java.util.SplittableRandom;

/**
 * Each member in turn, by weight and smoothly: in any stretch of picks a member has its share, give
 * or take one.
 *
 * <p>Earliest deadline first: a member's deadline moves on by 1/weight each time it is picked, and
 * a heap holds the earliest. So a pick is O(log n), and a weight that grows (slow start) counts
 * from the next turn on.
 */
final class WeightedRoundRobin extends Balancer {
  /** A turn of a member of weight 1 at full ramp. Deadlines wrap around; differences do not. */
  private static final long STRIDE = 1L << 47;

  private static final int TURNS = 16;

  private final int[] weights;
  private final long[] deadlines;
  private final int[] heap;

  WeightedRoundRobin(Member[] members, int[] weights, SplittableRandom random) {
    super(members, random);
    this.weights = weights.clone();
    this.deadlines = new long[members.length];
    this.heap = new int[members.length];
    for (int i = 0; i < heap.length; i++) {
      // A random phase: loops that begin together must not pick the same member together.
      deadlines[i] = random.nextLong(STRIDE / (weights[i] * 100L));
      heap[i] = i;
    }
    for (int i = heap.length / 2 - 1; i >= 0; i--) {
      siftDown(i);
    }
  }

  @Override
  public int pick(long key, int except) {
    if (heap.length == 0) {
      return NONE;
    }
    for (int i = 0; i < TURNS; i++) {
      int index = heap[0];
      long weight = (long) weights[index] * members[index].rampPercent();
      deadlines[index] += Math.max(1, STRIDE / weight);
      siftDown(0);
      if (isEligible(index, except)) {
        return index;
      }
    }
    return scan(random.nextInt(heap.length), except);
  }

  private void siftDown(int from) {
    int at = from;
    int moving = heap[at];
    while (true) {
      int child = 2 * at + 1;
      if (child >= heap.length) {
        break;
      }
      if (child + 1 < heap.length && isEarlier(heap[child + 1], heap[child])) {
        child++;
      }
      if (!isEarlier(heap[child], moving)) {
        break;
      }
      heap[at] = heap[child];
      at = child;
    }
    heap[at] = moving;
  }

  private boolean isEarlier(int one, int other) {
    return deadlines[one] - deadlines[other] < 0;
  }
}
