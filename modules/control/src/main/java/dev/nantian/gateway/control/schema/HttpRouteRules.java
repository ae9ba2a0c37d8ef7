package dev.nantian.gateway.control.schema;

import com.google.re2j.Pattern;
import com.google.re2j.PatternSyntaxException;
import java.time.Duration;
import java.util.List;

/**
 * The rules between fields of an HTTPRoute's rules, matches and backends (Gateway API v1.5,
 * HTTPRouteSpec).
 */
final class HttpRouteRules {

  private static final int MAX_MATCHES = 128;
  private static final Pattern PATH =
      Pattern.compile("(?:[-A-Za-z0-9/._~!$&'()*+,;=:@]|[%][0-9a-fA-F]{2})+");
  private static final List<String> NOT_IN_PATH = List.of("//", "/./", "/../", "%2f", "%2F", "#");
  private static final List<String> NOT_AT_END_OF_PATH = List.of("/..", "/.");

  private HttpRouteRules() {}

  static void check(Field route) {
    Field spec = route.get("spec");
    ParentRefRules.check(spec.get("parentRefs").items());
    List<Field> rules = spec.get("rules").items();
    Distinct.by("name", rules, rule -> rule.get("name").text());
    int matches = 0;
    for (Field rule : rules) {
      matches += rule.get("matches").items().size();
      checkRule(rule);
    }
    if (matches > MAX_MATCHES) {
      spec.get("rules")
          .violated(matches + " matches in all rules (expected at most " + MAX_MATCHES + ")");
    }
  }

  private static void checkRule(Field rule) {
    List<Field> matches = rule.get("matches").items();
    matches.forEach(HttpRouteRules::checkMatch);
    HttpFilterRules.check(rule.get("filters").items(), matches);
    List<Field> backends = rule.get("backendRefs").items();
    for (Field backend : backends) {
      HttpFilterRules.checkServicePort(backend);
      HttpFilterRules.check(backend.get("filters").items(), matches);
    }
    if (!backends.isEmpty()) {
      for (Field filter : rule.get("filters").items()) {
        if (filter.get("requestRedirect").present()) {
          filter
              .get("requestRedirect")
              .violated("together with backendRefs (expected a redirect or backends, not both)");
        }
      }
    }
    checkTimeouts(rule.get("timeouts"));
    checkSessionPersistence(rule.get("sessionPersistence"));
  }

  private static void checkMatch(Field match) {
    Field path = match.get("path");
    Field value = path.get("value");
    if (path.get("type").is("RegularExpression")) {
      checkRegex(value);
    } else if (value.node().isTextual()) {
      checkPath(value);
    }
    for (String list : List.of("headers", "queryParams")) {
      List<Field> items = match.get(list).items();
      Distinct.by("name", items, item -> item.get("name").text());
      for (Field item : items) {
        if (item.get("type").is("RegularExpression")) {
          checkRegex(item.get("value"));
        }
      }
    }
  }

  private static void checkPath(Field value) {
    String path = value.text();
    if (!path.startsWith("/")) {
      value.unexpected("a path that begins with /");
      return;
    }
    for (String part : NOT_IN_PATH) {
      if (path.contains(part)) {
        value.unexpected("a path without " + part);
        return;
      }
    }
    for (String end : NOT_AT_END_OF_PATH) {
      if (path.endsWith(end)) {
        value.unexpected("a path that does not end with " + end);
        return;
      }
    }
    if (!PATH.matcher(path).matches()) {
      value.unexpected("a path of URL characters, others as % and two hexadecimal digits");
    }
  }

  /**
   * Expressions have the syntax of RE2, whose matching time is linear; so they must compile with
   * it.
   */
  static void checkRegex(Field value) {
    if (!value.node().isTextual()) {
      return;
    }
    try {
      Pattern.compile(value.text());
    } catch (PatternSyntaxException e) {
      value.unexpected("a regular expression in RE2 syntax: " + e.getDescription());
    }
  }

  private static void checkTimeouts(Field timeouts) {
    Duration request = Durations.parse(timeouts.get("request").text());
    Duration backend = Durations.parse(timeouts.get("backendRequest").text());
    // A request timeout of zero is none at all.
    if (request != null && backend != null && !request.isZero() && backend.compareTo(request) > 0) {
      timeouts
          .get("backendRequest")
          .unexpected("at most the request timeout " + timeouts.get("request").text());
    }
  }

  static void checkSessionPersistence(Field persistence) {
    Field cookie = persistence.get("cookieConfig");
    if (cookie.present() && !persistence.get("type").is("Cookie")) {
      cookie.unexpected("no cookieConfig with type " + persistence.get("type").text());
    }
    if (cookie.get("lifetimeType").is("Permanent")
        && !persistence.get("absoluteTimeout").present()) {
      persistence
          .get("absoluteTimeout")
          .violated("missing (expected a duration with lifetimeType Permanent)");
    }
  }
}
