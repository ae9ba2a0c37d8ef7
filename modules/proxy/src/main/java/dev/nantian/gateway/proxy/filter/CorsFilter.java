package dev.nantian.gateway.proxy.filter;

import dev.nantian.gateway.proxy.http.HeaderName;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * Cross-origin requests of one rule (Gateway API HTTPCORSFilter, GEP-1767; WHATWG Fetch, "CORS
 * protocol").
 *
 * <p>A preflight is answered here, before any other filter: it carries no credentials, so one that
 * asks for some would refuse it. Of every other response it replaces what the backend says about
 * origins. A request of an origin that is not allowed is served, and its browser hides the response
 * from the page.
 */
public final class CorsFilter implements Filter {
  private static final HeaderName COOKIE = HeaderName.of("cookie");
  private static final HeaderName AUTHORIZATION = HeaderName.of("authorization");
  private static final HeaderName ORIGIN = HeaderName.of("origin");
  private static final HeaderName VARY = HeaderName.of("vary");
  private static final HeaderName REQUEST_METHOD = HeaderName.of("access-control-request-method");
  private static final HeaderName REQUEST_HEADERS = HeaderName.of("access-control-request-headers");
  private static final HeaderName ALLOW_ORIGIN = HeaderName.of("access-control-allow-origin");
  private static final HeaderName ALLOW_CREDENTIALS =
      HeaderName.of("access-control-allow-credentials");
  private static final HeaderName ALLOW_METHODS = HeaderName.of("access-control-allow-methods");
  private static final HeaderName ALLOW_HEADERS = HeaderName.of("access-control-allow-headers");
  private static final HeaderName EXPOSE_HEADERS = HeaderName.of("access-control-expose-headers");
  private static final HeaderName MAX_AGE = HeaderName.of("access-control-max-age");
  private static final List<HeaderName> OF_BACKEND =
      List.of(
          ALLOW_ORIGIN, ALLOW_CREDENTIALS, ALLOW_METHODS, ALLOW_HEADERS, EXPOSE_HEADERS, MAX_AGE);
  private static final String ANY = "*";
  private static final int NO_CONTENT = 204;

  /**
   * An origin that is allowed: exact, or all that begin and end so with a host between.
   *
   * @param suffix null for an exact origin
   */
  private record Origin(String prefix, @Nullable String suffix) {
    static Origin of(String pattern) {
      int star = pattern.indexOf('*');
      return star < 0
          ? new Origin(pattern, null)
          : new Origin(pattern.substring(0, star), pattern.substring(star + 1));
    }

    boolean matches(String origin) {
      if (suffix == null) {
        return origin.equals(prefix);
      }
      int length = origin.length() - prefix.length() - suffix.length();
      if (length < 1 || !origin.startsWith(prefix) || !origin.endsWith(suffix)) {
        return false;
      }
      // The star stands for labels of a host name, not for a port or another origin's parts.
      for (int i = prefix.length(); i < prefix.length() + length; i++) {
        char c = origin.charAt(i);
        boolean ofName = (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '.';
        if (!ofName) {
          return false;
        }
      }
      return true;
    }
  }

  private final List<Origin> origins;
  private final boolean anyOrigin;
  private final boolean credentials;
  private final String methods;
  private final String headers;
  private final String exposed;
  private final String maxAge;

  /**
   * @param allowOrigins {@code *}, or {@code scheme://host[:port]} in lower case with a host that
   *     may be {@code *} or {@code *.suffix}
   * @param allowMethods {@code *} alone for every method; likewise headers
   */
  public CorsFilter(
      List<String> allowOrigins,
      boolean credentials,
      List<String> allowMethods,
      List<String> allowHeaders,
      List<String> exposeHeaders,
      long maxAgeSeconds) {
    this.origins = allowOrigins.stream().map(Origin::of).toList();
    this.anyOrigin = allowOrigins.contains(ANY);
    this.credentials = credentials;
    this.methods = String.join(", ", allowMethods);
    this.headers = String.join(", ", allowHeaders);
    this.exposed = String.join(", ", exposeHeaders);
    this.maxAge = Long.toString(maxAgeSeconds);
  }

  @Override
  public ExchangeFilter begin(FilterExchange exchange) {
    return new Crossing(exchange);
  }

  /** What to say of this origin; null if it is not allowed. */
  private @Nullable String allowed(@Nullable String origin, boolean withCredentials) {
    if (origin == null) {
      return null;
    }
    // With credentials the star means nothing to browsers: the origin itself must be named.
    if (anyOrigin) {
      return credentials || withCredentials ? origin : ANY;
    }
    String lower = origin.toLowerCase(Locale.ROOT);
    for (Origin one : origins) {
      if (one.matches(lower)) {
        return origin;
      }
    }
    return null;
  }

  private final class Crossing implements ExchangeFilter {
    private final FilterExchange exchange;
    private @Nullable String allowed;

    private Crossing(FilterExchange exchange) {
      this.exchange = exchange;
    }

    @Override
    public Verdict onRequestHead() {
      FilterRequest request = exchange.request();
      boolean withCredentials = request.contains(COOKIE) || request.contains(AUTHORIZATION);
      allowed = allowed(request.first(ORIGIN), withCredentials);
      String method = request.first(REQUEST_METHOD);
      if (method != null && request.contains(ORIGIN) && request.method().equals("OPTIONS")) {
        exchange.answer(preflight(method, request.first(REQUEST_HEADERS)));
      }
      return Verdict.CONTINUE;
    }

    private Answer preflight(String method, @Nullable String wanted) {
      Answer answer = Answer.of(NO_CONTENT);
      String origin = allowed;
      if (origin != null) {
        answer = answer.with(ALLOW_ORIGIN, origin);
        if (credentials) {
          answer = answer.with(ALLOW_CREDENTIALS, "true");
        }
        String allowedMethods = methods.equals(ANY) ? method : methods;
        if (!allowedMethods.isEmpty()) {
          answer = answer.with(ALLOW_METHODS, allowedMethods);
        }
        String allowedHeaders = headers.equals(ANY) ? (wanted == null ? "" : wanted) : headers;
        if (!allowedHeaders.isEmpty()) {
          answer = answer.with(ALLOW_HEADERS, allowedHeaders);
        }
        if (!exposed.isEmpty()) {
          answer = answer.with(EXPOSE_HEADERS, exposed);
        }
        answer = answer.with(MAX_AGE, maxAge);
      }
      return ANY.equals(origin) ? answer : answer.with(VARY, "Origin");
    }

    @Override
    public Verdict onResponseHead() {
      FilterResponse response = exchange.response();
      for (HeaderName name : OF_BACKEND) {
        response.remove(name);
      }
      String origin = allowed;
      if (origin != null) {
        response.set(ALLOW_ORIGIN, origin);
        if (credentials) {
          response.set(ALLOW_CREDENTIALS, "true");
        }
        if (!exposed.isEmpty()) {
          response.set(EXPOSE_HEADERS, exposed);
        }
      }
      if (origin == null ? !anyOrigin || credentials : !ANY.equals(origin)) {
        // Or a cache would give one origin's answer to another.
        response.add(VARY, "Origin");
      }
      return Verdict.CONTINUE;
    }
  }
}
