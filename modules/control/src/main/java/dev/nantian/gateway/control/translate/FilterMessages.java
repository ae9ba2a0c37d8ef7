package dev.nantian.gateway.control.translate;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.nantian.gateway.control.policy.HTTPFilterSpec;
import dev.nantian.gateway.control.source.ResourceKey;
import dev.nantian.gateway.protocol.config.v1.ExtensionFilter;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** HTTPFilters as the proxy's filters read them: a type and a JSON object (docs/filters.md). */
final class FilterMessages {
  private static final ObjectMapper MAPPER =
      new ObjectMapper().setDefaultPropertyInclusion(JsonInclude.Include.NON_NULL);

  private FilterMessages() {}

  /**
   * @param keys text of the key set, if the filter needs one and does not fetch it
   */
  static ExtensionFilter of(ResourceKey key, HTTPFilterSpec spec, @Nullable String keys)
      throws UnsupportedException {
    ExtensionFilter.Builder filter =
        ExtensionFilter.newBuilder()
            .setName(key.namespace() + "/" + key.name())
            .setFailOpen("Skip".equals(spec.onFailure()));
    if (spec.timeout() != null) {
      filter.setPauseTimeout(
          GatewayDuration.message(GatewayDuration.millis("spec.timeout", spec.timeout())));
    }
    return switch (spec.type()) {
      case "Compression" ->
          filter
              .setType("compression")
              .setConfig(spec.compression() == null ? "{}" : json(spec.compression()))
              .build();
      case "RateLimit" -> filter.setType("rateLimit").setConfig(json(spec.rateLimit())).build();
      case "JWT" -> filter.setType("jwt").setConfig(jwt(spec.jwt(), keys)).build();
      default ->
          throw UnsupportedException.value(
              "spec.type", spec.type() + " (expected Compression, JWT or RateLimit)");
    };
  }

  private static String jwt(HTTPFilterSpec.@Nullable Jwt jwt, @Nullable String keys)
      throws UnsupportedException {
    if (jwt == null) {
      throw UnsupportedException.value("spec.jwt", "missing (expected with type JWT)");
    }
    Map<String, Object> config = new LinkedHashMap<>();
    config.put("issuer", jwt.issuer());
    put(config, "audiences", jwt.audiences());
    if (keys != null) {
      config.put("jwks", PublicKeys.of("spec.jwt.jwks", keys));
    } else {
      put(config, "jwksUri", jwt.jwks().url());
      if (jwt.jwks().cacheDuration() != null) {
        config.put(
            "cacheSeconds", seconds("spec.jwt.jwks.cacheDuration", jwt.jwks().cacheDuration()));
      }
    }
    put(config, "algorithms", jwt.algorithms());
    if (jwt.clockSkew() != null) {
      config.put("clockSkewSeconds", seconds("spec.jwt.clockSkew", jwt.clockSkew()));
    }
    put(config, "header", jwt.header());
    put(config, "forwardToken", jwt.forwardToken());
    put(config, "claimsToHeaders", jwt.claimsToHeaders());
    put(config, "realm", jwt.realm());
    return json(config);
  }

  private static long seconds(String path, String duration) throws UnsupportedException {
    return GatewayDuration.millis(path, duration) / 1000;
  }

  private static void put(Map<String, Object> config, String name, @Nullable Object value) {
    if (value != null) {
      config.put(name, value);
    }
  }

  private static String json(@Nullable Object settings) {
    try {
      return MAPPER.writeValueAsString(settings);
    } catch (JsonProcessingException e) {
      throw new IllegalArgumentException("settings that are no JSON", e);
    }
  }
}
