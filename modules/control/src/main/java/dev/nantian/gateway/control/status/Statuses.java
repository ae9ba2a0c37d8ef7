package dev.nantian.gateway.control.status;

import io.fabric8.kubernetes.api.model.Condition;
import io.fabric8.kubernetes.api.model.gatewayapi.v1.GatewayClassStatus;
import io.fabric8.kubernetes.api.model.gatewayapi.v1.GatewayClassStatusBuilder;
import io.fabric8.kubernetes.api.model.gatewayapi.v1.GatewayStatus;
import io.fabric8.kubernetes.api.model.gatewayapi.v1.GatewayStatusBuilder;
import io.fabric8.kubernetes.api.model.gatewayapi.v1.HTTPRouteStatus;
import io.fabric8.kubernetes.api.model.gatewayapi.v1.HTTPRouteStatusBuilder;
import io.fabric8.kubernetes.api.model.gatewayapi.v1.RouteParentStatusBuilder;

/** Where each kind of status keeps its conditions. */
final class Statuses {
  private Statuses() {}

  /** The status with one condition more: of a route, in each parent's entry. */
  static Object withCondition(Object status, Condition condition) {
    return switch (status) {
      case GatewayClassStatus of ->
          new GatewayClassStatusBuilder(of).addToConditions(condition).build();
      case GatewayStatus of -> new GatewayStatusBuilder(of).addToConditions(condition).build();
      case HTTPRouteStatus of ->
          new HTTPRouteStatusBuilder(of)
              .withParents(
                  of.getParents().stream()
                      .map(
                          parent ->
                              new RouteParentStatusBuilder(parent)
                                  .addToConditions(condition)
                                  .build())
                      .toList())
              .build();
      default -> status;
    };
  }
}
