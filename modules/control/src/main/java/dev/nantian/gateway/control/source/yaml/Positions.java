package dev.nantian.gateway.control.source.yaml;

import dev.nantian.gateway.control.source.FieldPath;
import dev.nantian.gateway.control.source.FieldPath.Step;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Where a node of a document and all below it were written. A field's position is that of its key,
 * an item's that of its first character.
 *
 * @param line counted from 1
 * @param column counted from 1
 * @param fields below a mapping, else empty
 * @param items below a list, else empty
 */
public record Positions(
    int line, int column, Map<String, Positions> fields, List<Positions> items) {

  /** The position of the node at a path, or of the nearest node around it that exists. */
  public Positions nearest(String fieldPath) {
    Positions here = this;
    for (Step step : FieldPath.steps(fieldPath)) {
      Positions next =
          switch (step) {
            case Step.Field(String name) -> here.fields.get(name);
            case Step.Item(int index) -> index < here.items.size() ? here.items.get(index) : null;
          };
      if (next == null) {
        return here;
      }
      here = next;
    }
    return here;
  }

  /** The same mapping, with the fields below one of its fields seen below another one too. */
  public Positions withFieldsOf(String from, String to) {
    Positions source = fields.get(from);
    if (source == null) {
      return this;
    }
    Positions target = fields.getOrDefault(to, source);
    Map<String, Positions> united = new LinkedHashMap<>(target.fields);
    united.putAll(source.fields);
    Map<String, Positions> all = new LinkedHashMap<>(fields);
    all.put(to, new Positions(target.line, target.column, united, target.items));
    return new Positions(line, column, all, items);
  }

  /** The same node below, found at another place: a key in front of a value. */
  Positions movedTo(int newLine, int newColumn) {
    return new Positions(newLine, newColumn, fields, items);
  }
}
