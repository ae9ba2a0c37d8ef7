package dev.nantian.gateway.proxy.config;

import static dev.nantian.gateway.proxy.config.Checks.invalid;

import com.google.protobuf.Duration;

/** Durations of the configuration. */
final class Durations {
  private Durations() {}

  /**
   * Whole milliseconds, rounded up so that a limit never becomes "none".
   *
   * @param present false gives 0
   */
  static long millis(String field, boolean present, Duration duration)
      throws InvalidResourceException {
    if (!present) {
      return 0;
    }
    if (duration.getSeconds() < 0
        || duration.getSeconds() > Integer.MAX_VALUE
        || duration.getNanos() < 0
        || duration.getNanos() > 999_999_999) {
      throw invalid(
          field,
          duration.getSeconds() + "s " + duration.getNanos() + "ns",
          "0 to " + Integer.MAX_VALUE + " seconds");
    }
    return duration.getSeconds() * 1000 + (duration.getNanos() + 999_999L) / 1_000_000;
  }
}
