package dev.nantian.gateway.control.translate;

import dev.nantian.gateway.control.source.Kind;
import dev.nantian.gateway.control.source.ResourceKey;
import dev.nantian.gateway.protocol.config.v1.Attachment;
import io.fabric8.kubernetes.api.model.gatewayapi.v1.ParentReference;
import io.fabric8.kubernetes.api.model.gatewayapi.v1.ParentReferenceBuilder;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;

/** The parentRefs of a route: which listeners of which Gateways it is attached to. */
final class RouteParents {

  /** A listener that accepted the route, at these hostnames. */
  record Attached(Fact.ListenerFact listener, List<String> hostnames) {}

  /**
   * One parentRef.
   *
   * @param reference as written, with group and kind filled in
   * @param ours whether we write a status for it
   * @param reason of Accepted=False; empty if attached
   * @param problem with the message, if not attached
   */
  record Parent(
      ParentReference reference,
      ResourceKey gateway,
      boolean ours,
      List<Attached> attached,
      String reason,
      Optional<Problem> problem) {}

  /**
   * What all kinds of route say of their attachment.
   *
   * @param hostnames empty stands for every hostname, also for kinds without
   */
  record Wanted(List<ParentReference> parentRefs, List<String> hostnames) {}

  private RouteParents() {}

  /** The Gateways that the route names. */
  static Set<ResourceKey> gateways(ResourceKey route, Wanted wanted) {
    Set<ResourceKey> gateways = new LinkedHashSet<>();
    for (ParentReference reference : wanted.parentRefs()) {
      if (isGateway(reference)) {
        gateways.add(gateway(route, reference));
      }
    }
    return gateways;
  }

  /** Resolves every parentRef that names a Gateway; others are not ours. */
  static List<Parent> resolve(ResourceKey route, Wanted wanted, Inputs inputs) {
    List<String> hostnames = wanted.hostnames().stream().map(Hostnames::normal).distinct().toList();
    Fact.NamespaceFact namespace =
        inputs.fact(
            new ResourceKey(Kind.NAMESPACE, "", route.namespace()), Fact.NamespaceFact.class);
    List<Parent> parents = new ArrayList<>();
    List<ParentReference> references = wanted.parentRefs();
    for (int i = 0; i < references.size(); i++) {
      if (isGateway(references.get(i))) {
        parents.add(
            resolve(
                "spec.parentRefs[" + i + "]",
                references.get(i),
                route,
                hostnames,
                namespace,
                inputs));
      }
    }
    return parents;
  }

  private static Parent resolve(
      String path,
      ParentReference reference,
      ResourceKey route,
      List<String> hostnames,
      Fact.NamespaceFact namespace,
      Inputs inputs) {
    ResourceKey gateway = gateway(route, reference);
    Fact.GatewayFact fact = inputs.fact(gateway, Fact.GatewayFact.class);
    ParentReference complete =
        new ParentReferenceBuilder(reference)
            .withGroup(Kind.GATEWAY_API)
            .withKind(Kind.GATEWAY.kindName())
            .build();
    switch (fact.ownership()) {
      case ABSENT -> {
        return refused(
            complete,
            gateway,
            "NoMatchingParent",
            Problem.error(path + ".name", gateway + " does not exist"));
      }
      case NOT_OURS -> {
        return new Parent(complete, gateway, false, List.of(), "", Optional.empty());
      }
      case OURS -> {}
    }
    List<Fact.ListenerFact> matching =
        fact.listeners().stream().filter(listener -> names(reference, listener)).toList();
    if (matching.isEmpty()) {
      return refused(
          complete, gateway, "NoMatchingParent", noSuchListener(path, reference, gateway, fact));
    }
    List<Fact.ListenerFact> allowing =
        matching.stream()
            .filter(
                listener ->
                    listener.kinds().contains(route.kind())
                        && allowsNamespace(
                            listener, gateway.namespace(), route.namespace(), namespace))
            .toList();
    if (allowing.isEmpty()) {
      return refused(
          complete,
          gateway,
          "NotAllowedByListeners",
          Problem.error(
              path,
              gateway
                  + ": no listener allows "
                  + route.kind()
                  + "s of namespace "
                  + route.namespace()
                  + " (see its listeners' allowedRoutes)"));
    }
    List<Attached> attached = new ArrayList<>();
    for (Fact.ListenerFact listener : allowing) {
      List<String> common = Hostnames.intersect(listener.hostname(), hostnames);
      if (!common.isEmpty()) {
        attached.add(new Attached(listener, common));
      }
    }
    if (attached.isEmpty()) {
      return refused(
          complete,
          gateway,
          "NoMatchingListenerHostname",
          Problem.error(
              "spec.hostnames",
              String.join(", ", hostnames)
                  + ": none is served by "
                  + gateway
                  + " (its listeners have "
                  + String.join(
                      ", ", allowing.stream().map(Fact.ListenerFact::hostname).distinct().toList())
                  + ")"));
    }
    return new Parent(complete, gateway, true, List.copyOf(attached), "", Optional.empty());
  }

  private static Parent refused(
      ParentReference reference, ResourceKey gateway, String reason, Problem problem) {
    return new Parent(reference, gateway, true, List.of(), reason, Optional.of(problem));
  }

  private static Problem noSuchListener(
      String path, ParentReference reference, ResourceKey gateway, Fact.GatewayFact fact) {
    String names =
        String.join(
            ", ",
            fact.listeners().stream()
                .map(listener -> listener.name() + " on port " + listener.port())
                .toList());
    boolean byName =
        reference.getSectionName() != null
            && fact.listeners().stream()
                .noneMatch(listener -> listener.name().equals(reference.getSectionName()));
    return byName || reference.getPort() == null
        ? Problem.error(
            path + ".sectionName",
            reference.getSectionName() + ": " + gateway + " has the listeners " + names)
        : Problem.error(
            path + ".port", reference.getPort() + ": " + gateway + " has the listeners " + names);
  }

  private static boolean names(ParentReference reference, Fact.ListenerFact listener) {
    return (reference.getSectionName() == null
            || reference.getSectionName().equals(listener.name()))
        && (reference.getPort() == null || reference.getPort() == listener.port());
  }

  private static boolean allowsNamespace(
      Fact.ListenerFact listener,
      String gatewayNamespace,
      String routeNamespace,
      Fact.NamespaceFact labels) {
    return switch (listener.from()) {
      case "All" -> true;
      case "Same" -> gatewayNamespace.equals(routeNamespace);
      case "Selector" ->
          listener.selector() != null && Selectors.matches(listener.selector(), labels.labels());
      default -> false;
    };
  }

  private static boolean isGateway(ParentReference reference) {
    return Objects.requireNonNullElse(reference.getGroup(), Kind.GATEWAY_API)
            .equals(Kind.GATEWAY_API)
        && Objects.requireNonNullElse(reference.getKind(), Kind.GATEWAY.kindName())
            .equals(Kind.GATEWAY.kindName());
  }

  private static ResourceKey gateway(ResourceKey route, ParentReference reference) {
    return new ResourceKey(
        Kind.GATEWAY,
        Objects.requireNonNullElse(reference.getNamespace(), route.namespace()),
        reference.getName());
  }

  /** The listeners that the configuration names, each once. */
  static Collection<Attachment> attachments(List<Parent> parents) {
    // Two parentRefs may lead to the same listener.
    Map<String, Attachment> attachments = new TreeMap<>();
    for (Parent parent : parents) {
      for (Attached attached : parent.attached()) {
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
    return attachments.values();
  }

  /** Counts the route at every listener that it is attached to. */
  static void claim(List<Parent> parents, Translation.Builder result) {
    Map<ResourceKey, TreeSet<String>> listeners = new TreeMap<>();
    for (Parent parent : parents) {
      for (Attached attached : parent.attached()) {
        listeners
            .computeIfAbsent(parent.gateway(), ignored -> new TreeSet<>())
            .add(attached.listener().name());
      }
    }
    listeners.forEach((gateway, names) -> result.claim(gateway, new Claim.Attaches(names)));
  }
}
