package dev.nantian.gateway.control.translate;

import dev.nantian.gateway.control.source.Kind;
import dev.nantian.gateway.control.source.ResourceKey;
import dev.nantian.gateway.protocol.config.v1.BackendFailure;
import dev.nantian.gateway.protocol.config.v1.ServiceRef;
import dev.nantian.gateway.protocol.config.v1.WeightedBackend;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;

/**
 * Resolves the backendRefs of one route. A reference that does not resolve keeps its share of the
 * requests and answers them 500 (Gateway API, {@code HTTPRouteRule.backendRefs}). One object for
 * one translation.
 */
final class RouteBackends {
  private static final int UNRESOLVED = 500;

  /** What a port must be able to do. */
  enum Speech {
    HTTP,
    /** gRPC: HTTP/2 whatever the port says. */
    HTTP2,
    TCP,
    UDP
  }

  private final ResourceKey route;
  private final Speech speech;
  private final Inputs inputs;
  private final Map<ResourceKey, SortedSet<Integer>> used = new TreeMap<>();
  private final List<Problem> problems = new ArrayList<>();
  private Optional<Refusal> refusal = Optional.empty();
  private String lastReason = "";

  RouteBackends(ResourceKey route, Speech speech, Inputs inputs) {
    this.route = route;
    this.speech = speech;
    this.inputs = inputs;
  }

  /** Ports of Services that references resolved to. */
  Map<ResourceKey, SortedSet<Integer>> used() {
    return used;
  }

  /** The first reference that does not resolve. */
  Optional<Refusal> refusal() {
    return refusal;
  }

  List<Problem> problems() {
    return problems;
  }

  /** A backend whose share of the requests is answered with an error. */
  static WeightedBackend.Builder failing(BackendTarget target, String reason) {
    return WeightedBackend.newBuilder()
        .setWeight(target.weight())
        .setFailure(BackendFailure.newBuilder().setStatus(UNRESOLVED).setReason(reason));
  }

  /** Sets weight and target. */
  WeightedBackend.Builder resolve(String path, BackendTarget target) {
    Optional<ServiceRef> service = service(path, target);
    return service.isPresent()
        ? WeightedBackend.newBuilder().setWeight(target.weight()).setService(service.get())
        : failing(target, lastReason + ": " + problems.getLast().inMessage());
  }

  /** The port of a Service; if it is empty, the last of {@link #problems} says why. */
  Optional<ServiceRef> service(String path, BackendTarget target) {
    if (!target.isService()) {
      return refuse(
          "InvalidKind",
          Problem.error(
              path + ".kind",
              target.group() + "/" + target.kind() + " (expected a Service of the core group)"));
    }
    ResourceKey service = target.service(route);
    if (!permitted(service)) {
      return refuse(
          "RefNotPermitted",
          Problem.error(
              path,
              service
                  + ": no ReferenceGrant in namespace "
                  + service.namespace()
                  + " permits "
                  + route.kind()
                  + "s of namespace "
                  + route.namespace()));
    }
    Fact.ServiceFact fact = inputs.fact(service, Fact.ServiceFact.class);
    if (!fact.exists()) {
      return refuse("BackendNotFound", Problem.error(path + ".name", service + " does not exist"));
    }
    Integer port = target.port();
    if (port == null) {
      return refuse(
          "BackendNotFound",
          Problem.error(path + ".port", "missing (expected a port of " + service + ")"));
    }
    Fact.PortFact portFact = fact.ports().get(port);
    if (portFact == null && !(fact.external() && fact.ports().isEmpty())) {
      return refuse(
          "BackendNotFound",
          Problem.error(
              path + ".port",
              port + ": " + service + " has the ports " + new TreeSet<>(fact.ports().keySet())));
    }
    String unsupported = portFact == null ? "" : unsupported(portFact);
    if (!unsupported.isEmpty()) {
      return refuse(
          "UnsupportedProtocol",
          Problem.error(path + ".port", port + " of " + service + ": " + unsupported));
    }
    used.computeIfAbsent(service, ignored -> new TreeSet<>()).add(port);
    return Optional.of(
        ServiceRef.newBuilder()
            .setService(service.namespace() + "/" + service.name())
            .setPort(port)
            .setHttp2(speech == Speech.HTTP2)
            .setDatagrams(speech == Speech.UDP)
            .build());
  }

  private String unsupported(Fact.PortFact port) {
    return switch (speech) {
      case HTTP, HTTP2 -> !port.tcp() ? "no TCP port (expected TCP)" : port.notHttp();
      case TCP -> port.tcp() ? "" : "no TCP port (expected TCP)";
      case UDP -> port.udp() ? "" : "no UDP port (expected UDP)";
    };
  }

  private Optional<ServiceRef> refuse(String reason, Problem problem) {
    problems.add(problem);
    lastReason = reason;
    if (refusal.isEmpty()) {
      refusal = Optional.of(new Refusal(reason, problem.inMessage()));
    }
    return Optional.empty();
  }

  private boolean permitted(ResourceKey service) {
    return service.namespace().equals(route.namespace())
        || inputs
            .fact(
                new ResourceKey(Kind.NAMESPACE, "", service.namespace()), Fact.NamespaceFact.class)
            .permits(
                Kind.GATEWAY_API,
                route.kind().kindName(),
                route.namespace(),
                "",
                Kind.SERVICE.kindName(),
                service.name());
  }
}
