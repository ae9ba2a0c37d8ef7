package dev.nantian.gateway.control.translate;

import static dev.nantian.gateway.control.translate.Conditions.createdMillis;
import static dev.nantian.gateway.control.translate.Conditions.generation;
import static dev.nantian.gateway.control.translate.Conditions.orEmpty;

import dev.nantian.gateway.control.source.ResourceKey;
import dev.nantian.gateway.protocol.config.v1.HttpRoute;
import io.fabric8.kubernetes.api.model.gatewayapi.v1.GRPCBackendRef;
import io.fabric8.kubernetes.api.model.gatewayapi.v1.GRPCRoute;
import io.fabric8.kubernetes.api.model.gatewayapi.v1.GRPCRouteFilter;
import io.fabric8.kubernetes.api.model.gatewayapi.v1.GRPCRouteRule;
import io.fabric8.kubernetes.api.model.gatewayapi.v1.GRPCRouteStatusBuilder;
import io.fabric8.kubernetes.api.model.gatewayapi.v1.HTTPBackendRef;
import io.fabric8.kubernetes.api.model.gatewayapi.v1.HTTPBackendRefBuilder;
import io.fabric8.kubernetes.api.model.gatewayapi.v1.HTTPRouteFilter;
import io.fabric8.kubernetes.api.model.gatewayapi.v1.HTTPRouteFilterBuilder;
import io.fabric8.kubernetes.api.model.gatewayapi.v1.HTTPRouteRule;
import io.fabric8.kubernetes.api.model.gatewayapi.v1.HTTPRouteRuleBuilder;
import io.fabric8.kubernetes.api.model.gatewayapi.v1.RouteParentStatus;
import java.util.List;
import java.util.Set;

/**
 * GRPCRoute: the rules of an HTTP route whose matches are paths of gRPC and whose backends speak
 * HTTP/2.
 */
public final class GrpcRouteTranslator implements Translator<GRPCRoute> {
  private final String controllerName;

  public GrpcRouteTranslator(String controllerName) {
    this.controllerName = controllerName;
  }

  @Override
  public Set<ResourceKey> dependencies(ResourceKey key, GRPCRoute object) {
    return RouteRules.dependencies(
        RouteShape.of(key, object),
        orEmpty(object.getSpec().getRules()).stream().map(GrpcRouteTranslator::asHttp).toList());
  }

  @Override
  public Translation absent(ResourceKey key, Inputs inputs) {
    return Translation.of(Fact.NONE);
  }

  @Override
  public Translation translate(ResourceKey key, GRPCRoute object, Inputs inputs) {
    Translation.Builder result = new Translation.Builder();
    dependencies(key, object).forEach(dependency -> result.claim(dependency, Claim.WATCHES));
    RouteRules rules =
        new RouteRules(
            object,
            new RouteBackends(key, RouteBackends.Speech.HTTP2, inputs),
            new ExtensionRefs(key, inputs));
    HttpRoute.Builder message =
        HttpRoute.newBuilder()
            .setName(key.kind() + "/" + key.namespace() + "/" + key.name())
            .setCreatedMillis(createdMillis(object));
    List<GRPCRouteRule> written = orEmpty(object.getSpec().getRules());
    for (int i = 0; i < written.size(); i++) {
      String path = "spec.rules[" + i + "]";
      GRPCRouteRule rule = written.get(i);
      rules.add(path, asHttp(rule), GrpcMatches.of(path, orEmpty(rule.getMatches())), message);
    }
    List<RouteParents.Parent> parents =
        HttpRouteTranslator.finish(RouteShape.of(key, object), rules, message, inputs, result);
    List<RouteParentStatus> statuses =
        RouteStatuses.of(controllerName, parents, rules.verdict(), generation(object));
    if (!statuses.isEmpty()) {
      result.status(new GRPCRouteStatusBuilder().withParents(statuses).build());
    }
    return result.build();
  }

  // All but the matches has the fields of an HTTPRoute under the same names.
  private static HTTPRouteRule asHttp(GRPCRouteRule rule) {
    return new HTTPRouteRuleBuilder()
        .withName(rule.getName())
        .withFilters(asHttp(rule.getFilters()))
        .withBackendRefs(
            orEmpty(rule.getBackendRefs()).stream().map(GrpcRouteTranslator::asHttp).toList())
        .withSessionPersistence(rule.getSessionPersistence())
        .build();
  }

  private static HTTPBackendRef asHttp(GRPCBackendRef reference) {
    return new HTTPBackendRefBuilder()
        .withGroup(reference.getGroup())
        .withKind(reference.getKind())
        .withName(reference.getName())
        .withNamespace(reference.getNamespace())
        .withPort(reference.getPort())
        .withWeight(reference.getWeight())
        .withFilters(asHttp(reference.getFilters()))
        .build();
  }

  private static List<HTTPRouteFilter> asHttp(List<GRPCRouteFilter> filters) {
    return orEmpty(filters).stream()
        .map(
            filter ->
                new HTTPRouteFilterBuilder()
                    .withType(filter.getType())
                    .withRequestHeaderModifier(filter.getRequestHeaderModifier())
                    .withResponseHeaderModifier(filter.getResponseHeaderModifier())
                    .withRequestMirror(filter.getRequestMirror())
                    .withExtensionRef(filter.getExtensionRef())
                    .build())
        .toList();
  }
}
