package dev.nantian.gateway.proxy.config;

import com.google.protobuf.Any;
import com.google.protobuf.InvalidProtocolBufferException;
import com.google.protobuf.Message;
import dev.nantian.gateway.protocol.ResourceType;
import dev.nantian.gateway.protocol.config.v1.Gateway;
import dev.nantian.gateway.protocol.config.v1.HttpRoute;
import dev.nantian.gateway.protocol.config.v1.L4Route;
import dev.nantian.gateway.protocol.config.v1.RejectedResource;
import dev.nantian.gateway.protocol.config.v1.Service;
import dev.nantian.gateway.proxy.filter.FilterFactories;
import dev.nantian.gateway.proxy.tls.CertifiedKey;
import dev.nantian.gateway.proxy.tls.InvalidKeyPairException;
import dev.nantian.gateway.proxy.tls.TlsContexts;
import io.envoyproxy.envoy.config.core.v3.DataSource;
import io.envoyproxy.envoy.config.endpoint.v3.ClusterLoadAssignment;
import io.envoyproxy.envoy.extensions.transport_sockets.tls.v3.Secret;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * Everything received, and what it compiles to.
 *
 * <p>Each resource is checked on its own: a bad one is refused with a reason and its last good
 * version stays in force; everything else of the same update applies. No I/O, no clock, no sockets.
 *
 * <p>Owned by the configuration thread.
 */
public final class ConfigStore {
  /**
   * What the control plane says about one type.
   *
   * @param resources new or changed
   * @param removed names
   */
  public record Update(ResourceType type, List<Received> resources, List<String> removed) {
    public Update {
      resources = List.copyOf(resources);
      removed = List.copyOf(removed);
    }
  }

  /** One resource as it came. */
  public record Received(String name, String version, Any body) {}

  /**
   * A resource that was refused.
   *
   * @param message names the object, the offending value and what was expected
   */
  public record Rejection(
      String name, String version, RejectedResource.Reason reason, String message) {}

  /**
   * What keeps listeners of a Gateway from serving.
   *
   * @param reason of the first of them
   * @param message of all of them
   */
  public record GatewayProblem(RejectedResource.Reason reason, String message) {}

  /**
   * What came of updates.
   *
   * @param config in force now
   * @param changed false if it is the same object as before: nothing to tell the loops
   * @param rejected resources of these updates that were refused
   */
  public record Applied(RuntimeConfig config, boolean changed, List<Rejection> rejected) {}

  private final ResourceLedger ledger = new ResourceLedger();
  private final Map<String, CertifiedKey> secrets = new HashMap<>();
  private final Clusters clusters = new Clusters();
  private final Map<String, HttpRoute> routes = new HashMap<>();
  private final Map<String, Set<String>> routesOfService = new HashMap<>();
  private final Map<String, Integer> statsIds = new LinkedHashMap<>();
  private final HttpRouteCompiler routeCompiler;
  private final RouteTables tables = new RouteTables();
  private final L4Tables l4Tables;
  private final Gateways gateways;
  private final TlsContexts contexts;
  private final Set<String> staleRoutes = new HashSet<>();
  private RuntimeConfig config = RuntimeConfig.EMPTY;
  private Gateways.Compiled compiled = Gateways.Compiled.NOTHING;
  private Map<InetSocketAddress, String> bindFailures = Map.of();

  /**
   * @param bindAddress for Gateways that name no address
   */
  public ConfigStore(InetAddress bindAddress, TlsContexts contexts) {
    this(bindAddress, contexts, FilterFactories.of());
  }

  /**
   * @param bindAddress for Gateways that name no address
   * @param filters the types of filters that routes may use
   */
  public ConfigStore(InetAddress bindAddress, TlsContexts contexts, FilterFactories filters) {
    this.routeCompiler = new HttpRouteCompiler(clusters, filters);
    this.l4Tables = new L4Tables(routeCompiler);
    this.gateways = new Gateways(bindAddress, contexts);
    this.contexts = contexts;
  }

  /** The TLS contexts of all listeners. */
  public TlsContexts tlsContexts() {
    return contexts;
  }

  /** Takes updates, all of them before anything is compiled. */
  public Applied apply(List<Update> updates, Instant now) {
    List<Rejection> rejected = new ArrayList<>();
    boolean endpointsOnly = true;
    for (Update update : updates) {
      endpointsOnly &= update.type() == ResourceType.ENDPOINTS;
      for (Received resource : update.resources()) {
        take(update.type(), resource, now, rejected);
      }
      for (String name : update.removed()) {
        remove(update.type(), name);
      }
    }
    if (endpointsOnly) {
      return new Applied(config, false, rejected); // clusters were changed in place
    }
    boolean changed = compile();
    return new Applied(config, changed, rejected);
  }

  private void take(ResourceType type, Received resource, Instant now, List<Rejection> rejected) {
    ResourceLedger.Entry entry = ledger.entry(type, resource.name());
    if (entry.holds(resource.version())) {
      entry.unchanged();
      return;
    }
    try {
      put(type, resource);
      entry.applied(resource, now);
    } catch (InvalidResourceException e) {
      Rejection rejection =
          new Rejection(
              resource.name(),
              resource.version(),
              RejectedResource.Reason.INVALID,
              Objects.requireNonNullElse(e.getMessage(), "refused"));
      entry.refused(rejection);
      rejected.add(rejection);
    }
  }

  private void put(ResourceType type, Received resource) throws InvalidResourceException {
    Message message = parse(type, resource);
    switch (type) {
      case SECRET -> secrets.put(resource.name(), certifiedKey(resource.name(), (Secret) message));
      case SERVICE -> {
        Service service = (Service) message;
        sameName("Service", resource, service.getName());
        if (clusters.put(service)) {
          l4Tables.serviceChanged(resource.name());
          staleRoutes.addAll(routesOfService.getOrDefault(resource.name(), Set.of()));
        }
      }
      case ENDPOINTS -> clusters.put(resource.name(), (ClusterLoadAssignment) message);
      case GATEWAY -> {
        Gateway gateway = (Gateway) message;
        sameName("Gateway", resource, gateway.getName());
        gateways.put(gateway);
      }
      case HTTP_ROUTE -> {
        HttpRoute route = (HttpRoute) message;
        sameName("HTTPRoute", resource, route.getName());
        tables.put(routeCompiler.compile(route, statsId(route.getName())));
        forgetServices(resource.name());
        routes.put(resource.name(), route);
        for (String service : HttpRouteCompiler.services(route)) {
          routesOfService.computeIfAbsent(service, _ -> new HashSet<>()).add(resource.name());
        }
      }
      case L4_ROUTE -> {
        L4Route route = (L4Route) message;
        sameName("route", resource, route.getName());
        l4Tables.put(route);
      }
    }
  }

  private static Message parse(ResourceType type, Received resource)
      throws InvalidResourceException {
    if (!resource.body().getTypeUrl().equals(type.typeUrl())) {
      throw Checks.invalid(
          "resource " + resource.name() + " type", resource.body().getTypeUrl(), type.typeUrl());
    }
    try {
      return type.parser().parseFrom(resource.body().getValue());
    } catch (InvalidProtocolBufferException e) {
      throw new InvalidResourceException(
          "resource " + resource.name() + ": not a " + type.typeUrl() + ": " + e.getMessage(), e);
    }
  }

  private static void sameName(String kind, Received resource, String name)
      throws InvalidResourceException {
    if (!resource.name().equals(name)) {
      throw Checks.invalid(kind + " " + resource.name() + " name", name, resource.name());
    }
  }

  private static CertifiedKey certifiedKey(String name, Secret secret)
      throws InvalidResourceException {
    if (!secret.hasTlsCertificate()) {
      throw new InvalidResourceException(
          "Secret " + name + ": " + secret.getTypeCase() + " (expected a TLS certificate)");
    }
    try {
      return CertifiedKey.of(
          text("Secret " + name + " tls.crt", secret.getTlsCertificate().getCertificateChain()),
          text("Secret " + name + " tls.key", secret.getTlsCertificate().getPrivateKey()));
    } catch (InvalidKeyPairException e) {
      throw new InvalidResourceException("Secret " + name + ": " + e.getMessage(), e);
    }
  }

  private static String text(String field, DataSource source) throws InvalidResourceException {
    return switch (source.getSpecifierCase()) {
      case INLINE_BYTES -> source.getInlineBytes().toString(StandardCharsets.ISO_8859_1);
      case INLINE_STRING -> source.getInlineString();
      default ->
          throw new InvalidResourceException(
              field + ": " + source.getSpecifierCase() + " (expected the PEM itself)");
    };
  }

  private void remove(ResourceType type, String name) {
    if (!ledger.remove(type, name)) {
      return;
    }
    switch (type) {
      case SECRET -> secrets.remove(name);
      case SERVICE -> {
        if (clusters.remove(name)) {
          l4Tables.serviceChanged(name);
          staleRoutes.addAll(routesOfService.getOrDefault(name, Set.of()));
        }
      }
      case ENDPOINTS -> clusters.removeAssignment(name);
      case GATEWAY -> gateways.remove(name);
      case HTTP_ROUTE -> {
        tables.remove(name);
        forgetServices(name);
        routes.remove(name);
        staleRoutes.remove(name);
      }
      case L4_ROUTE -> l4Tables.remove(name);
    }
  }

  private void forgetServices(String route) {
    HttpRoute before = routes.get(route);
    if (before != null) {
      for (String service : HttpRouteCompiler.services(before)) {
        Set<String> users = routesOfService.get(service);
        if (users != null) {
          users.remove(route);
          if (users.isEmpty()) {
            routesOfService.remove(service);
          }
        }
      }
    }
  }

  /** Never given away again: a route that comes back goes on with its counters. */
  private int statsId(String route) {
    return statsIds.computeIfAbsent(route, _ -> statsIds.size());
  }

  private boolean compile() {
    for (String name : staleRoutes) {
      HttpRoute route = routes.get(name);
      if (route != null) {
        try {
          tables.put(routeCompiler.compile(route, statsId(name)));
        } catch (InvalidResourceException e) {
          throw new IllegalStateException("HTTPRoute " + name + " compiled before", e);
        }
      }
    }
    staleRoutes.clear();
    tables.compile();
    l4Tables.compile();
    compiled = gateways.compile(tables, l4Tables, secrets);
    // Unchanged sockets are the same objects.
    if (compiled.sockets().equals(config.sockets())
        && compiled.l4Sockets().equals(config.l4Sockets())) {
      return false;
    }
    config = new RuntimeConfig(config.revision() + 1, compiled.sockets(), compiled.l4Sockets());
    return true;
  }

  /** In force now. */
  public RuntimeConfig config() {
    return config;
  }

  /**
   * Takes note of the sockets that could not be bound, as of the newest configuration.
   *
   * @param failures reason by address, for example {@code cannot bind 0.0.0.0:80: permission
   *     denied}
   */
  public void bindFailures(Map<InetSocketAddress, String> failures) {
    bindFailures = Map.copyOf(failures);
  }

  /**
   * Gateways with a listener that does not serve, and why: a certificate that is missing, a
   * conflict, an address that cannot be bound.
   */
  public Map<String, GatewayProblem> gatewayProblems() {
    Map<String, Set<String>> messages = new TreeMap<>();
    Map<String, RejectedResource.Reason> reasons = new HashMap<>();
    for (Gateways.Placement placement : compiled.placements()) {
      Gateways.Problem problem = problem(placement);
      if (problem != null) {
        String gateway = placement.gateway().getName();
        reasons.putIfAbsent(gateway, problem.reason());
        messages
            .computeIfAbsent(gateway, _ -> new LinkedHashSet<>())
            .add(
                "Gateway "
                    + gateway
                    + " listener "
                    + placement.listener().getName()
                    + " "
                    + problem.message());
      }
    }
    Map<String, GatewayProblem> problems = new TreeMap<>();
    messages.forEach(
        (gateway, all) ->
            problems.put(
                gateway,
                new GatewayProblem(
                    Objects.requireNonNull(reasons.get(gateway)), String.join("; ", all))));
    return problems;
  }

  private Gateways.@Nullable Problem problem(Gateways.Placement placement) {
    if (placement.problem() != null) {
      return placement.problem();
    }
    String unbound = bindFailures.get(placement.address());
    return unbound == null ? null : Gateways.Problem.addressNotUsable(unbound);
  }

  /** How many sockets of the newest configuration could not be bound. */
  public long unbound() {
    return config.sockets().stream().filter(s -> bindFailures.containsKey(s.address())).count();
  }

  /** Version of a resource in force; empty if there is none. */
  public String version(ResourceType type, String name) {
    return ledger.version(type, name);
  }

  /**
   * Versions to announce when a stream begins. Resources whose newest version was refused, and
   * Gateways with a problem, are left out, so that they are sent again and answered again.
   */
  public Map<String, String> versions(ResourceType type) {
    return ledger.versions(
        type, type == ResourceType.GATEWAY ? gatewayProblems().keySet() : Set.of());
  }

  /** Everything in force, in the order of {@link ResourceType}: applying it gives this state. */
  public List<Update> inForce() {
    return ledger.inForce();
  }

  /** DNS names of ExternalName services, to be resolved and handed to {@link #resolved}. */
  public Set<String> externalNames() {
    return clusters.externalNames();
  }

  /** Takes what a DNS name resolves to; changes clusters in place. */
  public void resolved(String host, List<InetAddress> addresses) {
    clusters.resolved(host, addresses);
  }

  /** Every cluster by name. */
  public List<Cluster> clusters() {
    return clusters.all();
  }

  /** All resources for people; no content, so no key. */
  public ConfigView view() {
    return ConfigView.of(this);
  }

  List<ConfigView.Resource> resources() {
    return ledger.view(gatewayProblems());
  }

  List<ConfigView.Listener> listeners() {
    return compiled.placements().stream()
        .map(
            placement -> {
              Gateways.Problem problem = problem(placement);
              List<ConfigView.Certificate> certificates = new ArrayList<>();
              for (String secret : placement.listener().getCertificatesList()) {
                CertifiedKey key = secrets.get(secret);
                if (key != null) {
                  certificates.add(ConfigView.Certificate.of(secret, key));
                }
              }
              return new ConfigView.Listener(
                  placement.gateway().getName(),
                  placement.listener().getName(),
                  Gateways.text(placement.address()),
                  placement.listener().getProtocol().name(),
                  placement.listener().getHostname(),
                  certificates,
                  problem == null ? null : problem.message());
            })
        .toList();
  }
}
