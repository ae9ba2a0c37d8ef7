package dev.nantian.gateway.proxy.retry;

/**
 * The further tries of one cluster on one loop: while a backend fails, retries must not multiply
 * the load that it fails under.
 *
 * <p>Counts requests and retries of the last interval in ten slots. Not thread-safe; allocates
 * nothing.
 */
public final class RetryBudget {
  private static final int SLOTS = 10;

  private final BudgetPolicy policy;
  private final long slotNanos;
  private final long minInInterval;
  private final long[] requests = new long[SLOTS];
  private final long[] retries = new long[SLOTS];
  private long requestSum;
  private long retrySum;
  private long slot = Long.MIN_VALUE;

  /**
   * @param loops that share the minimum
   */
  public RetryBudget(BudgetPolicy policy, int loops) {
    this.policy = policy;
    this.slotNanos = policy.intervalMillis() * 1_000_000 / SLOTS;
    long min = policy.minPerSecond() * policy.intervalMillis() / 1000;
    this.minInInterval = (min + loops - 1) / loops;
  }

  public BudgetPolicy policy() {
    return policy;
  }

  /** A request begins. */
  public void request(long nowNanos) {
    int at = advance(nowNanos);
    requests[at]++;
    requestSum++;
  }

  /** Takes one further try from the budget; false if there is none left. */
  public boolean tryRetry(long nowNanos) {
    int at = advance(nowNanos);
    if (retrySum >= Math.max(minInInterval, requestSum * policy.percent() / 100)) {
      return false;
    }
    retries[at]++;
    retrySum++;
    return true;
  }

  private int advance(long nowNanos) {
    long now = Math.floorDiv(nowNanos, slotNanos);
    if (now != slot) {
      long passed = slot == Long.MIN_VALUE ? SLOTS : Math.min(SLOTS, now - slot);
      for (long i = 0; i < passed; i++) {
        int old = (int) Math.floorMod(now - i, (long) SLOTS);
        requestSum -= requests[old];
        retrySum -= retries[old];
        requests[old] = 0;
        retries[old] = 0;
      }
      slot = now;
    }
    return (int) Math.floorMod(now, (long) SLOTS);
  }
}
