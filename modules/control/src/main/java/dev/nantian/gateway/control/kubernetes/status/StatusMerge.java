package dev.nantian.gateway.control.kubernetes.status;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * What an object's status should become: ours where it is ours, and everything else as it is.
 *
 * <p>Routes ({@code parents}) and policies ({@code ancestors}) have one entry for each controller
 * and parent: only entries with our controller name are ours (Gateway API, {@code
 * RouteParentStatus.controllerName}). Of a Gateway, a GatewayClass and a ListenerSet all is ours
 * but conditions of a type with a domain prefix, which others may add. A condition whose status has
 * not changed keeps the transition time that it has, so that a restart changes nothing.
 */
final class StatusMerge {
  private static final List<String> SHARED = List.of("parents", "ancestors");

  private final String controllerName;

  StatusMerge(String controllerName) {
    this.controllerName = controllerName;
  }

  /**
   * The merge patch (RFC 7396) that makes the status what it should be.
   *
   * @param present as the API server holds it
   * @param wanted all of ours; null if nothing of the object is ours
   * @return empty if nothing is to change
   */
  Optional<ObjectNode> patch(ObjectNode present, @Nullable JsonNode wanted) {
    ObjectNode patch = JsonNodeFactory.instance.objectNode();
    boolean shared = false;
    for (String field : SHARED) {
      if (present.has(field) || (wanted != null && wanted.has(field))) {
        shared = true;
        ArrayNode merged = entries(present.path(field), wanted == null ? null : wanted.get(field));
        if (!same(merged, present.path(field))) {
          patch.set(field, merged);
        }
      }
    }
    if (!shared && wanted instanceof ObjectNode status) {
      replace(present, status, patch);
    }
    return patch.isEmpty() ? Optional.empty() : Optional.of(patch);
  }

  private static void replace(ObjectNode present, ObjectNode wanted, ObjectNode patch) {
    ObjectNode next = wanted.deepCopy();
    keepTimes(present, next);
    for (JsonNode condition : present.path("conditions")) {
      if (condition.path("type").asText().indexOf('/') >= 0) {
        next.withArray("conditions").add(condition);
      }
    }
    next.properties()
        .forEach(
            field -> {
              if (!same(field.getValue(), present.path(field.getKey()))) {
                patch.set(field.getKey(), field.getValue());
              }
            });
    present
        .properties()
        .forEach(
            field -> {
              if (!next.has(field.getKey()) && !isEmpty(field.getValue())) {
                patch.putNull(field.getKey());
              }
            });
  }

  private ArrayNode entries(JsonNode present, @Nullable JsonNode wanted) {
    List<JsonNode> ours = new ArrayList<>();
    if (wanted != null) {
      wanted.forEach(ours::add);
    }
    ArrayNode merged = JsonNodeFactory.instance.arrayNode();
    for (JsonNode entry : present) {
      if (!entry.path("controllerName").asText().equals(controllerName)) {
        merged.add(entry);
        continue;
      }
      JsonNode next = take(ours, entry);
      if (next != null) {
        merged.add(next);
      }
    }
    merged.addAll(ours);
    return merged;
  }

  /** Removes and returns the entry of the same parent, with the times that still hold. */
  private static @Nullable JsonNode take(List<JsonNode> ours, JsonNode present) {
    for (int i = 0; i < ours.size(); i++) {
      if (identity(ours.get(i)).equals(identity(present))) {
        JsonNode next = ours.remove(i).deepCopy();
        keepTimes(present, next);
        return next;
      }
    }
    return null;
  }

  /** What tells entries of a list apart. */
  private static JsonNode identity(JsonNode entry) {
    for (String field : List.of("parentRef", "ancestorRef", "type", "name")) {
      if (entry.has(field)) {
        return entry.get(field);
      }
    }
    return entry;
  }

  private static void keepTimes(JsonNode present, JsonNode next) {
    if (next instanceof ObjectNode object) {
      if (object.has("lastTransitionTime")
          && present.path("status").equals(object.path("status"))
          && present.path("lastTransitionTime").isTextual()) {
        object.set("lastTransitionTime", present.get("lastTransitionTime"));
      }
      object
          .properties()
          .forEach(field -> keepTimes(present.path(field.getKey()), field.getValue()));
    } else if (next instanceof ArrayNode list) {
      for (JsonNode item : list) {
        for (JsonNode old : present) {
          if (item.isObject() && identity(item).equals(identity(old))) {
            keepTimes(old, item);
          }
        }
      }
    }
  }

  /** An absent list and an empty one say the same. */
  private static boolean same(JsonNode a, JsonNode b) {
    return a.equals(b) || (isEmpty(a) && isEmpty(b));
  }

  private static boolean isEmpty(JsonNode node) {
    return node.isMissingNode() || node.isNull() || (node.isContainerNode() && node.isEmpty());
  }
}
