package dev.nantian.gateway.control.status;

import io.fabric8.kubernetes.api.model.Condition;
import io.fabric8.kubernetes.api.model.gatewayapi.v1.GatewayClassStatus;
import io.fabric8.kubernetes.api.model.gatewayapi.v1.GatewayClassStatusBuilder;
import io.fabric8.kubernetes.api.model.gatewayapi.v1.GatewayStatus;
import io.fabric8.kubernetes.api.model.gatewayapi.v1.GatewayStatusBuilder;
import io.fabric8.kubernetes.api.model.gatewayapi.v1.HTTPRouteStatus;
import io.fabric8.kubernetes.api.model.gatewayapi.v1.HTTPRouteStatusBuilder;
import io.fabric8.kubernetes.api.model.gatewayapi.v1.ListenerStatus;
import io.fabric8.kubernetes.api.model.gatewayapi.v1.ListenerStatusBuilder;
import io.fabric8.kubernetes.api.model.gatewayapi.v1.RouteParentStatus;
import io.fabric8.kubernetes.api.model.gatewayapi.v1.RouteParentStatusBuilder;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.Objects;
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
    return switch (status) {
      case GatewayClassStatus after ->
          new GatewayClassStatusBuilder(after)
              .withConditions(
                  stamp(
                      before instanceof GatewayClassStatus old ? old.getConditions() : List.of(),
                      after.getConditions(),
                      time))
              .build();
      case GatewayStatus after -> {
        @Nullable GatewayStatus old = before instanceof GatewayStatus gateway ? gateway : null;
        yield new GatewayStatusBuilder(after)
            .withConditions(
                stamp(old == null ? List.of() : old.getConditions(), after.getConditions(), time))
            .withListeners(
                after.getListeners().stream().map(listener -> stamp(old, listener, time)).toList())
            .build();
      }
      case HTTPRouteStatus after -> {
        @Nullable HTTPRouteStatus old = before instanceof HTTPRouteStatus route ? route : null;
        yield new HTTPRouteStatusBuilder(after)
            .withParents(
                after.getParents().stream().map(parent -> stamp(old, parent, time)).toList())
            .build();
      }
      default -> status;
    };
  }

  private static ListenerStatus stamp(
      @Nullable GatewayStatus before, ListenerStatus after, String time) {
    List<Condition> old =
        before == null
            ? List.of()
            : before.getListeners().stream()
                .filter(listener -> listener.getName().equals(after.getName()))
                .findFirst()
                .map(ListenerStatus::getConditions)
                .orElse(List.of());
    return new ListenerStatusBuilder(after)
        .withConditions(stamp(old, after.getConditions(), time))
        .build();
  }

  private static RouteParentStatus stamp(
      @Nullable HTTPRouteStatus before, RouteParentStatus after, String time) {
    List<Condition> old =
        before == null
            ? List.of()
            : before.getParents().stream()
                .filter(parent -> Objects.equals(parent.getParentRef(), after.getParentRef()))
                .findFirst()
                .map(RouteParentStatus::getConditions)
                .orElse(List.of());
    return new RouteParentStatusBuilder(after)
        .withConditions(stamp(old, after.getConditions(), time))
        .build();
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
