package dev.nantian.gateway.control.translate;

import io.fabric8.kubernetes.api.model.Condition;
import io.fabric8.kubernetes.api.model.ConditionBuilder;
import io.fabric8.kubernetes.api.model.HasMetadata;
import java.time.Instant;
import java.time.format.DateTimeParseException;
import java.util.List;
import java.util.Optional;

/** The parts that all statuses share. */
final class Conditions {
  private Conditions() {}

  // The API server refuses longer messages.
  private static final int MAX_MESSAGE = 32768;

  /** A condition without transition time, which whoever stores it knows. */
  static Condition condition(
      String type, boolean holds, String reason, String message, long generation) {
    return new ConditionBuilder()
        .withType(type)
        .withStatus(holds ? "True" : "False")
        .withReason(reason)
        .withMessage(message.length() <= MAX_MESSAGE ? message : message.substring(0, MAX_MESSAGE))
        .withObservedGeneration(generation)
        .build();
  }

  /** The condition ResolvedRefs, false for the first reference that does not resolve. */
  static Condition resolvedRefs(Optional<Refusal> notResolved, long generation) {
    return notResolved
        .map(
            refusal ->
                condition("ResolvedRefs", false, refusal.reason(), refusal.message(), generation))
        .orElseGet(
            () ->
                condition(
                    "ResolvedRefs", true, "ResolvedRefs", "all references resolve", generation));
  }

  static long generation(HasMetadata object) {
    Long generation = object.getMetadata().getGeneration();
    return generation == null ? 0 : generation;
  }

  /** Unix milliseconds; 0 if the object has no readable creation timestamp. */
  static long createdMillis(HasMetadata object) {
    String created = object.getMetadata().getCreationTimestamp();
    if (created == null) {
      return 0;
    }
    try {
      return Instant.parse(created).toEpochMilli();
    } catch (DateTimeParseException e) {
      return 0;
    }
  }

  static <T> List<T> orEmpty(List<T> list) {
    return list == null ? List.of() : list;
  }
}
