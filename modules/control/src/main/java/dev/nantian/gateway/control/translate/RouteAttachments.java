package dev.nantian.gateway.control.translate;

import dev.nantian.gateway.control.source.Kind;
import dev.nantian.gateway.control.source.ResourceKey;
import dev.nantian.gateway.protocol.config.v1.Attachment;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SortedMap;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;

/** What follows from a route's parents and backends, whatever its kind. */
final class RouteAttachments {
  private RouteAttachments() {}

  /** Parents, the route's namespace, and the Services with their namespaces. */
  static Set<ResourceKey> dependencies(RouteShape route, Collection<BackendTarget> targets) {
    Set<ResourceKey> dependencies = new TreeSet<>(RouteParents.parents(route));
    dependencies.add(new ResourceKey(Kind.NAMESPACE, "", route.key().namespace()));
    for (BackendTarget target : targets) {
      if (target.isService()) {
        ResourceKey service = target.service(route.key());
        dependencies.add(service);
        dependencies.add(new ResourceKey(Kind.NAMESPACE, "", service.namespace()));
      }
    }
    return dependencies;
  }

  /** The listeners in the configuration that accepted the route. */
  static Collection<Attachment> of(List<RouteParents.Parent> parents) {
    // Two parentRefs may lead to the same listener.
    Map<String, Attachment> attachments = new TreeMap<>();
    for (RouteParents.Parent parent : parents) {
      for (RouteParents.Attached attached : parent.attached()) {
        if (attached.listener().served()) {
          String gateway = parent.gateway().namespace() + "/" + parent.gateway().name();
          attachments.put(
              gateway + "/" + attached.listener().id(),
              Attachment.newBuilder()
                  .setGateway(gateway)
                  .setListener(attached.listener().id())
                  .addAllHostnames(attached.hostnames())
                  .build());
        }
      }
    }
    return attachments.values();
  }

  /**
   * Tells the parents which of their listeners the route wants. Those that have precedence for
   * another route are among them, or it could not come up when the other goes.
   */
  static void claimParents(
      RouteShape route, List<RouteParents.Parent> parents, Translation.Builder result) {
    Map<ResourceKey, SortedMap<String, SortedSet<String>>> listeners = new TreeMap<>();
    for (RouteParents.Parent parent : parents) {
      for (RouteParents.Attached candidate : parent.candidates()) {
        listeners
            .computeIfAbsent(parent.parent(), ignored -> new TreeMap<>())
            .computeIfAbsent(candidate.listener().name(), ignored -> new TreeSet<>())
            .addAll(candidate.hostnames());
      }
    }
    listeners.forEach(
        (parent, names) -> result.claim(parent, new Claim.Attaches(route.createdMillis(), names)));
  }

  /** Wants the Services in the configuration before the route. */
  static void claimServices(
      List<RouteParents.Parent> parents,
      RouteBackends backends,
      Inputs inputs,
      Translation.Builder result) {
    TreeSet<ResourceKey> gateways = new TreeSet<>();
    for (RouteParents.Parent parent : parents) {
      if (!parent.attached().isEmpty()) {
        gateways.add(parent.gateway());
      }
    }
    backends
        .used()
        .forEach(
            (service, ports) -> {
              result.claim(service, new Claim.UsesPorts(ports, gateways));
              result.waitUnless(inputs.fact(service, Fact.ServiceFact.class).published());
            });
  }
}
