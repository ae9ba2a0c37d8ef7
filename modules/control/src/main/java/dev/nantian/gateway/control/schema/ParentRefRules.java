package dev.nantian.gateway.control.schema;

import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** The rules between the parentRefs of a route of any kind (Gateway API v1.5, CommonRouteSpec). */
final class ParentRefRules {

  private ParentRefRules() {}

  /**
   * Several references to one parent must differ by section or port, and all of them must name one.
   */
  static void check(List<Field> parentRefs) {
    Map<List<String>, Field> firstOfParent = new HashMap<>();
    Map<List<String>, Field> seen = new HashMap<>();
    for (Field ref : parentRefs) {
      List<String> parent =
          List.of(
              ref.get("group").text(),
              ref.get("kind").text(),
              ref.get("namespace").text(),
              ref.get("name").text());
      String section = ref.get("sectionName").text();
      String port = ref.get("port").present() ? ref.get("port").node().asText() : "";
      Field first = firstOfParent.putIfAbsent(parent, ref);
      Field same = seen.putIfAbsent(List.of(String.join("/", parent), section, port), ref);
      if (same != null) {
        ref.violated(
            "the same parent, section and port as " + same.path() + " (expected each once)");
      } else if (first != null
          && (first.get("sectionName").filled() != ref.get("sectionName").filled()
              || first.get("port").present() != ref.get("port").present())) {
        ref.violated(
            "the same parent as "
                + first.path()
                + " (expected sectionName or port in both, to tell them apart)");
      }
    }
  }
}
