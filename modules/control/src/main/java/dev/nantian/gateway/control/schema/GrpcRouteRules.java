package dev.nantian.gateway.control.schema;

import java.util.List;

/** The rules between fields of a GRPCRoute (Gateway API v1.5, GRPCRouteSpec). */
final class GrpcRouteRules {
  private GrpcRouteRules() {}

  static void check(Field route) {
    Field spec = route.get("spec");
    ParentRefRules.check(spec.get("parentRefs").items());
    List<Field> rules = spec.get("rules").items();
    Distinct.by("name", rules, rule -> rule.get("name").text());
    for (Field rule : rules) {
      rule.get("matches").items().forEach(GrpcRouteRules::checkMatch);
      HttpFilterRules.check(rule.get("filters").items(), List.of());
      for (Field backend : rule.get("backendRefs").items()) {
        HttpFilterRules.checkServicePort(backend);
        HttpFilterRules.check(backend.get("filters").items(), List.of());
      }
      HttpRouteRules.checkSessionPersistence(rule.get("sessionPersistence"));
    }
  }

  private static void checkMatch(Field match) {
    Field method = match.get("method");
    if (method.present() && !method.get("service").filled() && !method.get("method").filled()) {
      method.violated("neither service nor method (expected at least one of them)");
    }
    if (method.get("type").is("RegularExpression")) {
      HttpRouteRules.checkRegex(method.get("service"));
      HttpRouteRules.checkRegex(method.get("method"));
    } else {
      for (String part : List.of("service", "method")) {
        if (method.get(part).text().contains("/")) {
          method.get(part).unexpected("a name without /");
        }
      }
    }
    List<Field> headers = match.get("headers").items();
    Distinct.by("name", headers, header -> header.get("name").text());
    for (Field header : headers) {
      if (header.get("type").is("RegularExpression")) {
        HttpRouteRules.checkRegex(header.get("value"));
      }
    }
  }
}
