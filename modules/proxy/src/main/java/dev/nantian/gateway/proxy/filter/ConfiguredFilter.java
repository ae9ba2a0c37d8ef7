package dev.nantian.gateway.proxy.filter;

/**
 * A filter at its place in a rule or backend.
 *
 * @param name of the object that configures it: {@code namespace/name}
 * @param filter compiled
 * @param failOpen true: left out of an exchange in which it fails. False: the exchange fails
 * @param pauseTimeoutMillis a pause longer than this is a failure
 */
public record ConfiguredFilter(
    String name, Filter filter, boolean failOpen, long pauseTimeoutMillis) {
  /** Closed, 30 s. */
  public ConfiguredFilter(String name, Filter filter) {
    this(name, filter, false, 30_000);
  }

  public ConfiguredFilter {
    if (pauseTimeoutMillis < 1) {
      throw new IllegalArgumentException(
          "pauseTimeoutMillis: " + pauseTimeoutMillis + " (expected 1 or more)");
    }
  }
}
