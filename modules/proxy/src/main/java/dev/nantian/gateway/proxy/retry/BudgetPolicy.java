package dev.nantian.gateway.proxy.retry;

/**
 * How many further tries a cluster may get (Gateway API GEP-3388).
 *
 * @param percent of its requests in the interval
 * @param minPerSecond allowed whatever the percentage gives, over all loops of a proxy
 * @param intervalMillis over which both are counted
 */
public record BudgetPolicy(int percent, int minPerSecond, long intervalMillis) {
  /** A fifth of the requests of the last 10 s, or 10 a second. */
  public static final BudgetPolicy DEFAULT = new BudgetPolicy(20, 10, 10_000);

  public BudgetPolicy {
    if (percent < 0 || percent > 100 || minPerSecond < 0 || intervalMillis < 10) {
      throw new IllegalArgumentException(
          "percent "
              + percent
              + " (expected 0 to 100), minPerSecond "
              + minPerSecond
              + " (expected 0 or more), interval "
              + intervalMillis
              + " ms (expected 10 or more)");
    }
  }
}
