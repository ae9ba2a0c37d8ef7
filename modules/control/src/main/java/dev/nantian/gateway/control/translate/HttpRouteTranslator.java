package dev.nantian.gateway.control.translate;

import static dev.nantian.gateway.control.translate.Conditions.createdMillis;
import static dev.nantian.gateway.control.translate.Conditions.generation;
import static dev.nantian.gateway.control.translate.Conditions.orEmpty;

import dev.nantian.gateway.control.snapshot.ResourceId;
import dev.nantian.gateway.control.source.ResourceKey;
import dev.nantian.gateway.protocol.ResourceType;
import dev.nantian.gateway.protocol.config.v1.HttpRoute;
import io.fabric8.kubernetes.api.model.gatewayapi.v1.HTTPRoute;
import io.fabric8.kubernetes.api.model.gatewayapi.v1.HTTPRouteRule;
import io.fabric8.kubernetes.api.model.gatewayapi.v1.HTTPRouteStatusBuilder;
import io.fabric8.kubernetes.api.model.gatewayapi.v1.RouteParentStatus;
import java.util.List;
import java.util.Set;

/** HTTPRoute: where it is attached, and its rules. */
public final class HttpRouteTranslator implements Translator<HTTPRoute> {
  private final String controllerName;

  public HttpRouteTranslator(String controllerName) {
    this.controllerName = controllerName;
  }

  @Override
  public Set<ResourceKey> dependencies(ResourceKey key, HTTPRoute object) {
    return RouteRules.dependencies(
        RouteShape.of(key, object), orEmpty(object.getSpec().getRules()));
  }

  @Override
  public Translation absent(ResourceKey key, Inputs inputs) {
    return Translation.of(Fact.NONE);
  }

  @Override
  public Translation translate(ResourceKey key, HTTPRoute object, Inputs inputs) {
    Translation.Builder result = new Translation.Builder();
    dependencies(key, object).forEach(dependency -> result.claim(dependency, Claim.WATCHES));
    RouteRules rules =
        new RouteRules(
            object,
            new RouteBackends(key, RouteBackends.Speech.HTTP, inputs),
            new ExtensionRefs(key, inputs));
    HttpRoute.Builder message =
        HttpRoute.newBuilder()
            .setName(key.namespace() + "/" + key.name())
            .setCreatedMillis(createdMillis(object));
    List<HTTPRouteRule> written = orEmpty(object.getSpec().getRules());
    for (int i = 0; i < written.size(); i++) {
      rules.add("spec.rules[" + i + "]", written.get(i), message);
    }
    List<RouteParents.Parent> parents =
        finish(RouteShape.of(key, object), rules, message, inputs, result);
    List<RouteParentStatus> statuses =
        RouteStatuses.of(controllerName, parents, rules.verdict(), generation(object));
    if (!statuses.isEmpty()) {
      result.status(new HTTPRouteStatusBuilder().withParents(statuses).build());
    }
    return result.build();
  }

  /** What follows from the rules, once they are translated. */
  static List<RouteParents.Parent> finish(
      RouteShape route,
      RouteRules rules,
      HttpRoute.Builder message,
      Inputs inputs,
      Translation.Builder result) {
    List<RouteParents.Parent> parents = RouteParents.resolve(route, inputs);
    message.addAllAttachments(RouteAttachments.of(parents));
    parents.forEach(parent -> parent.problem().ifPresent(result::problem));
    result.problems(rules.problems());
    if (message.getAttachmentsCount() > 0 && message.getRulesCount() > 0) {
      result.resource(new ResourceId(ResourceType.HTTP_ROUTE, message.getName()), message.build());
      RouteAttachments.claimServices(parents, rules.backends(), inputs, result);
    }
    // One that is not accepted whatever its parents say keeps no hostname from others.
    if (rules.verdict().notAccepted().isEmpty()) {
      RouteAttachments.claimParents(route, parents, result);
    }
    return parents;
  }
}
