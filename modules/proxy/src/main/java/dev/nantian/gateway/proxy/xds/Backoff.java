package dev.nantian.gateway.proxy.xds;

import java.time.Duration;

/**
 * How long to wait before the next try: doubles from {@code first} to {@code longest}, and of that
 * between a half and the whole by chance, so that many proxies do not come back at once.
 */
public record Backoff(Duration first, Duration longest) {
  /**
   * A loopback control plane that restarts is found again quickly, one that is away is not beset.
   */
  public static final Backoff DEFAULT = new Backoff(Duration.ofMillis(200), Duration.ofSeconds(10));

  /**
   * The wait before try {@code attempt}.
   *
   * @param attempt from 0
   * @param chance in [0, 1)
   */
  public Duration delay(int attempt, double chance) {
    double doubled = (double) first.toMillis() * Math.pow(2, Math.min(attempt, 30));
    double whole = Math.min(doubled, (double) longest.toMillis());
    return Duration.ofMillis(Math.round(whole / 2 + whole / 2 * chance));
  }
}
