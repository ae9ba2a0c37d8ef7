package dev.nantian.gateway.control.translate;

import static dev.nantian.gateway.control.translate.Conditions.condition;

import io.fabric8.kubernetes.api.model.Condition;
import io.fabric8.kubernetes.api.model.gatewayapi.v1.RouteParentStatus;
import io.fabric8.kubernetes.api.model.gatewayapi.v1.RouteParentStatusBuilder;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** What a route of any kind is told about one of its parents. */
final class RouteStatuses {
  /**
   * What the rules as a whole say of the route.
   *
   * @param refusal why it is not accepted
   * @param partial why some rules are dropped while others are in force
   * @param ignored fields that are not in force though the route is served
   */
  record Verdict(
      Optional<ListenerCheck.Refusal> refusal,
      Optional<ListenerCheck.Refusal> partial,
      List<String> ignored) {
    /** Nothing is wrong. */
    static final Verdict GOOD = new Verdict(Optional.empty(), Optional.empty(), List.of());

    Verdict {
      ignored = List.copyOf(ignored);
    }
  }

  private RouteStatuses() {}

  /**
   * @param references the first reference that does not resolve
   */
  static RouteParentStatus of(
      String controllerName,
      RouteParents.Parent parent,
      Verdict rules,
      Optional<ListenerCheck.Refusal> references,
      long generation) {
    List<Condition> conditions = new ArrayList<>();
    if (!parent.reason().isEmpty()) {
      conditions.add(
          condition(
              "Accepted",
              false,
              parent.reason(),
              parent.problem().map(Problem::inMessage).orElse(""),
              generation));
    } else if (rules.refusal().isPresent()) {
      conditions.add(
          condition(
              "Accepted",
              false,
              rules.refusal().get().reason(),
              rules.refusal().get().message(),
              generation));
    } else {
      conditions.add(
          condition(
              "Accepted",
              true,
              "Accepted",
              rules.ignored().isEmpty()
                  ? "the route is attached"
                  : "the route is attached; not in force: " + String.join("; ", rules.ignored()),
              generation));
      rules
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
    conditions.add(
        references
            .map(
                refusal ->
                    condition(
                        "ResolvedRefs", false, refusal.reason(), refusal.message(), generation))
            .orElseGet(
                () ->
                    condition(
                        "ResolvedRefs",
                        true,
                        "ResolvedRefs",
                        "all references resolve",
                        generation)));
    return new RouteParentStatusBuilder()
        .withControllerName(controllerName)
        .withParentRef(parent.reference())
        .withConditions(conditions)
        .build();
  }
}
