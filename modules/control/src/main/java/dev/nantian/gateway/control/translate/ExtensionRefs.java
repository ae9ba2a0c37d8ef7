package dev.nantian.gateway.control.translate;

import static dev.nantian.gateway.control.translate.Conditions.orEmpty;

import dev.nantian.gateway.control.source.Kind;
import dev.nantian.gateway.control.source.ResourceKey;
import dev.nantian.gateway.protocol.config.v1.HttpFilter;
import io.fabric8.kubernetes.api.model.gatewayapi.v1.HTTPBackendRef;
import io.fabric8.kubernetes.api.model.gatewayapi.v1.HTTPRouteFilter;
import io.fabric8.kubernetes.api.model.gatewayapi.v1.HTTPRouteRule;
import io.fabric8.kubernetes.api.model.gatewayapi.v1.LocalObjectReference;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;

/**
 * Resolves the filters of one route that other objects configure. One that does not resolve is not
 * skipped: what it was to guard is answered with an error (Gateway API, {@code
 * HTTPRouteFilter.type}). One object for one translation.
 */
final class ExtensionRefs {
  private final ResourceKey route;
  private final Inputs inputs;
  private final List<Problem> problems = new ArrayList<>();
  private Optional<Refusal> refusal = Optional.empty();

  ExtensionRefs(ResourceKey route, Inputs inputs) {
    this.route = route;
    this.inputs = inputs;
  }

  /** The objects that a rule's filters and those of its backends refer to. */
  static Set<ResourceKey> targets(ResourceKey route, HTTPRouteRule rule) {
    Set<ResourceKey> targets = new LinkedHashSet<>();
    Stream.concat(
            Stream.of(orEmpty(rule.getFilters())),
            orEmpty(rule.getBackendRefs()).stream().map(HTTPBackendRef::getFilters))
        .flatMap(filters -> orEmpty(filters).stream())
        .map(HTTPRouteFilter::getExtensionRef)
        .filter(reference -> reference != null && isFilter(reference))
        .forEach(reference -> targets.add(target(route, reference)));
    return targets;
  }

  private static boolean isFilter(LocalObjectReference reference) {
    return Kind.HTTP_FILTER.group().equals(reference.getGroup())
        && Kind.HTTP_FILTER.kindName().equals(reference.getKind());
  }

  private static ResourceKey target(ResourceKey route, LocalObjectReference reference) {
    return new ResourceKey(Kind.HTTP_FILTER, route.namespace(), reference.getName());
  }

  /** The first reference that does not resolve. */
  Optional<Refusal> refusal() {
    return refusal;
  }

  List<Problem> problems() {
    return problems;
  }

  /** The extensions among filters in their order; empty if one of them does not resolve. */
  Optional<List<HttpFilter>> resolve(String path, List<HTTPRouteFilter> filters) {
    List<HttpFilter> resolved = new ArrayList<>();
    boolean all = true;
    for (int i = 0; i < orEmpty(filters).size(); i++) {
      LocalObjectReference reference = filters.get(i).getExtensionRef();
      if (reference != null) {
        Optional<HttpFilter> one = resolve(path + "[" + i + "].extensionRef", reference);
        one.ifPresent(resolved::add);
        all &= one.isPresent();
      }
    }
    return all ? Optional.of(resolved) : Optional.empty();
  }

  private Optional<HttpFilter> resolve(String path, LocalObjectReference reference) {
    if (!isFilter(reference)) {
      return refuse(
          "InvalidKind",
          Problem.error(
              path + ".kind",
              reference.getGroup()
                  + "/"
                  + reference.getKind()
                  + " (expected "
                  + Kind.HTTP_FILTER.group()
                  + "/"
                  + Kind.HTTP_FILTER.kindName()
                  + ")"));
    }
    ResourceKey target = target(route, reference);
    Fact.FilterFact fact = inputs.fact(target, Fact.FilterFact.class);
    if (!fact.exists()) {
      return refuse("FilterNotFound", Problem.error(path + ".name", target + " does not exist"));
    }
    if (!fact.refusal().isEmpty()) {
      return refuse(
          "InvalidFilter",
          Problem.error(path + ".name", target + " is not in force (its " + fact.refusal() + ")"));
    }
    return Optional.of(HttpFilter.newBuilder().setExtension(fact.filter()).build());
  }

  private Optional<HttpFilter> refuse(String reason, Problem problem) {
    problems.add(problem);
    if (refusal.isEmpty()) {
      refusal = Optional.of(new Refusal(reason, problem.inMessage()));
    }
    return Optional.empty();
  }
}
