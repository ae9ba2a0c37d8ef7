package dev.nantian.gateway.proxy.retry;

import java.util.BitSet;
import java.util.Set;
import java.util.SplittableRandom;

/**
 * How often and for which failures a rule's requests are tried again (Gateway API GEP-1731).
 *
 * <p>A failure that leaves it open whether the backend did anything (a lost connection, a timeout,
 * a status) is followed by another try only if the method is idempotent (RFC 9110 section 9.2.2).
 * Immutable.
 */
public final class RetryPolicy {
  /** A status 400 to 599 can be retried. */
  public static final int MIN_STATUS = 400;

  public static final int MAX_STATUS = 599;

  private static final int MAX_DOUBLINGS = 5;

  /** For rules that say nothing: one more try, where nothing can have reached the backend. */
  public static final RetryPolicy DEFAULT = new RetryPolicy(1, Set.of(), 0, false);

  /** The first try is the only one. */
  public static final RetryPolicy OFF = new RetryPolicy(0, Set.of(), 0, false);

  private final int attempts;
  private final BitSet statuses = new BitSet();
  private final long backoffMillis;
  private final boolean onLostConnections;

  /**
   * @param attempts tries after the first
   * @param statuses 400 to 599
   * @param backoffMillis waited at least before the first further try, doubled each time up to 32
   *     times as long
   * @param onLostConnections also after connections that ended without a response and timeouts
   */
  public RetryPolicy(
      int attempts, Set<Integer> statuses, long backoffMillis, boolean onLostConnections) {
    if (attempts < 0 || backoffMillis < 0) {
      throw new IllegalArgumentException(
          "attempts " + attempts + ", backoff " + backoffMillis + " ms (expected 0 or more)");
    }
    for (int status : statuses) {
      if (status < MIN_STATUS || status > MAX_STATUS) {
        throw new IllegalArgumentException("status " + status + " (expected 400 to 599)");
      }
      this.statuses.set(status);
    }
    this.attempts = attempts;
    this.backoffMillis = backoffMillis;
    this.onLostConnections = onLostConnections;
  }

  /** Tries after the first. */
  public int attempts() {
    return attempts;
  }

  /** True if a response with this status may be followed by another try. */
  public boolean retriesStatus(int status) {
    return statuses.get(status);
  }

  /** True if a lost connection or a timeout may be. */
  public boolean retriesLostConnections() {
    return onLostConnections;
  }

  /** True if a try may fail in a way that needs the request's body again. */
  public boolean needsReplay() {
    return attempts > 0 && (onLostConnections || !statuses.isEmpty());
  }

  /**
   * Pause before a further try: at least the backoff, by up to a half longer, so that those that
   * failed together do not come back together.
   *
   * @param number of the further try, from 1
   */
  public long delayMillis(int number, SplittableRandom random) {
    if (backoffMillis == 0) {
      return 0;
    }
    long delay = backoffMillis << Math.min(number - 1, MAX_DOUBLINGS);
    return delay + random.nextLong(delay / 2 + 1);
  }
}
