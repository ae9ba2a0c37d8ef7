package dev.nantian.gateway.control.translate;

import static dev.nantian.gateway.control.translate.Conditions.condition;
import static dev.nantian.gateway.control.translate.Conditions.createdMillis;
import static dev.nantian.gateway.control.translate.Conditions.generation;
import static dev.nantian.gateway.control.translate.Conditions.orEmpty;

import dev.nantian.gateway.control.snapshot.ResourceId;
import dev.nantian.gateway.control.source.Kind;
import dev.nantian.gateway.control.source.ResourceKey;
import dev.nantian.gateway.protocol.ResourceType;
import dev.nantian.gateway.protocol.config.v1.Attachment;
import dev.nantian.gateway.protocol.config.v1.HttpRoute;
import io.fabric8.kubernetes.api.model.Condition;
import io.fabric8.kubernetes.api.model.gatewayapi.v1.HTTPBackendRef;
import io.fabric8.kubernetes.api.model.gatewayapi.v1.HTTPRoute;
import io.fabric8.kubernetes.api.model.gatewayapi.v1.HTTPRouteRule;
import io.fabric8.kubernetes.api.model.gatewayapi.v1.HTTPRouteStatusBuilder;
import io.fabric8.kubernetes.api.model.gatewayapi.v1.RouteParentStatus;
import io.fabric8.kubernetes.api.model.gatewayapi.v1.RouteParentStatusBuilder;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;

/** HTTPRoute: where it is attached, and its rules. */
public final class HttpRouteTranslator implements Translator<HTTPRoute> {
  private final String controllerName;

  public HttpRouteTranslator(String controllerName) {
    this.controllerName = controllerName;
  }

  @Override
  public Set<ResourceKey> dependencies(ResourceKey key, HTTPRoute object) {
    Set<ResourceKey> dependencies = new TreeSet<>(RouteParents.gateways(key, object));
    dependencies.add(new ResourceKey(Kind.NAMESPACE, "", key.namespace()));
    for (HTTPRouteRule rule : orEmpty(object.getSpec().getRules())) {
      for (HTTPBackendRef reference : orEmpty(rule.getBackendRefs())) {
        if (RouteBackends.isService(reference)) {
          ResourceKey service = RouteBackends.service(key, reference);
          dependencies.add(service);
          dependencies.add(new ResourceKey(Kind.NAMESPACE, "", service.namespace()));
        }
      }
    }
    return dependencies;
  }

  @Override
  public Translation absent(ResourceKey key, Inputs inputs) {
    return Translation.of(Fact.NONE);
  }

  @Override
  public Translation translate(ResourceKey key, HTTPRoute object, Inputs inputs) {
    Translation.Builder result = new Translation.Builder();
    dependencies(key, object).forEach(dependency -> result.claim(dependency, Claim.WATCHES));
    List<RouteParents.Parent> parents = RouteParents.resolve(key, object, inputs);
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
    attach(parents, message);
    parents.forEach(parent -> parent.problem().ifPresent(result::problem));
    result.problems(rules.problems());
    if (message.getAttachmentsCount() > 0 && message.getRulesCount() > 0) {
      result.resource(new ResourceId(ResourceType.HTTP_ROUTE, message.getName()), message.build());
      claimServices(backends, inputs, result);
    }
    claimGateways(parents, result);
    List<RouteParentStatus> statuses =
        parents.stream()
            .filter(RouteParents.Parent::ours)
            .map(parent -> status(parent, rules, backends, generation(object)))
            .toList();
    if (!statuses.isEmpty()) {
      result.status(new HTTPRouteStatusBuilder().withParents(statuses).build());
    }
    return result.build();
  }

  private static void attach(List<RouteParents.Parent> parents, HttpRoute.Builder message) {
    // Two parentRefs may lead to the same listener.
    Map<String, Attachment> attachments = new TreeMap<>();
    for (RouteParents.Parent parent : parents) {
      for (RouteParents.Attached attached : parent.attached()) {
        if (attached.listener().served()) {
          String gateway = parent.gateway().namespace() + "/" + parent.gateway().name();
          attachments.put(
              gateway + "/" + attached.listener().name(),
              Attachment.newBuilder()
                  .setGateway(gateway)
                  .setListener(attached.listener().name())
                  .addAllHostnames(attached.hostnames())
                  .build());
        }
      }
    }
    message.addAllAttachments(attachments.values());
  }

  private static void claimServices(
      RouteBackends backends, Inputs inputs, Translation.Builder result) {
    backends
        .used()
        .forEach(
            (service, ports) -> {
              result.claim(service, new Claim.UsesPorts(ports));
              result.waitUnless(inputs.fact(service, Fact.ServiceFact.class).published());
            });
  }

  private static void claimGateways(List<RouteParents.Parent> parents, Translation.Builder result) {
    Map<ResourceKey, TreeSet<String>> listeners = new TreeMap<>();
    for (RouteParents.Parent parent : parents) {
      for (RouteParents.Attached attached : parent.attached()) {
        listeners
            .computeIfAbsent(parent.gateway(), ignored -> new TreeSet<>())
            .add(attached.listener().name());
      }
    }
    listeners.forEach((gateway, names) -> result.claim(gateway, new Claim.Attaches(names)));
  }

  private RouteParentStatus status(
      RouteParents.Parent parent, RouteRules rules, RouteBackends backends, long generation) {
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
          .partialRefusal()
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
        backends
            .refusal()
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
