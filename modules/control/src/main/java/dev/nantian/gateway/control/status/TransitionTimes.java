package dev.nantian.gateway.control.status;

import io.fabric8.kubernetes.api.model.Condition;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Fills in {@code lastTransitionTime}: the time at which a condition's status last changed
 * (Kubernetes API conventions, "Typical status properties").
 */
final class TransitionTimes {
  private TransitionTimes() {}

  /**
   * @param before the status with times that is replaced, null if none
   * @param status without times
   * @return a status of the same class with times
   */
  static Object stamp(@Nullable Object before, Object status, Instant now) {
    String time = now.truncatedTo(ChronoUnit.SECONDS).toString();
    Map<Statuses.Part, List<Condition>> old =
        before == null || before.getClass() != status.getClass()
            ? Map.of()
            : Statuses.conditions(before);
    return Statuses.map(
        status, (part, conditions) -> stamp(old.getOrDefault(part, List.of()), conditions, time));
  }

  private static List<Condition> stamp(List<Condition> before, List<Condition> after, String time) {
    return after.stream()
        .map(
            condition -> {
              String since =
                  before.stream()
                      .filter(
                          old ->
                              old.getType().equals(condition.getType())
                                  && old.getStatus().equals(condition.getStatus()))
                      .map(Condition::getLastTransitionTime)
                      .findFirst()
                      .orElse(time);
              return condition.toBuilder().withLastTransitionTime(since).build();
            })
        .toList();
  }
}
