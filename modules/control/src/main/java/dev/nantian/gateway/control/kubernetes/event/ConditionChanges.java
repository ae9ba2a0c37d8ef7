package dev.nantian.gateway.control.kubernetes.event;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * What a new status tells that the one before did not: a condition that is now bad, or bad for
 * another reason, and the first time that an object is accepted or a Gateway programmed. Stateless.
 */
final class ConditionChanges {
  /** Conditions that are bad when they are true; of others that we write, being false is. */
  private static final Set<String> BAD_IF_TRUE =
      Set.of(
          "Conflicted",
          "PartiallyInvalid",
          "OverlappingTLSConfig",
          "InsecureFrontendValidationMode");

  /** Reasons that say only that something is under way. */
  private static final Set<String> PASSING = Set.of("Pending", "AddressNotAssigned");

  private static final Set<String> GOOD_NEWS = Set.of("Accepted", "Programmed");

  private ConditionChanges() {}

  /**
   * One thing to say.
   *
   * @param warning whether users must act
   */
  record Change(boolean warning, String reason, String note) {}

  /**
   * @param controllerName whose entries of {@code parents} and {@code ancestors} count
   */
  static List<Change> between(JsonNode before, JsonNode after, String controllerName) {
    Map<String, JsonNode> old = conditions(before, controllerName);
    List<Change> changes = new ArrayList<>();
    conditions(after, controllerName)
        .forEach(
            (path, condition) -> {
              JsonNode was = old.get(path);
              String type = condition.path("type").asText();
              String reason = condition.path("reason").asText();
              String subject = path.substring(0, path.length() - type.length());
              if (isBad(condition)) {
                if (was == null
                    || !isBad(was)
                    || !was.path("reason").equals(condition.path("reason"))) {
                  changes.add(
                      new Change(true, reason, subject + condition.path("message").asText()));
                }
              } else if (subject.indexOf("listener ") != 0
                  && GOOD_NEWS.contains(type)
                  && isTrue(condition)
                  && (was == null || !isTrue(was))) {
                changes.add(
                    new Change(false, reason, subject + condition.path("message").asText()));
              }
            });
    return changes;
  }

  private static boolean isTrue(JsonNode condition) {
    return condition.path("status").asText().equals("True");
  }

  private static boolean isBad(JsonNode condition) {
    return isTrue(condition) == BAD_IF_TRUE.contains(condition.path("type").asText())
        && !PASSING.contains(condition.path("reason").asText());
  }

  /** By what they are about and their type. */
  private static Map<String, JsonNode> conditions(JsonNode status, String controllerName) {
    Map<String, JsonNode> found = new LinkedHashMap<>();
    add(found, "", status);
    for (JsonNode listener : status.path("listeners")) {
      add(found, "listener " + listener.path("name").asText() + ": ", listener);
    }
    for (String field : List.of("parents", "ancestors")) {
      for (JsonNode entry : status.path(field)) {
        if (entry.path("controllerName").asText().equals(controllerName)) {
          add(
              found,
              subject(entry.path(field.equals("parents") ? "parentRef" : "ancestorRef")),
              entry);
        }
      }
    }
    return found;
  }

  private static String subject(JsonNode ref) {
    String kind = ref.path("kind").asText("Gateway");
    String namespace = ref.path("namespace").asText("");
    String section = ref.path("sectionName").asText("");
    return kind
        + " "
        + (namespace.isEmpty() ? "" : namespace + "/")
        + ref.path("name").asText()
        + (section.isEmpty() ? "" : " listener " + section)
        + ": ";
  }

  private static void add(Map<String, JsonNode> found, String subject, JsonNode of) {
    for (JsonNode condition : of.path("conditions")) {
      String type = condition.path("type").asText();
      // Others may add conditions of their own, with a domain before their type.
      if (type.indexOf('/') < 0) {
        found.put(subject + type, condition);
      }
    }
  }
}
