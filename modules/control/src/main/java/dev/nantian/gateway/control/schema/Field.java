package dev.nantian.gateway.control.schema;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.MissingNode;
import dev.nantian.gateway.control.source.FieldPath;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A field of an object under check, present or not, of the right type or not: rules between fields
 * read through it without asking first, because what is absent or of the wrong type is the schema's
 * matter.
 *
 * @param path where it is
 * @param node its value, a missing node if it is absent
 * @param violations what was found in the whole object so far
 */
record Field(String path, JsonNode node, List<Violation> violations) {

  static Field root(JsonNode object) {
    return new Field("", object, new ArrayList<>());
  }

  Field get(String name) {
    JsonNode child = node.isObject() ? node.path(name) : MissingNode.getInstance();
    return new Field(FieldPath.field(path, name), child, violations);
  }

  List<Field> items() {
    List<Field> items = new ArrayList<>();
    for (int i = 0; node.isArray() && i < node.size(); i++) {
      items.add(new Field(FieldPath.item(path, i), node.get(i), violations));
    }
    return items;
  }

  List<Field> entries() {
    List<Field> entries = new ArrayList<>();
    if (node.isObject()) {
      node.fieldNames().forEachRemaining(name -> entries.add(get(name)));
    }
    return entries;
  }

  boolean present() {
    return !node.isMissingNode();
  }

  /** Present and with something in it. */
  boolean filled() {
    return present()
        && !(node.isTextual() && node.textValue().isEmpty())
        && !(node.isContainerNode() && node.isEmpty());
  }

  /** The text, or empty if there is none. */
  String text() {
    return node.isTextual() ? node.textValue() : "";
  }

  boolean is(String value) {
    return node.isTextual() && node.textValue().equals(value);
  }

  /** The integer, or null if there is none. */
  @Nullable Integer integer() {
    return node.isInt() ? node.intValue() : null;
  }

  /** Says that this field is wrong. */
  void violated(String message) {
    violations.add(new Violation(path, message));
  }

  /** Says that this field's value is wrong and what was expected instead. */
  void unexpected(String expected) {
    violated(Values.text(node) + " (expected " + expected + ")");
  }
}
