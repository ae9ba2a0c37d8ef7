package dev.nantian.gateway.proxy.balance;

import java.util.SplittableRandom;

/**
 * The member with the fewest outstanding requests of this loop for its weight; among equals the one
 * that waited longest.
 *
 * <p>A heap that follows every change of load, so the minimum is exact and costs O(log n). A member
 * that turns up unusable leaves the heap; each pick looks at one of those that left, so that one
 * that is well again is back after as many picks as there are unusable ones.
 */
final class LeastRequest extends Balancer {
  private final int[] weights;
  private final long[] lastPicked;
  private final int[] heap; // [0, size) the heap, [size, length) those that left it
  private final int[] place;
  private int size;
  private int nextToLookAt;
  private long picks;

  LeastRequest(Member[] members, int[] weights, SplittableRandom random) {
    super(members, random);
    this.weights = weights.clone();
    this.lastPicked = new long[members.length];
    this.heap = new int[members.length];
    this.place = new int[members.length];
    size = members.length;
    for (int i = 0; i < size; i++) {
      lastPicked[i] = -random.nextLong(1L << 32); // each loop has another order among equals
      heap[i] = i;
      place[i] = i;
    }
    for (int i = size / 2 - 1; i >= 0; i--) {
      siftDown(i);
    }
  }

  @Override
  public int pick(long key, int except) {
    lookAtOneThatLeft();
    int index = best(except);
    if (index == NONE && lookAtAllThatLeft()) {
      index = best(except);
    }
    if (index != NONE) {
      lastPicked[index] = ++picks;
      loadChanged(index);
    }
    return index;
  }

  private int best(int except) {
    while (size > 0) {
      int index = heap[0];
      if (!members[index].isUsable()) {
        leave(0);
      } else if (index != except && isRampedUp(index)) {
        return index;
      } else {
        return secondBest(index, except);
      }
    }
    return NONE;
  }

  /** One of the two children of the best one, unless both are out of the question. */
  private int secondBest(int best, int except) {
    int second = NONE;
    for (int at = 1; at <= 2 && at < size; at++) {
      int child = heap[at];
      if (isEligible(child, except) && (second == NONE || isLess(child, second))) {
        second = child;
      }
    }
    if (second != NONE) {
      return second;
    }
    return best != except ? best : scan(random.nextInt(members.length), except);
  }

  @Override
  public void loadChanged(int index) {
    int at = place[index];
    if (at < size) {
      siftUp(at);
      siftDown(place[index]);
    }
  }

  private void leave(int at) {
    swap(at, size - 1);
    size--;
    if (at < size) {
      siftUp(at);
      siftDown(at);
    }
  }

  private void lookAtOneThatLeft() {
    int away = heap.length - size;
    if (away > 0) {
      nextToLookAt = nextToLookAt + 1 < away ? nextToLookAt + 1 : 0;
      joinIfUsable(size + nextToLookAt);
    }
  }

  /** True if one came back. */
  private boolean lookAtAllThatLeft() {
    int before = size;
    for (int at = before; at < heap.length; at++) {
      joinIfUsable(at); // swaps in one that was looked at already
    }
    return size > before;
  }

  private void joinIfUsable(int at) {
    if (members[heap[at]].isUsable()) {
      swap(at, size);
      size++;
      siftUp(size - 1);
    }
  }

  private void siftUp(int from) {
    int at = from;
    while (at > 0 && isLess(heap[at], heap[(at - 1) / 2])) {
      swap(at, (at - 1) / 2);
      at = (at - 1) / 2;
    }
  }

  private void siftDown(int from) {
    int at = from;
    while (true) {
      int child = 2 * at + 1;
      if (child >= size) {
        return;
      }
      if (child + 1 < size && isLess(heap[child + 1], heap[child])) {
        child++;
      }
      if (!isLess(heap[child], heap[at])) {
        return;
      }
      swap(at, child);
      at = child;
    }
  }

  private boolean isLess(int one, int other) {
    long ofOne = (long) members[one].outstanding() * weights[other];
    long ofOther = (long) members[other].outstanding() * weights[one];
    return ofOne != ofOther ? ofOne < ofOther : lastPicked[one] < lastPicked[other];
  }

  private void swap(int one, int other) {
    int moved = heap[one];
    heap[one] = heap[other];
    heap[other] = moved;
    place[heap[one]] = one;
    place[heap[other]] = other;
  }
}
