package dev.nantian.gateway.control.translate;

import dev.nantian.gateway.control.source.Kind;
import dev.nantian.gateway.control.source.ResourceKey;
import dev.nantian.gateway.protocol.config.v1.BackendFailure;
import dev.nantian.gateway.protocol.config.v1.ServiceRef;
import dev.nantian.gateway.protocol.config.v1.WeightedBackend;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
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

  private final ResourceKey route;
  private final Inputs inputs;
  private final Map<ResourceKey, SortedSet<Integer>> used = new TreeMap<>();
  private final List<Problem> problems = new ArrayList<>();
  private Optional<ListenerCheck.Refusal> refusal = Optional.empty();

  RouteBackends(ResourceKey route, Inputs inputs) {
    this.route = route;
    this.inputs = inputs;
  }

  /** Ports of Services that references resolved to. */
  Map<ResourceKey, SortedSet<Integer>> used() {
    return used;
  }

  /** The first reference that does not resolve. */
  Optional<ListenerCheck.Refusal> refusal() {
    return refusal;
  }

  List<Problem> problems() {
    return problems;
  }

  /** Sets weight and target. */
  WeightedBackend.Builder resolve(String path, BackendReference reference) {
    WeightedBackend.Builder backend =
        WeightedBackend.newBuilder().setWeight(Objects.requireNonNullElse(reference.weight(), 1));
    if (!isService(reference)) {
      return refuse(
          backend,
          "InvalidKind",
          Problem.error(
              path + ".kind",
              Objects.requireNonNullElse(reference.group(), "")
                  + "/"
                  + reference.kind()
                  + " (expected a Service of the core group)"));
    }
    ResourceKey service = service(route, reference);
    if (!permitted(service)) {
      return refuse(
          backend,
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
      return refuse(
          backend, "BackendNotFound", Problem.error(path + ".name", service + " does not exist"));
    }
    Integer port = reference.port();
    if (port == null) {
      return refuse(
          backend,
          "BackendNotFound",
          Problem.error(path + ".port", "missing (expected a port of " + service + ")"));
    }
    Fact.PortFact portFact = fact.ports().get(port);
    if (portFact == null && !(fact.external() && fact.ports().isEmpty())) {
      return refuse(
          backend,
          "BackendNotFound",
          Problem.error(
              path + ".port",
              port + ": " + service + " has the ports " + new TreeSet<>(fact.ports().keySet())));
    }
    String unsupported = portFact == null ? "" : unsupported(portFact);
    if (!unsupported.isEmpty()) {
      return refuse(
          backend,
          "UnsupportedProtocol",
          Problem.error(path + ".port", port + " of " + service + ": " + unsupported));
    }
    used.computeIfAbsent(service, ignored -> new TreeSet<>()).add(port);
    return backend.setService(
        ServiceRef.newBuilder()
            .setService(service.namespace() + "/" + service.name())
            .setPort(port)
            .setDatagrams(route.kind() == Kind.UDP_ROUTE));
  }

  private String unsupported(Fact.PortFact port) {
    return switch (route.kind()) {
      case UDP_ROUTE -> port.udp() ? "" : "protocol TCP (expected UDP)";
      case TCP_ROUTE, TLS_ROUTE -> port.tcp() ? "" : "protocol UDP (expected TCP)";
      default -> port.notHttp();
    };
  }

  private WeightedBackend.Builder refuse(
      WeightedBackend.Builder backend, String reason, Problem problem) {
    problems.add(problem);
    if (refusal.isEmpty()) {
      refusal = Optional.of(new ListenerCheck.Refusal(reason, problem.inMessage()));
    }
    return backend.setFailure(failure(reason + ": " + problem.inMessage()));
  }

  static BackendFailure failure(String reason) {
    return BackendFailure.newBuilder().setStatus(UNRESOLVED).setReason(reason).build();
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

  static boolean isService(BackendReference reference) {
    return (reference.group() == null || reference.group().isEmpty())
        && (reference.kind() == null || reference.kind().equals("Service"));
  }

  static ResourceKey service(ResourceKey route, BackendReference reference) {
    return new ResourceKey(
        Kind.SERVICE,
        Objects.requireNonNullElse(reference.namespace(), route.namespace()),
        reference.name());
  }

  /** Asks for the Services that references resolved to, and waits for them. */
  void claim(Translation.Builder result) {
    used.forEach(
        (service, ports) -> {
          result.claim(service, new Claim.UsesPorts(ports));
          result.waitUnless(inputs.fact(service, Fact.ServiceFact.class).published());
        });
  }
}
