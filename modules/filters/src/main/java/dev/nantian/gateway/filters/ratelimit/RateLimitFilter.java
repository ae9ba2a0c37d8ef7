package dev.nantian.gateway.filters.ratelimit;

import dev.nantian.gateway.proxy.filter.Answer;
import dev.nantian.gateway.proxy.filter.ExchangeFilter;
import dev.nantian.gateway.proxy.filter.Filter;
import dev.nantian.gateway.proxy.filter.FilterExchange;
import dev.nantian.gateway.proxy.filter.Verdict;
import dev.nantian.gateway.proxy.http.HeaderName;
import java.util.function.Function;

/**
 * Answers 429 (RFC 6585 section 4) once a key has used its requests up, and tells every client how
 * it stands (draft-ietf-httpapi-ratelimit-headers-10).
 */
final class RateLimitFilter implements Filter {
  private static final HeaderName RATE_LIMIT = HeaderName.of("RateLimit");
  private static final HeaderName RATE_LIMIT_POLICY = HeaderName.of("RateLimit-Policy");
  private static final HeaderName RETRY_AFTER = HeaderName.of("Retry-After");
  private static final long NANOS_PER_SECOND = 1_000_000_000L;

  private final TokenBuckets buckets;
  private final Function<FilterExchange, String> key;
  private final String policy;

  /**
   * @param requests per {@code perSeconds}, for the fields
   */
  RateLimitFilter(
      TokenBuckets buckets, Function<FilterExchange, String> key, int requests, long perSeconds) {
    this.buckets = buckets;
    this.key = key;
    this.policy = "\"default\";q=" + requests + ";w=" + perSeconds;
  }

  @Override
  public ExchangeFilter begin(FilterExchange exchange) {
    return new Limited(exchange);
  }

  /** Rounded up: who comes back then is not refused again. */
  private static long seconds(long nanos) {
    return (nanos + NANOS_PER_SECOND - 1) / NANOS_PER_SECOND;
  }

  private final class Limited implements ExchangeFilter {
    private final FilterExchange exchange;
    private String standing = "";

    Limited(FilterExchange exchange) {
      this.exchange = exchange;
    }

    @Override
    public Verdict onRequestHead() {
      TokenBuckets.Take take = buckets.take(key.apply(exchange), System.nanoTime());
      long wait = seconds(take.waitNanos());
      standing = "\"default\";r=" + take.remaining() + ";t=" + wait;
      if (!take.granted()) {
        exchange.answer(
            Answer.text(429, "too many requests")
                .with(RETRY_AFTER, Long.toString(wait))
                .with(RATE_LIMIT_POLICY, policy)
                .with(RATE_LIMIT, standing));
      }
      return Verdict.CONTINUE;
    }

    @Override
    public Verdict onResponseHead() {
      exchange.response().set(RATE_LIMIT_POLICY, policy);
      exchange.response().set(RATE_LIMIT, standing);
      return Verdict.CONTINUE;
    }
  }
}
