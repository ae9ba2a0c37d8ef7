package dev.nantian.gateway.filters.jwt;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * How an HTTPFilter configures JWT validation.
 *
 * @param issuer that {@code iss} must equal
 * @param audiences one of which {@code aud} must hold; null or empty for any
 * @param jwks the issuer's keys as a JWK Set (RFC 7517), or
 * @param jwksUri where to fetch them
 * @param cacheSeconds how long fetched keys are fresh; null for 300
 * @param algorithms allowed for signatures; null for RS256 and ES256
 * @param clockSkewSeconds by which clocks may differ; null for 60
 * @param header that has the token after {@code Bearer}; null for Authorization
 * @param forwardToken whether the backend gets the token too; null for true
 * @param claimsToHeaders claims that the backend gets as header fields
 * @param realm for WWW-Authenticate; null for the filter's name
 */
record JwtConfig(
    @Nullable String issuer,
    @Nullable List<String> audiences,
    @Nullable String jwks,
    @Nullable String jwksUri,
    @Nullable Integer cacheSeconds,
    @Nullable List<String> algorithms,
    @Nullable Integer clockSkewSeconds,
    @Nullable String header,
    @Nullable Boolean forwardToken,
    @Nullable List<ClaimHeader> claimsToHeaders,
    @Nullable String realm) {
  /** A claim and the field that carries it. */
  record ClaimHeader(@Nullable String claim, @Nullable String header) {}
}
