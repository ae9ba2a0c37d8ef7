package dev.nantian.gateway.filters.jwt;

import com.nimbusds.jose.JOSEException;
import com.nimbusds.jose.JWSAlgorithm;
import com.nimbusds.jose.JWSHeader;
import com.nimbusds.jose.JWSVerifier;
import com.nimbusds.jose.crypto.factories.DefaultJWSVerifierFactory;
import com.nimbusds.jose.jwk.AsymmetricJWK;
import com.nimbusds.jose.jwk.JWK;
import com.nimbusds.jose.jwk.JWKMatcher;
import com.nimbusds.jose.jwk.JWKSelector;
import com.nimbusds.jose.jwk.JWKSet;
import com.nimbusds.jwt.JWTClaimsSet;
import com.nimbusds.jwt.SignedJWT;
import java.text.ParseException;
import java.time.Instant;
import java.util.Date;
import java.util.List;
import java.util.Set;

/**
 * Decides whether a token is good: what RFC 7519 section 7.2 and RFC 8725 ask for.
 *
 * <p>The algorithm must be on the list and fit the key; no unsigned or symmetric ones are ever on
 * it. Issuer and expiry must be there. Pure.
 */
final class TokenCheck {
  /** What came of it. */
  sealed interface Result {
    /** The token is good. */
    record Good(JWTClaimsSet claims) implements Result {}

    /** It is not; {@code reason} may be shown to the client. */
    record Bad(String reason) implements Result {}

    /** It names a key that is not there: newer keys may have it. */
    record UnknownKey() implements Result {}
  }

  private final String issuer;
  private final Set<String> audiences;
  private final Set<JWSAlgorithm> algorithms;
  private final long skewSeconds;

  TokenCheck(String issuer, Set<String> audiences, Set<JWSAlgorithm> algorithms, long skewSeconds) {
    this.issuer = issuer;
    this.audiences = Set.copyOf(audiences);
    this.algorithms = Set.copyOf(algorithms);
    this.skewSeconds = skewSeconds;
  }

  Result check(String token, JWKSet keys, Instant now) {
    SignedJWT jwt;
    try {
      jwt = SignedJWT.parse(token);
    } catch (ParseException | IllegalArgumentException e) {
      return new Result.Bad("malformed token"); // an unsigned one too
    }
    JWSHeader header = jwt.getHeader();
    if (!algorithms.contains(header.getAlgorithm())) {
      return new Result.Bad("signature algorithm not allowed");
    }
    List<JWK> candidates = new JWKSelector(JWKMatcher.forJWSHeader(header)).select(keys);
    if (candidates.isEmpty()) {
      return new Result.UnknownKey();
    }
    boolean verified = false;
    for (JWK key : candidates) {
      verified = verified || verifies(jwt, key);
    }
    return verified ? claims(jwt, now) : new Result.Bad("wrong signature");
  }

  private static boolean verifies(SignedJWT jwt, JWK key) {
    try {
      if (!(key instanceof AsymmetricJWK asymmetric)) {
        return false;
      }
      JWSVerifier verifier =
          new DefaultJWSVerifierFactory()
              .createJWSVerifier(jwt.getHeader(), asymmetric.toPublicKey());
      return jwt.verify(verifier);
    } catch (JOSEException e) {
      return false; // this key cannot be the one
    }
  }

  private Result claims(SignedJWT jwt, Instant now) {
    JWTClaimsSet claims;
    try {
      claims = jwt.getJWTClaimsSet();
    } catch (ParseException e) {
      return new Result.Bad("malformed claims");
    }
    if (!issuer.equals(claims.getIssuer())) {
      return new Result.Bad("wrong issuer");
    }
    if (!audiences.isEmpty() && claims.getAudience().stream().noneMatch(audiences::contains)) {
      return new Result.Bad("wrong audience");
    }
    Date expires = claims.getExpirationTime();
    if (expires == null) {
      return new Result.Bad("token without expiry");
    }
    if (!now.minusSeconds(skewSeconds).isBefore(expires.toInstant())) {
      return new Result.Bad("token expired");
    }
    Date notBefore = claims.getNotBeforeTime();
    if (notBefore != null && now.plusSeconds(skewSeconds).isBefore(notBefore.toInstant())) {
      return new Result.Bad("token not valid yet");
    }
    return new Result.Good(claims);
  }
}
