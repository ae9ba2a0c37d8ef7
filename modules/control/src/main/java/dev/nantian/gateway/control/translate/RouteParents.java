package dev.nantian.gateway.control.translate;

import dev.nantian.gateway.control.source.Kind;
import dev.nantian.gateway.control.source.ResourceKey;
import io.fabric8.kubernetes.api.model.gatewayapi.v1.ParentReference;
import io.fabric8.kubernetes.api.model.gatewayapi.v1.ParentReferenceBuilder;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;

/**
 * The parentRefs of a route: which listeners of which Gateways and ListenerSets it is attached to.
 */
final class RouteParents {

  /** A listener that accepted the route, at these hostnames. */
  record Attached(Fact.ListenerFact listener, List<String> hostnames) {}

  /**
   * One parentRef.
   *
   * @param reference as written, with group and kind filled in
   * @param parent the Gateway or ListenerSet that it names
   * @param gateway whose listeners they are; the parent itself if it is one, or is not known
   * @param ours whether we write a status for it
   * @param candidates listeners that allow the route; those of them where no other has precedence
   *     are the attached ones
   * @param reason of Accepted=False; empty if attached
   * @param problem with the message, if not attached or not to all candidates
   */
  record Parent(
      ParentReference reference,
      ResourceKey parent,
      ResourceKey gateway,
      boolean ours,
      List<Attached> candidates,
      List<Attached> attached,
      String reason,
      Optional<Problem> problem) {}

  /** What is known of a parent of either kind. */
  private record Facts(
      Fact.Ownership ownership, ResourceKey gateway, List<Fact.ListenerFact> listeners) {}

  private RouteParents() {}

  /** The Gateways and ListenerSets that the route names. */
  static Set<ResourceKey> parents(RouteShape route) {
    Set<ResourceKey> parents = new LinkedHashSet<>();
    for (ParentReference reference : route.parentRefs()) {
      parent(route.key(), reference).ifPresent(parents::add);
    }
    return parents;
  }

  /** Resolves every parentRef that names a Gateway or a ListenerSet; others are not ours. */
  static List<Parent> resolve(RouteShape route, Inputs inputs) {
    Fact.NamespaceFact namespace =
        inputs.fact(
            new ResourceKey(Kind.NAMESPACE, "", route.key().namespace()), Fact.NamespaceFact.class);
    List<Parent> parents = new ArrayList<>();
    for (int i = 0; i < route.parentRefs().size(); i++) {
      ParentReference reference = route.parentRefs().get(i);
      Optional<ResourceKey> parent = parent(route.key(), reference);
      if (parent.isPresent()) {
        parents.add(
            resolve(
                "spec.parentRefs[" + i + "]", reference, parent.get(), route, namespace, inputs));
      }
    }
    return parents;
  }

  private static Parent resolve(
      String path,
      ParentReference reference,
      ResourceKey parent,
      RouteShape route,
      Fact.NamespaceFact namespace,
      Inputs inputs) {
    Facts facts = facts(parent, inputs);
    ParentReference complete =
        new ParentReferenceBuilder(reference)
            .withGroup(Kind.GATEWAY_API)
            .withKind(parent.kind().kindName())
            .build();
    switch (facts.ownership()) {
      case ABSENT -> {
        return refused(
            complete,
            parent,
            facts,
            "NoMatchingParent",
            Problem.error(path + ".name", parent + " does not exist"));
      }
      case NOT_OURS -> {
        return new Parent(
            complete, parent, facts.gateway(), false, List.of(), List.of(), "", Optional.empty());
      }
      case OURS -> {}
    }
    List<Fact.ListenerFact> matching =
        facts.listeners().stream().filter(listener -> names(reference, listener)).toList();
    if (matching.isEmpty()) {
      return refused(
          complete,
          parent,
          facts,
          "NoMatchingParent",
          noSuchListener(path, reference, parent, facts.listeners()));
    }
    String kind = route.key().kind().kindName();
    List<Fact.ListenerFact> allowing =
        matching.stream()
            .filter(
                listener ->
                    listener.kinds().contains(kind)
                        && allowsNamespace(
                            listener, parent.namespace(), route.key().namespace(), namespace))
            .toList();
    if (allowing.isEmpty()) {
      return refused(
          complete,
          parent,
          facts,
          "NotAllowedByListeners",
          Problem.error(
              path,
              parent
                  + ": no listener allows "
                  + kind
                  + "s of namespace "
                  + route.key().namespace()
                  + " (see its listeners' protocol and allowedRoutes)"));
    }
    List<Attached> candidates = new ArrayList<>();
    for (Fact.ListenerFact listener : allowing) {
      List<String> common = Hostnames.intersect(listener.hostname(), route.hostnames());
      if (!common.isEmpty()) {
        candidates.add(new Attached(listener, common));
      }
    }
    if (candidates.isEmpty()) {
      return refused(
          complete,
          parent,
          facts,
          "NoMatchingListenerHostname",
          Problem.error(
              "spec.hostnames",
              String.join(", ", route.hostnames())
                  + ": none is served by "
                  + parent
                  + " (its listeners have "
                  + String.join(
                      ", ", allowing.stream().map(Fact.ListenerFact::hostname).distinct().toList())
                  + ")"));
    }
    List<Attached> attached =
        candidates.stream()
            .filter(candidate -> !candidate.listener().losers().containsKey(route.key()))
            .toList();
    // The specification names no reason for a route that another has precedence over; this one
    // comes nearest, the listener does not take it.
    return new Parent(
        complete,
        parent,
        facts.gateway(),
        true,
        List.copyOf(candidates),
        attached,
        attached.isEmpty() ? "NotAllowedByListeners" : "",
        lost(route.key(), parent, candidates));
  }

  private static Facts facts(ResourceKey parent, Inputs inputs) {
    if (parent.kind() == Kind.LISTENER_SET) {
      Fact.ListenerSetFact fact = inputs.fact(parent, Fact.ListenerSetFact.class);
      return new Facts(fact.ownership(), fact.gateway().orElse(parent), fact.listeners());
    }
    Fact.GatewayFact fact = inputs.fact(parent, Fact.GatewayFact.class);
    return new Facts(fact.ownership(), parent, fact.listeners());
  }

  private static Parent refused(
      ParentReference reference, ResourceKey parent, Facts facts, String reason, Problem problem) {
    return new Parent(
        reference,
        parent,
        facts.gateway(),
        true,
        List.of(),
        List.of(),
        reason,
        Optional.of(problem));
  }

  /** The listeners that have gone to routes of the other kind. */
  private static Optional<Problem> lost(
      ResourceKey route, ResourceKey parent, List<Attached> candidates) {
    List<String> lost = new ArrayList<>();
    for (Attached candidate : candidates) {
      Fact.Loss loss = candidate.listener().losers().get(route);
      if (loss != null) {
        lost.add(
            (loss.hostname().isEmpty() ? "every hostname" : loss.hostname())
                + " at listener "
                + candidate.listener().name()
                + " of "
                + parent
                + " belongs to "
                + loss.winner());
      }
    }
    if (lost.isEmpty()) {
      return Optional.empty();
    }
    String message =
        String.join("; ", lost)
            + " (expected no hostname in common: of an HTTPRoute and a GRPCRoute at one listener"
            + " the older is accepted, then the first by namespace/name)";
    return Optional.of(
        lost.size() == candidates.size()
            ? Problem.error("spec.hostnames", message)
            : Problem.warning("spec.hostnames", message));
  }

  private static Problem noSuchListener(
      String path,
      ParentReference reference,
      ResourceKey parent,
      List<Fact.ListenerFact> listeners) {
    String names =
        String.join(
            ", ",
            listeners.stream()
                .map(listener -> listener.name() + " on port " + listener.port())
                .toList());
    if (listeners.isEmpty()) {
      return Problem.error(path, parent + " has no listeners to attach to");
    }
    boolean byName =
        reference.getSectionName() != null
            && listeners.stream()
                .noneMatch(listener -> listener.name().equals(reference.getSectionName()));
    return byName || reference.getPort() == null
        ? Problem.error(
            path + ".sectionName",
            reference.getSectionName() + ": " + parent + " has the listeners " + names)
        : Problem.error(
            path + ".port", reference.getPort() + ": " + parent + " has the listeners " + names);
  }

  private static boolean names(ParentReference reference, Fact.ListenerFact listener) {
    return (reference.getSectionName() == null
            || reference.getSectionName().equals(listener.name()))
        && (reference.getPort() == null || reference.getPort() == listener.port());
  }

  private static boolean allowsNamespace(
      Fact.ListenerFact listener,
      String parentNamespace,
      String routeNamespace,
      Fact.NamespaceFact labels) {
    return switch (listener.from()) {
      case "All" -> true;
      case "Same" -> parentNamespace.equals(routeNamespace);
      case "Selector" ->
          listener.selector() != null && Selectors.matches(listener.selector(), labels.labels());
      default -> false;
    };
  }

  private static Optional<ResourceKey> parent(ResourceKey route, ParentReference reference) {
    if (!Objects.requireNonNullElse(reference.getGroup(), Kind.GATEWAY_API)
        .equals(Kind.GATEWAY_API)) {
      return Optional.empty();
    }
    return switch (Objects.requireNonNullElse(reference.getKind(), Kind.GATEWAY.kindName())) {
      case "Gateway" -> Optional.of(parent(Kind.GATEWAY, route, reference));
      case "ListenerSet" -> Optional.of(parent(Kind.LISTENER_SET, route, reference));
      default -> Optional.empty();
    };
  }

  private static ResourceKey parent(Kind kind, ResourceKey route, ParentReference reference) {
    return new ResourceKey(
        kind,
        Objects.requireNonNullElse(reference.getNamespace(), route.namespace()),
        reference.getName());
  }
}
