package dev.nantian.gateway.control.schema;

import java.util.List;

/**
 * The rules between fields of a TLSRoute, TCPRoute or UDPRoute (Gateway API v1.5, TLSRouteSpec,
 * TCPRouteSpec, UDPRouteSpec).
 */
final class L4RouteRules {

  private L4RouteRules() {}

  static void check(Field route) {
    Field spec = route.get("spec");
    ParentRefRules.check(spec.get("parentRefs").items());
    List<Field> rules = spec.get("rules").items();
    Distinct.by("name", rules, rule -> rule.get("name").text());
    for (Field rule : rules) {
      rule.get("backendRefs").items().forEach(HttpFilterRules::checkServicePort);
    }
  }
}
