package dev.nantian.gateway.control.translate;

import static dev.nantian.gateway.control.translate.Conditions.condition;
import static dev.nantian.gateway.control.translate.Conditions.resolvedRefs;

import io.fabric8.kubernetes.api.model.Condition;
import io.fabric8.kubernetes.api.model.gatewayapi.v1.RouteParentStatus;
import io.fabric8.kubernetes.api.model.gatewayapi.v1.RouteParentStatusBuilder;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** The status of a route of any kind: an entry for each parentRef that is ours. */
final class RouteStatuses {
  private RouteStatuses() {}

  /**
   * What is wrong with the route itself, apart from its parents.
   *
   * @param notAccepted none of it can be served
   * @param partial some rules are dropped, others are in force
   * @param notResolved a reference does not resolve
   * @param ignored fields that are not in force though the route is served
   */
  record Verdict(
      Optional<Refusal> notAccepted,
      Optional<Refusal> partial,
      Optional<Refusal> notResolved,
      List<String> ignored) {}

  static List<RouteParentStatus> of(
      String controllerName, List<RouteParents.Parent> parents, Verdict verdict, long generation) {
    return parents.stream()
        .filter(RouteParents.Parent::ours)
        .map(
            parent ->
                new RouteParentStatusBuilder()
                    .withControllerName(controllerName)
                    .withParentRef(parent.reference())
                    .withConditions(conditions(parent, verdict, generation))
                    .build())
        .toList();
  }

  private static List<Condition> conditions(
      RouteParents.Parent parent, Verdict verdict, long generation) {
    List<Condition> conditions = new ArrayList<>();
    if (!parent.reason().isEmpty()) {
      conditions.add(
          condition(
              "Accepted",
              false,
              parent.reason(),
              parent.problem().map(Problem::inMessage).orElse(""),
              generation));
    } else if (verdict.notAccepted().isPresent()) {
      conditions.add(
          condition(
              "Accepted",
              false,
              verdict.notAccepted().get().reason(),
              verdict.notAccepted().get().message(),
              generation));
    } else {
      conditions.add(
          condition("Accepted", true, "Accepted", attached(parent, verdict), generation));
      verdict
          .partial()
          .ifPresent(
              refusal ->
                  conditions.add(
                      condition(
                          "PartiallyInvalid",
                          true,
                          refusal.reason(),
                          refusal.message(),
                          generation)));
    }
    conditions.add(resolvedRefs(verdict.notResolved(), generation));
    return conditions;
  }

  private static String attached(RouteParents.Parent parent, Verdict verdict) {
    String message =
        verdict.ignored().isEmpty()
            ? "the route is attached"
            : "the route is attached; not in force: " + String.join("; ", verdict.ignored());
    return parent.problem().map(lost -> message + "; " + lost.inMessage()).orElse(message);
  }
}
