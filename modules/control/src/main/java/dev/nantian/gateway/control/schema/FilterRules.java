package dev.nantian.gateway.control.schema;

import java.time.Duration;
import java.util.List;
import java.util.Locale;

/** The rules between fields of an HTTPFilter. */
final class FilterRules {
  private static final List<String> SOURCES = List.of("inline", "configMap", "secret", "url");

  private FilterRules() {}

  static void check(Field filter) {
    Field spec = filter.get("spec");
    String type = spec.get("type").text();
    checkSettings(spec.get("compression"), type, "Compression", false);
    checkSettings(spec.get("jwt"), type, "JWT", true);
    checkSettings(spec.get("rateLimit"), type, "RateLimit", true);
    if (type.equals("JWT") && spec.get("onFailure").is("Skip")) {
      spec.get("onFailure").unexpected("Reject: nobody passes because keys cannot be had");
    }
    checkJwt(spec.get("jwt"));
    checkKey(spec.get("rateLimit").get("key"));
    Duration timeout = Durations.parse(spec.get("timeout").text());
    if (timeout != null && timeout.isZero()) {
      spec.get("timeout").unexpected("at least 1ms");
    }
  }

  private static void checkSettings(Field settings, String type, String own, boolean needed) {
    if (settings.present() && !type.equals(own)) {
      settings.violated("set with type " + type + " (expected only with type " + own + ")");
    } else if (needed && type.equals(own) && !settings.present()) {
      settings.violated("missing (expected with type " + own + ")");
    }
  }

  private static void checkJwt(Field jwt) {
    Field jwks = jwt.get("jwks");
    if (jwks.node().isObject()) {
      List<String> set = SOURCES.stream().filter(source -> jwks.get(source).present()).toList();
      if (set.size() != 1) {
        jwks.violated(
            (set.isEmpty() ? "no key set" : String.join(" and ", set))
                + " (expected exactly one of inline, configMap, secret and url)");
      }
      Duration fresh = Durations.parse(jwks.get("cacheDuration").text());
      if (fresh != null && fresh.toSeconds() < 1) {
        jwks.get("cacheDuration").unexpected("at least 1s");
      }
    }
    Distinct.by(
        "header",
        jwt.get("claimsToHeaders").items(),
        mapping -> mapping.get("header").text().toLowerCase(Locale.ROOT));
  }

  private static void checkKey(Field key) {
    String type = key.get("type").text();
    boolean named = type.equals("Header") || type.equals("Claim");
    if (named != key.get("name").present() && !type.isEmpty()) {
      key.get("name")
          .violated(
              named
                  ? "missing (expected with type " + type + ")"
                  : "set with type " + type + " (expected only with types Header and Claim)");
    }
    if (type.equals("Header") && !key.get("name").text().matches("[A-Za-z0-9!#$%&'*+.^_`|~-]*")) {
      key.get("name").unexpected("a header name");
    }
  }
}
