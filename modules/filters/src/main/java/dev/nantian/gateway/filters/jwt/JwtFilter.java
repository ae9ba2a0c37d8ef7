package dev.nantian.gateway.filters.jwt;

import com.nimbusds.jose.jwk.JWKSet;
import com.nimbusds.jwt.JWTClaimsSet;
import dev.nantian.gateway.proxy.filter.Answer;
import dev.nantian.gateway.proxy.filter.ExchangeFilter;
import dev.nantian.gateway.proxy.filter.Filter;
import dev.nantian.gateway.proxy.filter.FilterExchange;
import dev.nantian.gateway.proxy.filter.FilterRequest;
import dev.nantian.gateway.proxy.filter.Verdict;
import dev.nantian.gateway.proxy.http.HeaderName;
import java.time.Clock;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Lets only requests with a good bearer token pass (RFC 6750); others get 401, and 503 if there are
 * no keys to tell them apart.
 *
 * <p>Claims go on in header fields; what a client wrote there itself is removed, so a backend may
 * believe them. Filters behind this one find all claims under the attribute {@code jwt.claims}.
 */
final class JwtFilter implements Filter {
  /** A claim and the field that carries it. */
  record ClaimField(String claim, HeaderName header) {}

  static final String CLAIMS = "jwt.claims";

  private static final HeaderName WWW_AUTHENTICATE = HeaderName.of("WWW-Authenticate");
  private static final HeaderName RETRY_AFTER = HeaderName.of("Retry-After");
  private static final String BEARER = "bearer ";
  private static final int MAX_TOKEN_CHARS = 16 << 10;

  private final TokenCheck check;
  private final KeySource keys;
  private final HeaderName header;
  private final boolean forwardToken;
  private final List<ClaimField> claims;
  private final String realm;
  private final Clock clock;

  JwtFilter(
      TokenCheck check,
      KeySource keys,
      HeaderName header,
      boolean forwardToken,
      List<ClaimField> claims,
      String realm,
      Clock clock) {
    this.check = check;
    this.keys = keys;
    this.header = header;
    this.forwardToken = forwardToken;
    this.claims = List.copyOf(claims);
    this.realm = realm;
    this.clock = clock;
  }

  @Override
  public ExchangeFilter begin(FilterExchange exchange) {
    return new Validating(exchange);
  }

  private final class Validating implements ExchangeFilter {
    private final FilterExchange exchange;

    Validating(FilterExchange exchange) {
      this.exchange = exchange;
    }

    @Override
    public Verdict onRequestHead() {
      removeForgeries(exchange.request());
      String token = token(exchange.request());
      if (token == null) {
        return Verdict.CONTINUE; // answered
      }
      JWKSet known = keys.current();
      TokenCheck.Result result =
          known == null
              ? new TokenCheck.Result.UnknownKey()
              : check.check(token, known, clock.instant());
      if (!(result instanceof TokenCheck.Result.UnknownKey)) {
        settle(result);
        return Verdict.CONTINUE;
      }
      keys.renewed()
          .whenComplete((renewed, error) -> exchange.execute(() -> decide(token, renewed)));
      return Verdict.PAUSE;
    }

    private void decide(String token, @Nullable JWKSet renewed) {
      if (renewed == null) {
        exchange.answer(Answer.text(503, "tokens cannot be checked now").with(RETRY_AFTER, "10"));
        return;
      }
      settle(check.check(token, renewed, clock.instant()));
      exchange.resumeRequest();
    }

    private void settle(TokenCheck.Result result) {
      switch (result) {
        case TokenCheck.Result.Good(JWTClaimsSet good) -> pass(good);
        case TokenCheck.Result.Bad(String reason) -> refuse("invalid_token", reason);
        case TokenCheck.Result.UnknownKey() -> refuse("invalid_token", "unknown key");
      }
    }

    private void pass(JWTClaimsSet good) {
      Map<String, Object> all = good.getClaims();
      exchange.attribute(CLAIMS, all);
      if (!forwardToken) {
        exchange.request().remove(header);
      }
      for (ClaimField field : claims) {
        Object value = all.get(field.claim());
        if (value != null) {
          exchange.request().set(field.header(), printable(value));
        }
      }
    }

    /** Null if there is none that could be checked; the request is answered then. */
    private @Nullable String token(FilterRequest request) {
      List<String> values = request.all(header);
      if (values.size() != 1) {
        refuse(values.isEmpty() ? null : "invalid_request", "expected one " + header);
        return null;
      }
      String value = values.getFirst();
      boolean bearer = value.regionMatches(true, 0, BEARER, 0, BEARER.length());
      if (!bearer || value.length() > MAX_TOKEN_CHARS) {
        refuse(bearer ? "invalid_token" : null, bearer ? "token too long" : "expected a bearer");
        return null;
      }
      return value.substring(BEARER.length()).strip();
    }

    /** RFC 6750 section 3: a request without a token is told no error. */
    private void refuse(@Nullable String error, String description) {
      String challenge = "Bearer realm=\"" + realm + "\"";
      if (error != null) {
        challenge += ", error=\"" + error + "\", error_description=\"" + description + "\"";
      }
      exchange.answer(Answer.text(401, description).with(WWW_AUTHENTICATE, challenge));
    }

    /** Also those that some backends take for the same, with {@code _} for {@code -}. */
    private void removeForgeries(FilterRequest request) {
      if (claims.isEmpty()) {
        return;
      }
      List<HeaderName> forged = new ArrayList<>();
      request.forEach(
          (name, value) -> {
            String canonical = name.replace('_', '-');
            for (ClaimField field : claims) {
              if (canonical.equalsIgnoreCase(field.header().toString())) {
                forged.add(HeaderName.of(name));
              }
            }
          });
      forged.forEach(request::remove);
    }
  }

  /** Lists are joined; what a header value cannot hold becomes {@code ?}. */
  private static String printable(Object value) {
    String text =
        value instanceof Collection<?> many
            ? String.join(",", many.stream().map(String::valueOf).toList())
            : value.toString();
    StringBuilder out = new StringBuilder();
    for (int i = 0; i < text.length(); i++) {
      char c = text.charAt(i);
      out.append(c < ' ' || c > '~' ? '?' : c);
    }
    return out.toString().strip();
  }
}
