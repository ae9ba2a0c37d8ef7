package dev.nantian.gateway.filters.jwt;

import com.nimbusds.jose.JWSAlgorithm;
import com.nimbusds.jose.jwk.JWKSet;
import dev.nantian.gateway.proxy.filter.Filter;
import dev.nantian.gateway.proxy.filter.FilterConfig;
import dev.nantian.gateway.proxy.filter.FilterFactory;
import dev.nantian.gateway.proxy.filter.InvalidFilterException;
import dev.nantian.gateway.proxy.http.HeaderName;
import java.net.URI;
import java.text.ParseException;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Makes filters that validate JSON Web Tokens: type {@code jwt}. */
public final class JwtFactory implements FilterFactory {
  private static final Set<JWSAlgorithm> SUPPORTED =
      new LinkedHashSet<>(
          List.of(
              JWSAlgorithm.RS256,
              JWSAlgorithm.RS384,
              JWSAlgorithm.RS512,
              JWSAlgorithm.PS256,
              JWSAlgorithm.PS384,
              JWSAlgorithm.PS512,
              JWSAlgorithm.ES256,
              JWSAlgorithm.ES384,
              JWSAlgorithm.ES512));

  @Override
  public String type() {
    return "jwt";
  }

  @Override
  public Filter create(FilterConfig config) throws InvalidFilterException {
    JwtConfig jwt = config.read(JwtConfig.class);
    String issuer = jwt.issuer();
    if (issuer == null || issuer.isEmpty()) {
      throw new InvalidFilterException("issuer: none (expected what iss must be)");
    }
    int skew = atLeast("clockSkewSeconds", jwt.clockSkewSeconds(), 60, 0);
    TokenCheck check =
        new TokenCheck(
            issuer,
            jwt.audiences() == null ? Set.of() : new HashSet<>(jwt.audiences()),
            algorithms(jwt.algorithms()),
            skew);
    List<JwtFilter.ClaimField> claims = new ArrayList<>();
    if (jwt.claimsToHeaders() != null) {
      for (JwtConfig.ClaimHeader mapping : jwt.claimsToHeaders()) {
        claims.add(claimField(mapping));
      }
    }
    String header = jwt.header() == null ? "Authorization" : jwt.header();
    return new JwtFilter(
        check,
        keys(jwt),
        HeaderName.of(name("header", header)),
        jwt.forwardToken() == null || jwt.forwardToken(),
        claims,
        realm(jwt.realm() == null ? config.name() : jwt.realm()),
        Clock.systemUTC());
  }

  private static Set<JWSAlgorithm> algorithms(@Nullable List<String> names)
      throws InvalidFilterException {
    if (names == null || names.isEmpty()) {
      return Set.of(JWSAlgorithm.RS256, JWSAlgorithm.ES256);
    }
    Set<JWSAlgorithm> algorithms = new HashSet<>();
    for (String name : names) {
      JWSAlgorithm algorithm = new JWSAlgorithm(name);
      if (!SUPPORTED.contains(algorithm)) {
        throw new InvalidFilterException(
            "algorithms: " + name + " (expected of " + SUPPORTED + ", none without a public key)");
      }
      algorithms.add(algorithm);
    }
    return algorithms;
  }

  private static KeySource keys(JwtConfig jwt) throws InvalidFilterException {
    String given = jwt.jwks();
    String uri = jwt.jwksUri();
    if ((given == null) == (uri == null)) {
      throw new InvalidFilterException("jwks, jwksUri: expected exactly one of them");
    }
    if (given != null) {
      try {
        return new GivenKeys(JWKSet.parse(given));
      } catch (ParseException e) {
        throw new InvalidFilterException("jwks: not a JWK Set: " + e.getMessage(), e);
      }
    }
    URI from = uri(String.valueOf(uri));
    int fresh = atLeast("cacheSeconds", jwt.cacheSeconds(), 300, 1);
    return new FetchedKeys(from, Duration.ofSeconds(fresh), JwksHttp.INSTANCE, System::nanoTime);
  }

  private static URI uri(String text) throws InvalidFilterException {
    try {
      URI uri = URI.create(text);
      if (("https".equals(uri.getScheme()) || "http".equals(uri.getScheme()))
          && uri.getHost() != null) {
        return uri;
      }
    } catch (IllegalArgumentException e) {
      throw new InvalidFilterException("jwksUri: " + text + ": " + e.getMessage(), e);
    }
    throw new InvalidFilterException("jwksUri: " + text + " (expected an http or https URI)");
  }

  private static JwtFilter.ClaimField claimField(JwtConfig.ClaimHeader mapping)
      throws InvalidFilterException {
    if (mapping.claim() == null || mapping.claim().isEmpty()) {
      throw new InvalidFilterException("claimsToHeaders.claim: none (expected a claim)");
    }
    String header = mapping.header() == null ? "" : mapping.header();
    return new JwtFilter.ClaimField(
        mapping.claim(), HeaderName.of(name("claimsToHeaders.header", header)));
  }

  private static String name(String field, String header) throws InvalidFilterException {
    if (!header.matches("[A-Za-z0-9-]+")) {
      throw new InvalidFilterException(field + ": " + header + " (expected a header name)");
    }
    return header;
  }

  private static String realm(String realm) throws InvalidFilterException {
    if (!realm.matches("[ !#-\\[\\]-~]*")) {
      throw new InvalidFilterException("realm: " + realm + " (expected no quotes or backslashes)");
    }
    return realm;
  }

  private static int atLeast(String field, @Nullable Integer value, int otherwise, int least)
      throws InvalidFilterException {
    int number = value == null ? otherwise : value;
    if (number < least) {
      throw new InvalidFilterException(field + ": " + number + " (expected " + least + " or more)");
    }
    return number;
  }
}
