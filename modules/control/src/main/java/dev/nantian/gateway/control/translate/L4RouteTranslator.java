package dev.nantian.gateway.control.translate;

import static dev.nantian.gateway.control.translate.Conditions.createdMillis;
import static dev.nantian.gateway.control.translate.Conditions.generation;
import static dev.nantian.gateway.control.translate.Conditions.orEmpty;

import dev.nantian.gateway.control.snapshot.ResourceId;
import dev.nantian.gateway.control.source.Kind;
import dev.nantian.gateway.control.source.ResourceKey;
import dev.nantian.gateway.protocol.ResourceType;
import dev.nantian.gateway.protocol.config.v1.L4Route;
import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.gatewayapi.v1.BackendRef;
import io.fabric8.kubernetes.api.model.gatewayapi.v1.RouteParentStatus;
import io.fabric8.kubernetes.api.model.gatewayapi.v1.TLSRoute;
import io.fabric8.kubernetes.api.model.gatewayapi.v1.TLSRouteStatusBuilder;
import io.fabric8.kubernetes.api.model.gatewayapi.v1alpha2.TCPRoute;
import io.fabric8.kubernetes.api.model.gatewayapi.v1alpha2.TCPRouteStatusBuilder;
import io.fabric8.kubernetes.api.model.gatewayapi.v1alpha2.UDPRoute;
import io.fabric8.kubernetes.api.model.gatewayapi.v1alpha2.UDPRouteStatusBuilder;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Function;

/**
 * TCPRoute, UDPRoute and TLSRoute: where they are attached, and the backends of their only rule.
 *
 * @param <T> the model class of the kind
 */
public final class L4RouteTranslator<T extends HasMetadata> implements Translator<T> {
  private final String controllerName;
  private final L4Route.Kind kind;
  private final Function<T, RouteParents.Wanted> wanted;
  private final Function<T, List<List<BackendRef>>> rules;
  private final Function<List<RouteParentStatus>, Object> status;

  private L4RouteTranslator(
      String controllerName,
      L4Route.Kind kind,
      Function<T, RouteParents.Wanted> wanted,
      Function<T, List<List<BackendRef>>> rules,
      Function<List<RouteParentStatus>, Object> status) {
    this.controllerName = controllerName;
    this.kind = kind;
    this.wanted = wanted;
    this.rules = rules;
    this.status = status;
  }

  public static L4RouteTranslator<TLSRoute> ofTls(String controllerName) {
    return new L4RouteTranslator<>(
        controllerName,
        L4Route.Kind.TLS,
        route ->
            new RouteParents.Wanted(
                orEmpty(route.getSpec().getParentRefs()), orEmpty(route.getSpec().getHostnames())),
        route ->
            orEmpty(route.getSpec().getRules()).stream()
                .map(rule -> orEmpty(rule.getBackendRefs()))
                .toList(),
        parents -> new TLSRouteStatusBuilder().withParents(parents).build());
  }

  public static L4RouteTranslator<TCPRoute> ofTcp(String controllerName) {
    return new L4RouteTranslator<>(
        controllerName,
        L4Route.Kind.TCP,
        route -> new RouteParents.Wanted(orEmpty(route.getSpec().getParentRefs()), List.of()),
        route ->
            orEmpty(route.getSpec().getRules()).stream()
                .map(rule -> orEmpty(rule.getBackendRefs()))
                .toList(),
        parents -> new TCPRouteStatusBuilder().withParents(parents).build());
  }

  public static L4RouteTranslator<UDPRoute> ofUdp(String controllerName) {
    return new L4RouteTranslator<>(
        controllerName,
        L4Route.Kind.UDP,
        route -> new RouteParents.Wanted(orEmpty(route.getSpec().getParentRefs()), List.of()),
        route ->
            orEmpty(route.getSpec().getRules()).stream()
                .map(rule -> orEmpty(rule.getBackendRefs()))
                .toList(),
        parents -> new UDPRouteStatusBuilder().withParents(parents).build());
  }

  @Override
  public Set<ResourceKey> dependencies(ResourceKey key, T object) {
    Set<ResourceKey> dependencies = new TreeSet<>(RouteParents.gateways(key, wanted.apply(object)));
    dependencies.add(new ResourceKey(Kind.NAMESPACE, "", key.namespace()));
    for (List<BackendRef> rule : rules.apply(object)) {
      for (BackendRef written : rule) {
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

  @Override
  public Translation absent(ResourceKey key, Inputs inputs) {
    return Translation.of(Fact.NONE);
  }

  @Override
  public Translation translate(ResourceKey key, T object, Inputs inputs) {
    Translation.Builder result = new Translation.Builder();
    dependencies(key, object).forEach(dependency -> result.claim(dependency, Claim.WATCHES));
    List<RouteParents.Parent> parents = RouteParents.resolve(key, wanted.apply(object), inputs);
    RouteBackends backends = new RouteBackends(key, inputs);
    L4Route.Builder message =
        L4Route.newBuilder()
            .setName(key.kind().kindName() + "/" + key.namespace() + "/" + key.name())
            .setKind(kind)
            .setCreatedMillis(createdMillis(object))
            .addAllAttachments(RouteParents.attachments(parents));
    RouteStatuses.Verdict verdict = addBackends(object, backends, message, result);
    parents.forEach(parent -> parent.problem().ifPresent(result::problem));
    result.problems(backends.problems());
    if (message.getAttachmentsCount() > 0 && verdict.refusal().isEmpty()) {
      result.resource(new ResourceId(ResourceType.L4_ROUTE, message.getName()), message.build());
      backends.claim(result);
    }
    RouteParents.claim(parents, result);
    List<RouteParentStatus> statuses = new ArrayList<>();
    for (RouteParents.Parent parent : parents) {
      if (parent.ours()) {
        statuses.add(
            RouteStatuses.of(
                controllerName, parent, verdict, backends.refusal(), generation(object)));
      }
    }
    if (!statuses.isEmpty()) {
      result.status(status.apply(statuses));
    }
    return result.build();
  }

  /** Rules of layer 4 have nothing to tell them apart, so only a single one can be served. */
  private RouteStatuses.Verdict addBackends(
      T object, RouteBackends backends, L4Route.Builder message, Translation.Builder result) {
    List<List<BackendRef>> all = rules.apply(object);
    if (all.size() != 1) {
      Problem problem = Problem.error("spec.rules", all.size() + " rules (expected one)");
      result.problem(problem);
      return new RouteStatuses.Verdict(
          java.util.Optional.of(new ListenerCheck.Refusal("UnsupportedValue", problem.inMessage())),
          java.util.Optional.empty(),
          List.of());
    }
    List<BackendRef> references = all.getFirst();
    for (int i = 0; i < references.size(); i++) {
      message.addBackends(
          backends
              .resolve(
                  "spec.rules[0].backendRefs[" + i + "]", BackendReference.of(references.get(i)))
              .build());
    }
    return RouteStatuses.Verdict.GOOD;
  }
}
