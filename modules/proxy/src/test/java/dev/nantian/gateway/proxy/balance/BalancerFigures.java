package dev.nantian.gateway.proxy.balance;

import dev.nantian.gateway.proxy.balance.BalancePolicy.Algorithm;
import java.lang.management.ManagementFactory;
import java.util.Arrays;

/**
 * Prints what a pick costs: {@code main}, not a test, for its figures mean nothing on a busy
 * machine.
 */
final class BalancerFigures {
  private static final int PICKS = 5_000_000;

  private BalancerFigures() {}

  public static void main(String[] args) {
    for (int count : new int[] {2, 10, 100, 1000}) {
      for (boolean equal : new boolean[] {true, false}) {
        for (Algorithm algorithm : Algorithm.values()) {
          print(algorithm, count, equal);
        }
      }
    }
  }

  private static void print(Algorithm algorithm, int count, boolean equal) {
    int[] weights = new int[count];
    Arrays.setAll(weights, i -> equal ? 1 : 1 + i % 7);
    TestMember[] members = TestMember.many(count);
    Balancer balancer = BalancerTest.balancer(BalancerTest.policy(algorithm), members, weights);
    run(balancer, members, PICKS);
    var threads = (com.sun.management.ThreadMXBean) ManagementFactory.getThreadMXBean();
    long bytes = threads.getCurrentThreadAllocatedBytes();
    long start = System.nanoTime();
    run(balancer, members, PICKS);
    double nanos = (double) (System.nanoTime() - start) / PICKS;
    double allocated = (double) (threads.getCurrentThreadAllocatedBytes() - bytes) / PICKS;
    System.out.printf(
        "%-13s %5d endpoints, weights %-9s %6.1f ns, %.2f bytes%n",
        algorithm, count, equal ? "equal" : "different", nanos, allocated);
  }

  /** 32 requests are out at any time. */
  private static void run(Balancer balancer, TestMember[] members, int picks) {
    int[] out = new int[32];
    Arrays.fill(out, Balancer.NONE);
    for (int i = 0; i < picks; i++) {
      int ended = out[i & 31];
      if (ended != Balancer.NONE) {
        members[ended].outstanding--;
        balancer.loadChanged(ended);
      }
      int index = balancer.pick(i * KeyHash.STEP, Balancer.NONE);
      members[index].outstanding++;
      balancer.loadChanged(index);
      out[i & 31] = index;
    }
  }
}
