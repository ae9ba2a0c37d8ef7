package dev.nantian.gateway.proxy.balance;

/**
 * How an endpoint that is new, or well again, gets to its full share: its weight grows in a line
 * over a time.
 *
 * @param windowMillis 0 for none
 * @param initialPercent of its weight that it begins with, 1 to 100
 */
public record SlowStart(long windowMillis, int initialPercent) {
  /** Full share at once. */
  public static final SlowStart OFF = new SlowStart(0, 100);

  public SlowStart {
    if (windowMillis < 0 || initialPercent < 1 || initialPercent > 100) {
      throw new IllegalArgumentException(
          "window "
              + windowMillis
              + " ms, initialPercent "
              + initialPercent
              + " (expected 1 to 100)");
    }
  }

  /** True if every endpoint has its full share at once. */
  public boolean isOff() {
    return windowMillis == 0;
  }

  /** Percent of its weight that an endpoint has reached this long after its start. */
  public int percent(long sinceStartNanos) {
    long windowNanos = windowMillis * 1_000_000;
    if (sinceStartNanos >= windowNanos) {
      return 100;
    }
    return initialPercent
        + (int) ((100 - initialPercent) * Math.max(0, sinceStartNanos) / windowNanos);
  }
}
