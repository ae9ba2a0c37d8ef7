package dev.nantian.gateway.control.policy;

import com.fasterxml.jackson.annotation.JsonIgnoreProperties;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What an HTTPFilter says; docs/filters.md explains each field and its default. Durations are those
 * of GEP-2257.
 *
 * @param type Compression, JWT or RateLimit: which of the last three has the settings
 * @param onFailure Reject or Skip
 * @param timeout of a pause
 */
@JsonIgnoreProperties(ignoreUnknown = true)
public record HTTPFilterSpec(
    String type,
    @Nullable String onFailure,
    @Nullable String timeout,
    @Nullable Compression compression,
    @Nullable Jwt jwt,
    @Nullable RateLimit rateLimit) {

  /**
   * @param algorithms br, zstd, gzip
   */
  @JsonIgnoreProperties(ignoreUnknown = true)
  public record Compression(
      @Nullable List<String> algorithms,
      @Nullable Integer minBytes,
      @Nullable List<String> contentTypes) {}

  /** Validation of JSON Web Tokens. */
  @JsonIgnoreProperties(ignoreUnknown = true)
  public record Jwt(
      String issuer,
      @Nullable List<String> audiences,
      Jwks jwks,
      @Nullable List<String> algorithms,
      @Nullable String clockSkew,
      @Nullable String header,
      @Nullable Boolean forwardToken,
      @Nullable List<ClaimHeader> claimsToHeaders,
      @Nullable String realm) {}

  /** Where the keys are: one of the first four. */
  @JsonIgnoreProperties(ignoreUnknown = true)
  public record Jwks(
      @Nullable String inline,
      @Nullable KeyRef configMap,
      @Nullable KeyRef secret,
      @Nullable String url,
      @Nullable String cacheDuration) {}

  /** An entry of a ConfigMap or Secret of the filter's namespace. */
  @JsonIgnoreProperties(ignoreUnknown = true)
  public record KeyRef(String name, String key) {}

  /** A claim and the header field that carries it. */
  @JsonIgnoreProperties(ignoreUnknown = true)
  public record ClaimHeader(String claim, String header) {}

  /**
   * @param per Second, Minute, Hour or Day
   */
  @JsonIgnoreProperties(ignoreUnknown = true)
  public record RateLimit(
      int requests,
      String per,
      @Nullable Integer burst,
      @Nullable LimitKey key,
      @Nullable Integer maxKeys) {}

  /**
   * @param type ClientIP, Header, Claim or All
   */
  @JsonIgnoreProperties(ignoreUnknown = true)
  public record LimitKey(String type, @Nullable String name) {}
}
