package dev.nantian.gateway.control.kubernetes.status;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.nantian.gateway.control.source.Diagnostic;
import dev.nantian.gateway.control.source.Kind;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * The status of an object whose present version the API server took and our own checks refuse: not
 * accepted, in the words of the check, for that version. What was good before stays in force.
 */
final class RefusedStatus {
  // metav1.Condition.message
  private static final int LONGEST_MESSAGE = 32_768;

  private RefusedStatus() {}

  /**
   * @param before the status of the version in force, null if there is none
   * @param parentRefs those of a route
   * @return null if there is nothing to write to
   */
  static @Nullable JsonNode of(
      Kind kind,
      List<Diagnostic> problems,
      long generation,
      @Nullable JsonNode before,
      JsonNode parentRefs,
      String controllerName) {
    String message =
        problems.stream()
            .map(
                problem ->
                    problem.fieldPath().isEmpty()
                        ? problem.message()
                        : problem.fieldPath() + ": " + problem.message())
            .collect(Collectors.joining("; "));
    if (message.length() > LONGEST_MESSAGE) {
      message = message.substring(0, LONGEST_MESSAGE);
    }
    if (before != null && before.has("ancestors")) {
      return entries(before, "ancestors", message, generation);
    }
    if (before != null && before.has("parents")) {
      return entries(before, "parents", message, generation);
    }
    if (parentRefs.isArray() && !parentRefs.isEmpty()) {
      // Which of the parents are ours is only found out by translating it.
      return null;
    }
    return switch (kind) {
      case GATEWAY_CLASS, GATEWAY ->
          before == null ? null : conditions(before, message, generation);
      default -> null;
    };
  }

  private static JsonNode entries(JsonNode before, String field, String message, long generation) {
    ObjectNode status = before.deepCopy();
    for (JsonNode entry : status.path(field)) {
      ((ObjectNode) entry)
          .set("conditions", conditions(entry.path("conditions"), message, generation, false));
    }
    return status;
  }

  private static JsonNode conditions(JsonNode before, String message, long generation) {
    ObjectNode status = before.deepCopy();
    status.set("conditions", conditions(before.path("conditions"), message, generation, true));
    return status;
  }

  private static ArrayNode conditions(
      JsonNode before, String message, long generation, boolean programmed) {
    ArrayNode conditions = JsonNodeFactory.instance.arrayNode();
    for (JsonNode old : before) {
      ObjectNode condition = old.deepCopy();
      condition.put("observedGeneration", generation);
      String type = condition.path("type").asText();
      if (type.equals("Accepted") || (programmed && type.equals("Programmed"))) {
        condition
            .put("status", "False")
            .put("reason", "Invalid")
            .put("message", message)
            .put("lastTransitionTime", Instant.now().truncatedTo(ChronoUnit.SECONDS).toString());
      }
      conditions.add(condition);
    }
    return conditions;
  }
}
