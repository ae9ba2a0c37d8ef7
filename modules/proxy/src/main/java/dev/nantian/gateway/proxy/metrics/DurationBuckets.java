package dev.nantian.gateway.proxy.metrics;

/**
 * Fixed buckets for request durations: upper bounds 0.25 ms doubled up to about 65 s, then
 * infinity.
 */
public final class DurationBuckets {
  private static final long FIRST_NANOS = 250_000;
  private static final int BOUNDS = 19;

  /** Number of buckets, the one without bound included. */
  public static final int COUNT = BOUNDS + 1;

  private DurationBuckets() {}

  /** The bucket that holds a duration. */
  public static int indexOf(long nanos) {
    long quotient = Math.max(nanos - 1, 0) / FIRST_NANOS;
    return Math.min(64 - Long.numberOfLeadingZeros(quotient), BOUNDS);
  }

  /** Upper bound of a bucket, included in it; infinite for the last. */
  public static double upperBoundSeconds(int index) {
    return index == BOUNDS ? Double.POSITIVE_INFINITY : (FIRST_NANOS << index) / 1e9;
  }
}
