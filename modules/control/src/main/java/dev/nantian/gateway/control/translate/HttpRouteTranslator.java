package dev.nantian.gateway.control.translate;

import static dev.nantian.gateway.control.translate.Conditions.createdMillis;
import static dev.nantian.gateway.control.translate.Conditions.generation;
import static dev.nantian.gateway.control.translate.Conditions.orEmpty;

import dev.nantian.gateway.control.snapshot.ResourceId;
import dev.nantian.gateway.control.source.Kind;
import dev.nantian.gateway.control.source.ResourceKey;
import dev.nantian.gateway.protocol.ResourceType;
import dev.nantian.gateway.protocol.config.v1.HttpRoute;
import io.fabric8.kubernetes.api.model.gatewayapi.v1.HTTPBackendRef;
import io.fabric8.kubernetes.api.model.gatewayapi.v1.HTTPRoute;
import io.fabric8.kubernetes.api.model.gatewayapi.v1.HTTPRouteRule;
import io.fabric8.kubernetes.api.model.gatewayapi.v1.HTTPRouteStatusBuilder;
import io.fabric8.kubernetes.api.model.gatewayapi.v1.RouteParentStatus;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;

/** HTTPRoute: where it is attached, and its rules. */
public final class HttpRouteTranslator implements Translator<HTTPRoute> {
  private final String controllerName;

  public HttpRouteTranslator(String controllerName) {
    this.controllerName = controllerName;
  }

  @Override
  public Set<ResourceKey> dependencies(ResourceKey key, HTTPRoute object) {
    Set<ResourceKey> dependencies = new TreeSet<>(RouteParents.gateways(key, wanted(object)));
    dependencies.add(new ResourceKey(Kind.NAMESPACE, "", key.namespace()));
    for (HTTPRouteRule rule : orEmpty(object.getSpec().getRules())) {
      for (HTTPBackendRef written : orEmpty(rule.getBackendRefs())) {
        BackendReference reference = BackendReference.of(written);
        if (RouteBackends.isService(reference)) {
          ResourceKey service = RouteBackends.service(key, reference);
          dependencies.add(service);
          dependencies.add(new ResourceKey(Kind.NAMESPACE, "", service.namespace()));
        }
      }
    }
    return dependencies;
  }

  private static RouteParents.Wanted wanted(HTTPRoute object) {
    return new RouteParents.Wanted(
        orEmpty(object.getSpec().getParentRefs()), orEmpty(object.getSpec().getHostnames()));
  }

  @Override
  public Translation absent(ResourceKey key, Inputs inputs) {
    return Translation.of(Fact.NONE);
  }

  @Override
  public Translation translate(ResourceKey key, HTTPRoute object, Inputs inputs) {
    Translation.Builder result = new Translation.Builder();
    dependencies(key, object).forEach(dependency -> result.claim(dependency, Claim.WATCHES));
    List<RouteParents.Parent> parents = RouteParents.resolve(key, wanted(object), inputs);
    RouteBackends backends = new RouteBackends(key, inputs);
    RouteRules rules = new RouteRules(backends);
    HttpRoute.Builder message =
        HttpRoute.newBuilder()
            .setName(key.namespace() + "/" + key.name())
            .setCreatedMillis(createdMillis(object));
    List<HTTPRouteRule> written = orEmpty(object.getSpec().getRules());
    for (int i = 0; i < written.size(); i++) {
      rules.add("spec.rules[" + i + "]", written.get(i), message);
    }
    message.addAllAttachments(RouteParents.attachments(parents));
    parents.forEach(parent -> parent.problem().ifPresent(result::problem));
    result.problems(rules.problems());
    if (message.getAttachmentsCount() > 0 && message.getRulesCount() > 0) {
      result.resource(new ResourceId(ResourceType.HTTP_ROUTE, message.getName()), message.build());
      backends.claim(result);
    }
    RouteParents.claim(parents, result);
    List<RouteParentStatus> statuses =
        parents.stream()
            .filter(RouteParents.Parent::ours)
            .map(
                parent ->
                    RouteStatuses.of(
                        controllerName,
                        parent,
                        rules.verdict(),
                        backends.refusal(),
                        generation(object)))
            .toList();
    if (!statuses.isEmpty()) {
      result.status(new HTTPRouteStatusBuilder().withParents(statuses).build());
    }
    return result.build();
  }
}
