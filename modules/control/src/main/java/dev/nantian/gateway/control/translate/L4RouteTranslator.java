package dev.nantian.gateway.control.translate;

import static dev.nantian.gateway.control.translate.Conditions.createdMillis;
import static dev.nantian.gateway.control.translate.Conditions.generation;
import static dev.nantian.gateway.control.translate.Conditions.orEmpty;

import dev.nantian.gateway.control.snapshot.ResourceId;
import dev.nantian.gateway.control.source.ResourceKey;
import dev.nantian.gateway.protocol.ResourceType;
import dev.nantian.gateway.protocol.config.v1.L4Route;
import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.gatewayapi.v1.BackendRef;
import io.fabric8.kubernetes.api.model.gatewayapi.v1.RouteParentStatus;
import io.fabric8.kubernetes.api.model.gatewayapi.v1.TLSRoute;
import io.fabric8.kubernetes.api.model.gatewayapi.v1.TLSRouteRule;
import io.fabric8.kubernetes.api.model.gatewayapi.v1.TLSRouteStatusBuilder;
import io.fabric8.kubernetes.api.model.gatewayapi.v1alpha2.TCPRoute;
import io.fabric8.kubernetes.api.model.gatewayapi.v1alpha2.TCPRouteRule;
import io.fabric8.kubernetes.api.model.gatewayapi.v1alpha2.TCPRouteStatusBuilder;
import io.fabric8.kubernetes.api.model.gatewayapi.v1alpha2.UDPRoute;
import io.fabric8.kubernetes.api.model.gatewayapi.v1alpha2.UDPRouteRule;
import io.fabric8.kubernetes.api.model.gatewayapi.v1alpha2.UDPRouteStatusBuilder;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.BiFunction;
import java.util.function.Function;

/**
 * TLSRoute, TCPRoute and UDPRoute: where they are attached, and the backends of their only rule.
 *
 * @param <R> the kind of route
 */
public final class L4RouteTranslator<R extends HasMetadata> implements Translator<R> {
  private final String controllerName;
  private final L4Route.Kind kind;
  private final RouteBackends.Speech speech;
  private final BiFunction<ResourceKey, R, RouteShape> shape;
  private final Function<R, List<List<BackendRef>>> rules;
  private final Function<List<RouteParentStatus>, Object> status;

  private L4RouteTranslator(
      String controllerName,
      L4Route.Kind kind,
      RouteBackends.Speech speech,
      BiFunction<ResourceKey, R, RouteShape> shape,
      Function<R, List<List<BackendRef>>> rules,
      Function<List<RouteParentStatus>, Object> status) {
    this.controllerName = controllerName;
    this.kind = kind;
    this.speech = speech;
    this.shape = shape;
    this.rules = rules;
    this.status = status;
  }

  /** Translates TLSRoutes. */
  public static L4RouteTranslator<TLSRoute> tls(String controllerName) {
    return new L4RouteTranslator<>(
        controllerName,
        L4Route.Kind.TLS,
        RouteBackends.Speech.TCP,
        RouteShape::of,
        route -> references(route.getSpec().getRules(), TLSRouteRule::getBackendRefs),
        parents -> new TLSRouteStatusBuilder().withParents(parents).build());
  }

  /** Translates TCPRoutes. */
  public static L4RouteTranslator<TCPRoute> tcp(String controllerName) {
    return new L4RouteTranslator<>(
        controllerName,
        L4Route.Kind.TCP,
        RouteBackends.Speech.TCP,
        RouteShape::of,
        route -> references(route.getSpec().getRules(), TCPRouteRule::getBackendRefs),
        parents -> new TCPRouteStatusBuilder().withParents(parents).build());
  }

  /** Translates UDPRoutes. */
  public static L4RouteTranslator<UDPRoute> udp(String controllerName) {
    return new L4RouteTranslator<>(
        controllerName,
        L4Route.Kind.UDP,
        RouteBackends.Speech.UDP,
        RouteShape::of,
        route -> references(route.getSpec().getRules(), UDPRouteRule::getBackendRefs),
        parents -> new UDPRouteStatusBuilder().withParents(parents).build());
  }

  private static <U> List<List<BackendRef>> references(
      List<U> rules, Function<U, List<BackendRef>> ofRule) {
    return orEmpty(rules).stream().map(rule -> orEmpty(ofRule.apply(rule))).toList();
  }

  @Override
  public Set<ResourceKey> dependencies(ResourceKey key, R object) {
    return RouteAttachments.dependencies(
        shape.apply(key, object),
        rules.apply(object).stream().flatMap(List::stream).map(BackendTarget::of).toList());
  }

  @Override
  public Translation absent(ResourceKey key, Inputs inputs) {
    return Translation.of(Fact.NONE);
  }

  @Override
  public Translation translate(ResourceKey key, R object, Inputs inputs) {
    Translation.Builder result = new Translation.Builder();
    dependencies(key, object).forEach(dependency -> result.claim(dependency, Claim.WATCHES));
    RouteBackends resolved = new RouteBackends(key, speech, inputs);
    L4Route.Builder message =
        L4Route.newBuilder()
            .setName(key.kind() + "/" + key.namespace() + "/" + key.name())
            .setKind(kind)
            .setCreatedMillis(createdMillis(object));
    Optional<Refusal> notAccepted = addBackends(rules.apply(object), resolved, message, result);
    RouteShape route = shape.apply(key, object);
    List<RouteParents.Parent> parents = RouteParents.resolve(route, inputs);
    message.addAllAttachments(RouteAttachments.of(parents));
    parents.forEach(parent -> parent.problem().ifPresent(result::problem));
    result.problems(resolved.problems());
    if (message.getAttachmentsCount() > 0 && notAccepted.isEmpty()) {
      result.resource(new ResourceId(ResourceType.L4_ROUTE, message.getName()), message.build());
      RouteAttachments.claimServices(parents, resolved, inputs, result);
    }
    RouteAttachments.claimParents(route, parents, result);
    List<RouteParentStatus> statuses =
        RouteStatuses.of(
            controllerName,
            parents,
            new RouteStatuses.Verdict(notAccepted, Optional.empty(), resolved.refusal(), List.of()),
            generation(object));
    if (!statuses.isEmpty()) {
      result.status(status.apply(statuses));
    }
    return result.build();
  }

  /** Rules of layer 4 have nothing to tell them apart, so only a single one can be served. */
  private static Optional<Refusal> addBackends(
      List<List<BackendRef>> rules,
      RouteBackends resolved,
      L4Route.Builder message,
      Translation.Builder result) {
    if (rules.size() != 1) {
      Problem problem = Problem.error("spec.rules", rules.size() + " rules (expected one)");
      result.problem(problem);
      return Optional.of(new Refusal("UnsupportedValue", problem.inMessage()));
    }
    List<BackendRef> references = rules.getFirst();
    for (int i = 0; i < references.size(); i++) {
      message.addBackends(
          resolved.resolve(
              "spec.rules[0].backendRefs[" + i + "]", BackendTarget.of(references.get(i))));
    }
    return Optional.empty();
  }
}
