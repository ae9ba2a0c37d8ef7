package dev.nantian.gateway.filters.ratelimit;

import org.jspecify.annotations.Nullable;

/**
 * How an HTTPFilter configures a rate limit.
 *
 * @param requests per {@code per}
 * @param per Second, Minute, Hour or Day
 * @param burst requests at once from rest; null for as many as {@code requests}
 * @param key what has a limit of its own; null for the client's address
 * @param maxKeys keys counted apart at a time; null for 100,000
 */
record RateLimitConfig(
    @Nullable Integer requests,
    @Nullable String per,
    @Nullable Integer burst,
    @Nullable Key key,
    @Nullable Integer maxKeys) {
  /**
   * What has a limit of its own.
   *
   * @param type ClientIP, Header, Claim or All
   * @param name of the header or claim
   */
  record Key(@Nullable String type, @Nullable String name) {}
}
