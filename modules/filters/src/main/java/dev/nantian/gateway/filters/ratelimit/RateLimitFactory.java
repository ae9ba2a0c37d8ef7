package dev.nantian.gateway.filters.ratelimit;

import dev.nantian.gateway.proxy.filter.Filter;
import dev.nantian.gateway.proxy.filter.FilterConfig;
import dev.nantian.gateway.proxy.filter.FilterExchange;
import dev.nantian.gateway.proxy.filter.FilterFactory;
import dev.nantian.gateway.proxy.filter.InvalidFilterException;
import dev.nantian.gateway.proxy.http.HeaderName;
import java.time.Duration;
import java.util.Map;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/** Makes rate limits: type {@code rateLimit}. */
public final class RateLimitFactory implements FilterFactory {
  private static final int DEFAULT_MAX_KEYS = 100_000;

  @Override
  public String type() {
    return "rateLimit";
  }

  @Override
  public Filter create(FilterConfig config) throws InvalidFilterException {
    RateLimitConfig limit = config.read(RateLimitConfig.class);
    Duration per = period(limit.per());
    int requests = positive("requests", limit.requests(), null);
    int burst = positive("burst", limit.burst(), requests);
    int maxKeys = positive("maxKeys", limit.maxKeys(), DEFAULT_MAX_KEYS);
    long interval = per.toNanos() / requests;
    if (interval < 1) {
      throw new InvalidFilterException("requests: " + requests + " (expected fewer)");
    }
    return new RateLimitFilter(
        new TokenBuckets(interval, burst, maxKeys), key(limit.key()), requests, per.toSeconds());
  }

  private static Duration period(@Nullable String per) throws InvalidFilterException {
    return switch (per) {
      case "Second" -> Duration.ofSeconds(1);
      case "Minute" -> Duration.ofMinutes(1);
      case "Hour" -> Duration.ofHours(1);
      case "Day" -> Duration.ofDays(1);
      case null, default ->
          throw new InvalidFilterException(
              "per: " + per + " (expected Second, Minute, Hour or Day)");
    };
  }

  private static int positive(String field, @Nullable Integer value, @Nullable Integer otherwise)
      throws InvalidFilterException {
    Integer number = value == null ? otherwise : value;
    if (number == null || number < 1) {
      throw new InvalidFilterException(field + ": " + number + " (expected 1 or more)");
    }
    return number;
  }

  private static Function<FilterExchange, String> key(RateLimitConfig.@Nullable Key key)
      throws InvalidFilterException {
    String type = key == null || key.type() == null ? "ClientIP" : key.type();
    String name = key == null ? null : key.name();
    boolean needsName = type.equals("Header") || type.equals("Claim");
    if (needsName != (name != null && !name.isEmpty())) {
      throw new InvalidFilterException(
          "key.name: " + name + (needsName ? " (expected a name)" : " (expected none)"));
    }
    return switch (type) {
      case "ClientIP" -> FilterExchange::clientIp;
      case "All" -> exchange -> "";
      case "Header" -> {
        HeaderName header = HeaderName.of(String.valueOf(name));
        yield exchange -> {
          String value = exchange.request().first(header);
          return value == null ? "" : value;
        };
      }
      case "Claim" -> exchange -> claim(exchange, String.valueOf(name));
      default ->
          throw new InvalidFilterException(
              "key.type: " + type + " (expected ClientIP, Header, Claim or All)");
    };
  }

  /** Left by a jwt filter in front. */
  private static String claim(FilterExchange exchange, String name) {
    Object claims = exchange.attribute("jwt.claims");
    Object value = claims instanceof Map<?, ?> map ? map.get(name) : null;
    return value == null ? "" : value.toString();
  }
}
