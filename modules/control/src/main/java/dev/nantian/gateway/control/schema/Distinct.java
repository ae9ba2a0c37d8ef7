package dev.nantian.gateway.control.schema;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;

/** The rule that no two items of a list are the same. */
final class Distinct {

  private Distinct() {}

  /**
   * Each item's field {@code name} must differ from those before; an empty identity is the same as
   * none.
   */
  static void by(String name, List<Field> items, Function<Field, String> identity) {
    Map<String, Field> seen = new HashMap<>();
    for (Field item : items) {
      String id = identity.apply(item);
      Field first = id.isEmpty() ? null : seen.putIfAbsent(id, item);
      if (first != null) {
        item.get(name)
            .violated(
                Values.text(item.get(name).node())
                    + " as in "
                    + first.path()
                    + " (expected each "
                    + name
                    + " once)");
      }
    }
  }

  /** Each item must differ from those before. */
  static void items(List<Field> items) {
    Map<String, Field> seen = new HashMap<>();
    for (Field item : items) {
      Field first = seen.putIfAbsent(item.node().toString(), item);
      if (first != null) {
        item.violated(
            Values.text(item.node()) + " as in " + first.path() + " (expected each item once)");
      }
    }
  }
}
