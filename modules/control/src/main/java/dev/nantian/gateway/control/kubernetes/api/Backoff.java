package dev.nantian.gateway.control.kubernetes.api;

import java.time.Duration;
import java.util.random.RandomGenerator;

/**
 * How long to wait before the next attempt: doubling from a first to a longest wait, each drawn at
 * random from its upper half so that clients which failed together do not return together. Not
 * thread-safe.
 */
public final class Backoff {
  private final long firstMillis;
  private final long longestMillis;
  private final RandomGenerator random;
  private int failures;

  public Backoff(Duration first, Duration longest, RandomGenerator random) {
    if (!first.isPositive() || longest.compareTo(first) < 0) {
      throw new IllegalArgumentException(
          "backoff from " + first + " to " + longest + " (expected 0 < first <= longest)");
    }
    this.firstMillis = first.toMillis();
    this.longestMillis = longest.toMillis();
    this.random = random;
  }

  /** One more failure: the wait before the next attempt. */
  public Duration next() {
    // Beyond 30 doublings the longest wait holds for any setting that is not absurd.
    long ceiling = Math.min(longestMillis, firstMillis << Math.min(failures, 30));
    failures++;
    return Duration.ofMillis(ceiling / 2 + random.nextLong(ceiling / 2 + 1));
  }

  /** Failures since the last success. */
  public int failures() {
    return failures;
  }

  /** Success: the next wait is the first again. */
  public void reset() {
    failures = 0;
  }
}
