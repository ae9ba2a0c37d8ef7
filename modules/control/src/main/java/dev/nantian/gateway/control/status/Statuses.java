package dev.nantian.gateway.control.status;

import dev.nantian.gateway.control.policy.HTTPFilterStatus;
import io.fabric8.kubernetes.api.model.Condition;
import io.fabric8.kubernetes.api.model.gatewayapi.v1.GRPCRouteStatus;
import io.fabric8.kubernetes.api.model.gatewayapi.v1.GRPCRouteStatusBuilder;
import io.fabric8.kubernetes.api.model.gatewayapi.v1.GatewayClassStatus;
import io.fabric8.kubernetes.api.model.gatewayapi.v1.GatewayClassStatusBuilder;
import io.fabric8.kubernetes.api.model.gatewayapi.v1.GatewayStatus;
import io.fabric8.kubernetes.api.model.gatewayapi.v1.GatewayStatusBuilder;
import io.fabric8.kubernetes.api.model.gatewayapi.v1.HTTPRouteStatus;
import io.fabric8.kubernetes.api.model.gatewayapi.v1.HTTPRouteStatusBuilder;
import io.fabric8.kubernetes.api.model.gatewayapi.v1.ListenerEntryStatus;
import io.fabric8.kubernetes.api.model.gatewayapi.v1.ListenerEntryStatusBuilder;
import io.fabric8.kubernetes.api.model.gatewayapi.v1.ListenerSetStatus;
import io.fabric8.kubernetes.api.model.gatewayapi.v1.ListenerSetStatusBuilder;
import io.fabric8.kubernetes.api.model.gatewayapi.v1.ListenerStatus;
import io.fabric8.kubernetes.api.model.gatewayapi.v1.ListenerStatusBuilder;
import io.fabric8.kubernetes.api.model.gatewayapi.v1.PolicyAncestorStatus;
import io.fabric8.kubernetes.api.model.gatewayapi.v1.PolicyAncestorStatusBuilder;
import io.fabric8.kubernetes.api.model.gatewayapi.v1.PolicyStatus;
import io.fabric8.kubernetes.api.model.gatewayapi.v1.PolicyStatusBuilder;
import io.fabric8.kubernetes.api.model.gatewayapi.v1.RouteParentStatus;
import io.fabric8.kubernetes.api.model.gatewayapi.v1.RouteParentStatusBuilder;
import io.fabric8.kubernetes.api.model.gatewayapi.v1.TLSRouteStatus;
import io.fabric8.kubernetes.api.model.gatewayapi.v1.TLSRouteStatusBuilder;
import io.fabric8.kubernetes.api.model.gatewayapi.v1alpha2.TCPRouteStatus;
import io.fabric8.kubernetes.api.model.gatewayapi.v1alpha2.TCPRouteStatusBuilder;
import io.fabric8.kubernetes.api.model.gatewayapi.v1alpha2.UDPRouteStatus;
import io.fabric8.kubernetes.api.model.gatewayapi.v1alpha2.UDPRouteStatusBuilder;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.BiFunction;
import java.util.stream.Stream;

/** Where each kind of status keeps its conditions. */
final class Statuses {
  private Statuses() {}

  /**
   * One list of conditions in a status.
   *
   * @param part what they are about: a listener's name, a route's parent, a policy's ancestor; the
   *     empty text is the object
   */
  record Part(String kind, Object part) {}

  /** The conditions of every part of a status. */
  static Map<Part, List<Condition>> conditions(Object status) {
    Map<Part, List<Condition>> all = new HashMap<>();
    map(
        status,
        (part, conditions) -> {
          all.put(part, conditions);
          return conditions;
        });
    return all;
  }

  /** The status with one condition more: of a route or policy, in each parent's entry. */
  static Object withCondition(Object status, Condition condition) {
    return map(
        status,
        (part, conditions) ->
            part.kind().equals("listener")
                ? conditions
                : Stream.concat(conditions.stream(), Stream.of(condition)).toList());
  }

  /** A status of the same class with other conditions. */
  static Object map(Object status, BiFunction<Part, List<Condition>, List<Condition>> change) {
    return switch (status) {
      case GatewayClassStatus of ->
          new GatewayClassStatusBuilder(of)
              .withConditions(change.apply(new Part("", ""), of.getConditions()))
              .build();
      case GatewayStatus of ->
          new GatewayStatusBuilder(of)
              .withConditions(change.apply(new Part("", ""), of.getConditions()))
              .withListeners(of.getListeners().stream().map(one -> map(one, change)).toList())
              .build();
      case ListenerSetStatus of ->
          new ListenerSetStatusBuilder(of)
              .withConditions(change.apply(new Part("", ""), of.getConditions()))
              .withListeners(of.getListeners().stream().map(one -> map(one, change)).toList())
              .build();
      case HTTPRouteStatus of ->
          new HTTPRouteStatusBuilder(of).withParents(parents(of.getParents(), change)).build();
      case GRPCRouteStatus of ->
          new GRPCRouteStatusBuilder(of).withParents(parents(of.getParents(), change)).build();
      case TLSRouteStatus of ->
          new TLSRouteStatusBuilder(of).withParents(parents(of.getParents(), change)).build();
      case TCPRouteStatus of ->
          new TCPRouteStatusBuilder(of).withParents(parents(of.getParents(), change)).build();
      case UDPRouteStatus of ->
          new UDPRouteStatusBuilder(of).withParents(parents(of.getParents(), change)).build();
      case PolicyStatus of ->
          new PolicyStatusBuilder(of)
              .withAncestors(of.getAncestors().stream().map(one -> map(one, change)).toList())
              .build();
      case HTTPFilterStatus of ->
          new HTTPFilterStatus(change.apply(new Part("", ""), of.conditions()));
      default -> status;
    };
  }

  private static ListenerStatus map(
      ListenerStatus of, BiFunction<Part, List<Condition>, List<Condition>> change) {
    return new ListenerStatusBuilder(of)
        .withConditions(change.apply(new Part("listener", of.getName()), of.getConditions()))
        .build();
  }

  private static ListenerEntryStatus map(
      ListenerEntryStatus of, BiFunction<Part, List<Condition>, List<Condition>> change) {
    return new ListenerEntryStatusBuilder(of)
        .withConditions(change.apply(new Part("listener", of.getName()), of.getConditions()))
        .build();
  }

  private static List<RouteParentStatus> parents(
      List<RouteParentStatus> parents, BiFunction<Part, List<Condition>, List<Condition>> change) {
    return parents.stream()
        .map(
            of ->
                new RouteParentStatusBuilder(of)
                    .withConditions(
                        change.apply(new Part("parent", of.getParentRef()), of.getConditions()))
                    .build())
        .toList();
  }

  private static PolicyAncestorStatus map(
      PolicyAncestorStatus of, BiFunction<Part, List<Condition>, List<Condition>> change) {
    return new PolicyAncestorStatusBuilder(of)
        .withConditions(change.apply(new Part("ancestor", of.getAncestorRef()), of.getConditions()))
        .build();
  }
}
