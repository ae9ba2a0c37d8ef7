package dev.nantian.gateway.control.translate;

import static dev.nantian.gateway.control.translate.Conditions.orEmpty;

import dev.nantian.gateway.control.snapshot.ResourceId;
import dev.nantian.gateway.control.source.ResourceKey;
import dev.nantian.gateway.protocol.ResourceType;
import dev.nantian.gateway.protocol.config.v1.ServicePort.AppProtocol;
import io.envoyproxy.envoy.config.endpoint.v3.ClusterLoadAssignment;
import io.fabric8.kubernetes.api.model.Service;
import io.fabric8.kubernetes.api.model.ServicePort;
import io.fabric8.kubernetes.api.model.discovery.v1.EndpointSlice;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.SortedSet;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/**
 * Service with the endpoints of its slices: in the configuration while a permitted reference uses
 * it.
 */
public final class ServiceTranslator implements Translator<Service> {

  @Override
  public Set<ResourceKey> dependencies(ResourceKey key, Service object) {
    return Set.of();
  }

  @Override
  public Translation absent(ResourceKey key, Inputs inputs) {
    // While a route still uses it, what was published stays: the route is about to let go.
    return new Translation.Builder()
        .fact(Fact.ServiceFact.ABSENT)
        .waitUnless(usedPorts(inputs).isEmpty())
        .build();
  }

  @Override
  public Translation translate(ResourceKey key, Service object, Inputs inputs) {
    boolean external = "ExternalName".equals(object.getSpec().getType());
    SortedSet<Integer> used = usedPorts(inputs);
    List<ServicePort> ports = orEmpty(object.getSpec().getPorts());
    Map<Integer, Fact.PortFact> facts = new HashMap<>();
    BackendPolicies policies = new BackendPolicies(inputs);
    for (ServicePort port : ports) {
      facts.merge(port.getPort(), fact(port, policies), Fact.PortFact::and);
    }
    Optional<Map.Entry<ResourceKey, Claim.SetsTraffic>> traffic = trafficPolicy(inputs);
    Translation.Builder result =
        new Translation.Builder()
            .fact(
                new Fact.ServiceFact(
                    true,
                    !used.isEmpty(),
                    external,
                    facts,
                    policies.fact(),
                    traffic.map(winner -> winner.getKey().name()).orElse("")));
    String externalName = object.getSpec().getExternalName();
    if (external && (externalName == null || externalName.isEmpty())) {
      result.problem(
          Problem.error("spec.externalName", "empty (expected a DNS name for type ExternalName)"));
    }
    if (used.isEmpty()) {
      return result.build();
    }
    String name = key.namespace() + "/" + key.name();
    dev.nantian.gateway.protocol.config.v1.Service.Builder service =
        dev.nantian.gateway.protocol.config.v1.Service.newBuilder().setName(name);
    if (external) {
      service.setExternalName(Objects.requireNonNullElse(externalName, ""));
    }
    traffic.ifPresent(winner -> service.setTraffic(winner.getValue().settings()));
    for (ServicePort port : usable(ports)) {
      service.addPorts(message(port, policies));
    }
    if (external && ports.isEmpty()) {
      // An ExternalName Service need not list ports: those that references name are meant.
      used.forEach(
          port -> {
            var message = service.addPortsBuilder().setPort(port);
            policies.of("").ifPresent(message::setTls);
          });
    }
    result.resource(new ResourceId(ResourceType.SERVICE, name), service.build());
    if (!external) {
      addEndpoints(name, ports, slices(inputs), result);
    }
    return result.build();
  }

  private static void addEndpoints(
      String name,
      List<ServicePort> ports,
      List<EndpointSlice> slices,
      Translation.Builder result) {
    for (ServicePort port : usable(ports)) {
      String clusterName = name + ":" + port.getPort() + (isUdp(port) ? "/udp" : "");
      Optional<ClusterLoadAssignment> assignment =
          Endpoints.assignment(clusterName, port.getName(), protocol(port), slices);
      if (assignment.isEmpty() && !slices.isEmpty()) {
        result.problem(
            Problem.warning(
                "spec.ports[" + ports.indexOf(port) + "]",
                "port "
                    + port.getPort()
                    + " named \""
                    + Objects.requireNonNullElse(port.getName(), "")
                    + "\": no EndpointSlice of the Service has a "
                    + protocol(port)
                    + " port of this name"));
      }
      ClusterLoadAssignment message =
          assignment.orElseGet(
              () -> ClusterLoadAssignment.newBuilder().setClusterName(clusterName).build());
      result.resource(new ResourceId(ResourceType.ENDPOINTS, message.getClusterName()), message);
    }
    if (slices.isEmpty()) {
      result.problem(
          Problem.warning(
              "metadata.name",
              "no EndpointSlice has the label "
                  + EndpointSliceTranslator.SERVICE_LABEL
                  + " with this Service's name: it has no endpoints"));
    }
  }

  private static dev.nantian.gateway.protocol.config.v1.ServicePort message(
      ServicePort port, BackendPolicies policies) {
    String name = Objects.requireNonNullElse(port.getName(), "");
    dev.nantian.gateway.protocol.config.v1.ServicePort.Builder message =
        dev.nantian.gateway.protocol.config.v1.ServicePort.newBuilder()
            .setPort(port.getPort())
            .setName(name)
            .setAppProtocol(
                isUdp(port)
                    ? AppProtocol.OPAQUE
                    : appProtocol(port, policies).orElse(AppProtocol.OPAQUE))
            .setDatagrams(isUdp(port));
    if (!isUdp(port)) {
      policies.of(name).ifPresent(message::setTls);
    }
    return message.build();
  }

  /** Ports of the protocols that are served. */
  private static List<ServicePort> usable(List<ServicePort> ports) {
    return ports.stream()
        .filter(port -> protocol(port).equals("TCP") || protocol(port).equals("UDP"))
        .toList();
  }

  private static boolean isUdp(ServicePort port) {
    return protocol(port).equals("UDP");
  }

  private static String protocol(ServicePort port) {
    return Objects.requireNonNullElse(port.getProtocol(), "TCP");
  }

  private static Fact.PortFact fact(ServicePort port, BackendPolicies policies) {
    return new Fact.PortFact(
        protocol(port).equals("TCP"),
        protocol(port).equals("UDP"),
        appProtocol(port, policies).isPresent()
            ? ""
            : "appProtocol "
                + port.getAppProtocol()
                + " (expected none, http, kubernetes.io/h2c or kubernetes.io/ws, or https with a BackendTLSPolicy)");
  }

  // GEP-1911: an application protocol that is not understood must not be spoken to as if it were
  // HTTP/1.1.
  private static Optional<AppProtocol> appProtocol(ServicePort port, BackendPolicies policies) {
    @Nullable String written = port.getAppProtocol();
    if ("https".equalsIgnoreCase(written)) {
      // HTTP over TLS can be spoken if a policy says how to verify it.
      return policies
          .of(Objects.requireNonNullElse(port.getName(), ""))
          .map(policy -> AppProtocol.HTTP1);
    }
    return switch (written) {
      case null -> Optional.of(AppProtocol.HTTP1);
      case "", "http" -> Optional.of(AppProtocol.HTTP1);
      case "kubernetes.io/h2c" -> Optional.of(AppProtocol.H2C);
      case "kubernetes.io/ws" -> Optional.of(AppProtocol.WEBSOCKET);
      default -> Optional.empty();
    };
  }

  private static SortedSet<Integer> usedPorts(Inputs inputs) {
    TreeSet<Integer> used = new TreeSet<>();
    inputs
        .claims()
        .values()
        .forEach(
            claim -> {
              if (claim instanceof Claim.UsesPorts(SortedSet<Integer> ports, var _)) {
                used.addAll(ports);
              }
            });
    return used;
  }

  /** The oldest policy, then the first by name (GEP-713, conflict resolution). */
  private static Optional<Map.Entry<ResourceKey, Claim.SetsTraffic>> trafficPolicy(Inputs inputs) {
    Map.Entry<ResourceKey, Claim.SetsTraffic> oldest = null;
    for (Map.Entry<ResourceKey, Claim> entry : inputs.claims().entrySet()) { // in order of names
      if (entry.getValue() instanceof Claim.SetsTraffic claim
          && (oldest == null || claim.createdMillis() < oldest.getValue().createdMillis())) {
        oldest = Map.entry(entry.getKey(), claim);
      }
    }
    return Optional.ofNullable(oldest);
  }

  private static List<EndpointSlice> slices(Inputs inputs) {
    List<EndpointSlice> slices = new ArrayList<>();
    inputs
        .claims()
        .values()
        .forEach(
            claim -> {
              if (claim instanceof Claim.AddsEndpoints(EndpointSlice slice)) {
                slices.add(slice);
              }
            });
    return slices;
  }
}
