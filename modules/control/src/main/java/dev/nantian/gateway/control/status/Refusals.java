package dev.nantian.gateway.control.status;

import dev.nantian.gateway.control.source.Diagnostic;
import dev.nantian.gateway.control.source.ResourceKey;
import io.fabric8.kubernetes.api.model.Condition;
import io.fabric8.kubernetes.api.model.ConditionBuilder;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * What the source refused, by subject (a file) and by object.
 *
 * <p>An object that never was valid gets a status that says so. One whose earlier version stays in
 * force keeps that version's status, with one condition more: {@value #CONDITION} is True while
 * what is written is not what serves. Not thread-safe; one owner.
 */
final class Refusals {
  /** Of our own, so with our domain (Kubernetes API conventions, "Typical status properties"). */
  static final String CONDITION = "gateway.nantian.dev/Refused";

  private final Map<String, List<Diagnostic>> subjects = new TreeMap<>();
  private final Map<String, Set<ResourceKey>> kept = new TreeMap<>();
  private final Map<ResourceKey, Instant> since = new HashMap<>();

  /**
   * Takes all that the source has to say of a subject.
   *
   * @param keptObjects in force in a version that the subject held before
   * @return what was said of it before
   */
  List<Diagnostic> put(
      String subject, List<Diagnostic> diagnostics, Set<ResourceKey> keptObjects, Instant now) {
    List<Diagnostic> before =
        diagnostics.isEmpty()
            ? subjects.remove(subject)
            : subjects.put(subject, List.copyOf(diagnostics));
    if (keptObjects.isEmpty()) {
      kept.remove(subject);
    } else {
      kept.put(subject, keptObjects);
    }
    Set<ResourceKey> refused = objects();
    since.keySet().retainAll(refused);
    refused.forEach(key -> since.putIfAbsent(key, now));
    return before == null ? List.of() : before;
  }

  /** Number of errors. */
  int errors() {
    return (int) subjects.values().stream().flatMap(List::stream).filter(Refusals::isError).count();
  }

  /** Everything that was said. */
  List<Diagnostic> all() {
    return subjects.values().stream().flatMap(List::stream).toList();
  }

  /** The objects that something was said of. */
  Set<ResourceKey> objects() {
    Set<ResourceKey> objects = new HashSet<>();
    for (Diagnostic diagnostic : all()) {
      if (diagnostic.object() != null) {
        objects.add(diagnostic.object());
      }
    }
    kept.values().forEach(objects::addAll);
    return objects;
  }

  /**
   * The status of an object with what was refused of it.
   *
   * @param present of the version in force; null if there is none
   * @return null if there is nothing to know
   */
  @Nullable ObjectStatus join(ResourceKey key, @Nullable ObjectStatus present, Instant now) {
    List<Diagnostic> said = of(key);
    if (said.isEmpty()) {
      return present;
    }
    List<Diagnostic> problems = new ArrayList<>(present == null ? List.of() : present.problems());
    said.stream().filter(problem -> !problems.contains(problem)).forEach(problems::add);
    @Nullable Diagnostic error = said.stream().filter(Refusals::isError).findFirst().orElse(null);
    Instant from = since.getOrDefault(key, now);
    @Nullable Object status = present == null ? null : present.status();
    if (error != null && present == null) {
      status = Map.of("conditions", List.of(notAccepted(error, from)));
    } else if (error != null && present != null && status != null) {
      status = Statuses.withCondition(status, stale(error, present.generation(), from));
    }
    return new ObjectStatus(
        key,
        present == null ? 0 : present.generation(),
        status,
        problems,
        present == null ? from : present.updatedAt());
  }

  private List<Diagnostic> of(ResourceKey key) {
    List<Diagnostic> said = new ArrayList<>();
    subjects.forEach(
        (subject, diagnostics) -> {
          boolean keptHere = kept.getOrDefault(subject, Set.of()).contains(key);
          for (Diagnostic diagnostic : diagnostics) {
            if (keptHere && diagnostic.object() == null && isError(diagnostic)) {
              said.add(
                  new Diagnostic(
                      diagnostic.severity(), key, "", diagnostic.place(), diagnostic.message()));
            } else if (key.equals(diagnostic.object())) {
              said.add(diagnostic);
            }
          }
        });
    return said;
  }

  private static Condition notAccepted(Diagnostic error, Instant since) {
    return condition("Accepted", "False", "Invalid", text(error), 0, since);
  }

  private static Condition stale(Diagnostic error, long generation, Instant since) {
    return condition(
        CONDITION,
        "True",
        "Invalid",
        text(error) + "; generation " + generation + " stays in force",
        generation,
        since);
  }

  private static Condition condition(
      String type, String status, String reason, String message, long generation, Instant since) {
    return new ConditionBuilder()
        .withType(type)
        .withStatus(status)
        .withReason(reason)
        .withMessage(message)
        .withObservedGeneration(generation)
        .withLastTransitionTime(since.truncatedTo(ChronoUnit.SECONDS).toString())
        .build();
  }

  private static String text(Diagnostic error) {
    return (error.place() == null ? "" : error.place() + ": ")
        + (error.fieldPath().isEmpty() ? "" : error.fieldPath() + ": ")
        + error.message();
  }

  private static boolean isError(Diagnostic diagnostic) {
    return diagnostic.severity() == Diagnostic.Severity.ERROR;
  }
}
