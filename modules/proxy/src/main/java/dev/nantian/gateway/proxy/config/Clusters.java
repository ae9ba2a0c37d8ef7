package dev.nantian.gateway.proxy.config;

import static dev.nantian.gateway.proxy.config.Checks.invalid;

import dev.nantian.gateway.protocol.config.v1.Service;
import dev.nantian.gateway.protocol.config.v1.ServicePort;
import dev.nantian.gateway.protocol.config.v1.SubjectAltName;
import dev.nantian.gateway.proxy.health.ClusterHealth;
import dev.nantian.gateway.proxy.tls.BackendTls;
import dev.nantian.gateway.proxy.tls.BackendTrust;
import dev.nantian.gateway.proxy.tls.InvalidKeyPairException;
import io.envoyproxy.envoy.config.core.v3.HealthStatus;
import io.envoyproxy.envoy.config.core.v3.SocketAddress;
import io.envoyproxy.envoy.config.endpoint.v3.ClusterLoadAssignment;
import io.envoyproxy.envoy.config.endpoint.v3.LbEndpoint;
import io.envoyproxy.envoy.config.endpoint.v3.LocalityLbEndpoints;
import io.netty.util.NetUtil;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.UnknownHostException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/**
 * The services, their ports as {@link Cluster}s, and who tells each its endpoints.
 *
 * <p>A cluster is the same object as long as its service has the port and speaks the same protocol;
 * endpoints are changed inside it. Endpoints and services may arrive in any order. Owned by the
 * configuration thread.
 */
final class Clusters implements HttpRouteCompiler.ServiceLookup {
  /** UNKNOWN is what a control plane sends that leaves health to the proxy. */
  private static final Set<HealthStatus> USABLE =
      Set.of(HealthStatus.UNKNOWN, HealthStatus.HEALTHY, HealthStatus.DEGRADED);

  private static final int MAX_WEIGHT = 1_000_000;

  private final Map<String, Service> services = new HashMap<>();
  private final Map<String, Cluster> clusters = new TreeMap<>();
  private final Map<String, Map<Endpoint, Integer>> assigned = new HashMap<>();
  private final Map<String, List<InetAddress>> resolved = new HashMap<>();

  @Override
  public HttpRouteCompiler.Resolved resolve(
      String service, int port, boolean datagrams, boolean http2) {
    Cluster cluster = clusters.get(clusterName(service, port, datagrams));
    if (cluster != null) {
      return new HttpRouteCompiler.Resolved.To(
          http2 ? cluster.as(Cluster.Protocol.HTTP2, null) : cluster);
    }
    return new HttpRouteCompiler.Resolved.Nowhere(
        services.containsKey(service)
            ? "Service " + service + ": no " + (datagrams ? "UDP port " : "port ") + port
            : "Service " + service + ": not received");
  }

  /**
   * Takes a service, new or changed.
   *
   * @return true if a cluster came, went or was replaced, so that routes must be compiled again
   */
  boolean put(Service service) throws InvalidResourceException {
    check(service);
    ClusterPolicy policy = policy(service);
    Service before = services.put(service.getName(), service);
    boolean changed = false;
    Set<String> names = new LinkedHashSet<>();
    for (ServicePort port : service.getPortsList()) {
      String name = clusterName(service.getName(), port.getPort(), port.getDatagrams());
      names.add(name);
      Cluster.Protocol protocol = protocol(port);
      BackendTrust trust = trust(port);
      String failure = port.getTls().getFailure();
      Cluster cluster = clusters.get(name);
      if (cluster == null
          || cluster.protocol() != protocol
          || !Objects.equals(cluster.tls() == null ? null : cluster.tls().trust(), trust)
          || !cluster.tlsFailure().equals(failure)) {
        // Health is the endpoints', whatever is spoken to them.
        ClusterHealth health = cluster == null ? new ClusterHealth() : cluster.health();
        BackendTls tls = trust == null ? null : new BackendTls(trust, null);
        cluster = new Cluster(name, protocol, health, tls, failure);
        clusters.put(name, cluster);
        changed = true;
      }
      cluster.policy(policy);
      feed(cluster, service, port.getPort());
    }
    return dropPorts(before, names) || changed;
  }

  /** Forgets a service; true if it was known. */
  boolean remove(String name) {
    Service before = services.remove(name);
    dropPorts(before, Set.of());
    return before != null;
  }

  private boolean dropPorts(@Nullable Service before, Set<String> keep) {
    boolean dropped = false;
    if (before != null) {
      for (ServicePort port : before.getPortsList()) {
        String name = clusterName(before.getName(), port.getPort(), port.getDatagrams());
        if (!keep.contains(name)) {
          clusters.remove(name);
          dropped = true;
        }
      }
    }
    return dropped;
  }

  private void feed(Cluster cluster, Service service, int port) {
    String host = service.getExternalName();
    cluster.externalName(host);
    if (host.isEmpty()) {
      cluster.endpoints(assigned.getOrDefault(cluster.name(), Map.of()));
    } else {
      cluster.endpoints(
          resolved.getOrDefault(host, List.of()).stream()
              .map(address -> new Endpoint(new InetSocketAddress(address, port)))
              .toList());
    }
  }

  private static Cluster.Protocol protocol(ServicePort port) {
    if (port.getDatagrams()) {
      return Cluster.Protocol.OPAQUE;
    }
    return switch (port.getAppProtocol()) {
      case H2C -> Cluster.Protocol.HTTP2;
      case OPAQUE -> Cluster.Protocol.OPAQUE;
      case HTTP1 -> port.hasTls() ? Cluster.Protocol.NEGOTIATED : Cluster.Protocol.HTTP1;
      // A WebSocket begins as HTTP/1.1 (RFC 6455).
      case WEBSOCKET, UNRECOGNIZED -> Cluster.Protocol.HTTP1;
    };
  }

  private static @Nullable BackendTrust trust(ServicePort port) {
    if (!port.hasTls()) {
      return null;
    }
    List<BackendTrust.Name> names = new ArrayList<>();
    for (SubjectAltName name : port.getTls().getSubjectAltNamesList()) {
      names.add(
          name.hasUri()
              ? new BackendTrust.Name.Uri(name.getUri())
              : new BackendTrust.Name.Dns(name.getHostname()));
    }
    return new BackendTrust(port.getTls().getHostname(), port.getTls().getCaCertificates(), names);
  }

  private static void checkTls(String field, dev.nantian.gateway.protocol.config.v1.BackendTls tls)
      throws InvalidResourceException {
    if (!tls.getFailure().isEmpty()) {
      return; // nothing of it is used
    }
    Checks.hostname(field + ".hostname", tls.getHostname());
    switch (tls.getTrustCase()) {
      case CA_CERTIFICATES -> {
        try {
          var unused = BackendTrust.authorities(tls.getCaCertificates());
        } catch (InvalidKeyPairException e) {
          throw new InvalidResourceException(field + ".caCertificates: " + e.getMessage(), e);
        }
      }
      case SYSTEM_ROOTS -> {}
      case FAILURE, TRUST_NOT_SET ->
          throw new InvalidResourceException(
              field + ": no authorities (expected CA certificates or the system's roots)");
    }
    for (int i = 0; i < tls.getSubjectAltNamesCount(); i++) {
      SubjectAltName name = tls.getSubjectAltNames(i);
      String of = field + ".subjectAltNames[" + i + "]";
      switch (name.getKindCase()) {
        case HOSTNAME -> Checks.hostnamePattern(of + ".hostname", name.getHostname());
        case URI -> {
          if (name.getUri().indexOf(':') < 1) {
            throw invalid(of + ".uri", name.getUri(), "a URI with its scheme");
          }
        }
        case KIND_NOT_SET ->
            throw new InvalidResourceException(of + ": empty (expected a hostname or a URI)");
      }
    }
  }

  /** Also the name of the port's endpoints. */
  private static String clusterName(String service, int port, boolean datagrams) {
    return service + ":" + port + (datagrams ? "/udp" : "");
  }

  private static ClusterPolicy policy(Service service) throws InvalidResourceException {
    String name = service.getName();
    return service.hasTraffic()
        ? TrafficCompiler.policy(
            "Service " + name, name.substring(name.indexOf('/') + 1), service.getTraffic())
        : ClusterPolicy.DEFAULT;
  }

  private static void check(Service service) throws InvalidResourceException {
    String object = "Service " + service.getName();
    Checks.objectName(object + " name", service.getName());
    Set<String> seen = new LinkedHashSet<>();
    for (int i = 0; i < service.getPortsCount(); i++) {
      ServicePort port = service.getPorts(i);
      String field = object + " ports[" + i + "].port";
      Checks.port(field, port.getPort());
      if (!seen.add(clusterName("", port.getPort(), port.getDatagrams()))) {
        throw invalid(field, port.getPort(), "each port once");
      }
      if (port.hasTls()) {
        checkTls(object + " ports[" + i + "].tls", port.getTls());
      }
      if (port.getAppProtocol() == ServicePort.AppProtocol.UNRECOGNIZED) {
        throw invalid(
            object + " ports[" + i + "].appProtocol",
            port.getAppProtocolValue(),
            "HTTP1, H2C, WEBSOCKET or OPAQUE");
      }
    }
    String external = service.getExternalName();
    if (!external.isEmpty() && !NetUtil.isValidIpV6Address(external)) {
      Checks.hostname(object + " externalName", external);
    }
  }

  /** Takes the endpoints of one port of a service: recompiles nothing. */
  void put(String name, ClusterLoadAssignment assignment) throws InvalidResourceException {
    String object = "ClusterLoadAssignment " + name;
    if (!assignment.getClusterName().equals(name)) {
      throw invalid(object + " cluster_name", assignment.getClusterName(), name);
    }
    Map<Endpoint, Integer> endpoints = new LinkedHashMap<>();
    for (int i = 0; i < assignment.getEndpointsCount(); i++) {
      LocalityLbEndpoints locality = assignment.getEndpoints(i);
      for (int j = 0; j < locality.getLbEndpointsCount(); j++) {
        LbEndpoint endpoint = locality.getLbEndpoints(j);
        Endpoint checked =
            endpoint(object + " endpoints[" + i + "].lb_endpoints[" + j + "]", endpoint);
        if (USABLE.contains(endpoint.getHealthStatus())) {
          endpoints.put(checked, weight(endpoint));
        }
      }
    }
    assigned.put(name, endpoints);
    feedAssigned(name);
  }

  /** Forgets the endpoints of one port of a service. */
  void removeAssignment(String name) {
    assigned.remove(name);
    feedAssigned(name);
  }

  private void feedAssigned(String name) {
    Cluster cluster = clusters.get(name);
    Service service = services.get(name.substring(0, Math.max(0, name.lastIndexOf(':'))));
    if (cluster != null && service != null && service.getExternalName().isEmpty()) {
      cluster.endpoints(assigned.getOrDefault(name, Map.of()));
    }
  }

  /** Absent stands for 1. */
  private static int weight(LbEndpoint endpoint) {
    int weight = endpoint.getLoadBalancingWeight().getValue();
    return weight < 1 ? 1 : Math.min(weight, MAX_WEIGHT);
  }

  private static Endpoint endpoint(String field, LbEndpoint endpoint)
      throws InvalidResourceException {
    SocketAddress address = endpoint.getEndpoint().getAddress().getSocketAddress();
    byte @Nullable [] bytes = NetUtil.createByteArrayFromIpAddressString(address.getAddress());
    if (bytes == null) {
      throw invalid(field + ".address", address.getAddress(), "an IP address");
    }
    int port = Checks.port(field + ".port_value", address.getPortValue());
    try {
      return new Endpoint(new InetSocketAddress(InetAddress.getByAddress(bytes), port));
    } catch (UnknownHostException e) {
      throw new InvalidResourceException(field + ".address: " + e.getMessage(), e);
    }
  }

  /** DNS names of ExternalName services. */
  Set<String> externalNames() {
    Set<String> names = new TreeSet<>();
    for (Service service : services.values()) {
      if (!service.getExternalName().isEmpty()) {
        names.add(service.getExternalName());
      }
    }
    return names;
  }

  /** Takes what a DNS name resolves to now. */
  void resolved(String host, List<InetAddress> addresses) {
    resolved.put(host, List.copyOf(addresses));
    for (Service service : services.values()) {
      if (service.getExternalName().equals(host)) {
        for (ServicePort port : service.getPortsList()) {
          Cluster cluster =
              clusters.get(clusterName(service.getName(), port.getPort(), port.getDatagrams()));
          if (cluster != null) {
            feed(cluster, service, port.getPort());
          }
        }
      }
    }
    resolved.keySet().retainAll(externalNames());
  }

  /** Every cluster by name. */
  List<Cluster> all() {
    return new ArrayList<>(clusters.values());
  }
}
