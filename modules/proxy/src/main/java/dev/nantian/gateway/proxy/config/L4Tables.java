package dev.nantian.gateway.proxy.config;

import static dev.nantian.gateway.proxy.config.Checks.invalid;

import dev.nantian.gateway.protocol.config.v1.Attachment;
import dev.nantian.gateway.protocol.config.v1.L4Route;
import dev.nantian.gateway.protocol.config.v1.WeightedBackend;
import dev.nantian.gateway.proxy.route.L4Routes;
import dev.nantian.gateway.proxy.route.L4Target;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * The routes of layer 4, merged by listener.
 *
 * <p>Of several routes for one hostname of a listener the oldest serves, then the first by name
 * (Gateway API, conflict resolution). Listeners are known by {@code namespace/gateway/listener}.
 * Owned by the configuration thread.
 */
final class L4Tables {
  private static final Pattern NAME = Pattern.compile("(TCP|UDP|TLS)Route/[^/]+/[^/]+");

  /** A route with what it was compiled from. */
  private record Compiled(L4Route source, Map<String, Set<String>> hostnames, L4Target target) {}

  private static final Comparator<Compiled> PRECEDENCE =
      Comparator.comparingLong((Compiled route) -> route.source.getCreatedMillis())
          .thenComparing(route -> route.source.getName());

  private final HttpRouteCompiler backends;
  private final Map<String, Compiled> routes = new TreeMap<>();
  private final Map<String, Set<String>> byListener = new HashMap<>();
  private final Map<String, L4Routes> merged = new HashMap<>();
  private final Set<String> dirtyListeners = new HashSet<>();
  private final Set<String> changedServices = new HashSet<>();

  L4Tables(HttpRouteCompiler backends) {
    this.backends = backends;
  }

  /**
   * Adds a route or replaces the one of its name.
   *
   * @throws InvalidResourceException if anything in it cannot be used; nothing is repaired
   */
  void put(L4Route route) throws InvalidResourceException {
    Compiled compiled = compile(route);
    remove(route.getName());
    routes.put(route.getName(), compiled);
    for (String listener : compiled.hostnames.keySet()) {
      byListener.computeIfAbsent(listener, _ -> new HashSet<>()).add(route.getName());
      dirtyListeners.add(listener);
    }
  }

  /** Takes a route away, if it is there. */
  void remove(String name) {
    Compiled route = routes.remove(name);
    if (route == null) {
      return;
    }
    for (String listener : route.hostnames.keySet()) {
      Set<String> there = byListener.get(listener);
      if (there != null) {
        there.remove(name);
        if (there.isEmpty()) {
          byListener.remove(listener);
        }
      }
      dirtyListeners.add(listener);
    }
  }

  /** A cluster of the service came, went or was replaced. */
  void serviceChanged(String service) {
    changedServices.add(service);
  }

  /** Merges what changed since the last call. */
  void compile() {
    if (!changedServices.isEmpty()) {
      for (Compiled route : List.copyOf(routes.values())) {
        if (uses(route.source, changedServices)) {
          try {
            put(route.source);
          } catch (InvalidResourceException e) {
            throw new IllegalStateException(route.source.getName() + " compiled before", e);
          }
        }
      }
      changedServices.clear();
    }
    for (String listener : dirtyListeners) {
      Set<String> names = byListener.get(listener);
      if (names == null) {
        merged.remove(listener);
      } else {
        merged.put(listener, merge(listener, names));
      }
    }
    dirtyListeners.clear();
  }

  /** The routes of a listener as of the last {@link #compile()}. */
  L4Routes of(String listener) {
    return merged.getOrDefault(listener, L4Routes.NONE);
  }

  private L4Routes merge(String listener, Set<String> names) {
    Map<String, L4Target> targets = new LinkedHashMap<>();
    names.stream()
        .map(routes::get)
        .sorted(PRECEDENCE)
        .forEach(
            route ->
                route
                    .hostnames
                    .getOrDefault(listener, Set.of())
                    .forEach(hostname -> targets.putIfAbsent(hostname, route.target)));
    return new L4Routes(targets);
  }

  private static boolean uses(L4Route route, Set<String> services) {
    return route.getBackendsList().stream()
        .anyMatch(
            backend ->
                backend.hasService() && services.contains(backend.getService().getService()));
  }

  private Compiled compile(L4Route route) throws InvalidResourceException {
    if (!NAME.matcher(route.getName()).matches()) {
      throw invalid(
          "L4 route name", route.getName(), "TCPRoute, UDPRoute or TLSRoute/namespace/name");
    }
    String prefix = kind(route);
    if (prefix == null || !route.getName().startsWith(prefix)) {
      throw invalid(route.getName() + " kind", route.getKind(), "that of its name");
    }
    String object = route.getName().replaceFirst("/", " ");
    Map<String, Set<String>> hostnames = new LinkedHashMap<>();
    for (int i = 0; i < route.getAttachmentsCount(); i++) {
      Attachment attachment = route.getAttachments(i);
      String field = object + " attachments[" + i + "]";
      Checks.objectName(field + ".gateway", attachment.getGateway());
      if (attachment.getHostnamesCount() == 0) {
        throw new InvalidResourceException(field + ".hostnames: none (expected at least one)");
      }
      Set<String> names =
          hostnames.computeIfAbsent(
              attachment.getGateway() + "/" + attachment.getListener(), _ -> new LinkedHashSet<>());
      for (String hostname : attachment.getHostnamesList()) {
        names.add(Checks.hostnamePattern(field + ".hostnames", hostname));
      }
    }
    for (int i = 0; i < route.getBackendsCount(); i++) {
      WeightedBackend backend = route.getBackends(i);
      if (backend.getFiltersCount() > 0) {
        throw new InvalidResourceException(
            object + " rules[0].backendRefs[" + i + "].filters: layer 4 has no filters");
      }
    }
    return new Compiled(
        route,
        hostnames,
        new L4Target(
            route.getName(), backends.backends(object + " rules[0]", route.getBackendsList())));
  }

  private static @Nullable String kind(L4Route route) {
    return switch (route.getKind()) {
      case TCP -> "TCPRoute/";
      case UDP -> "UDPRoute/";
      case TLS -> "TLSRoute/";
      case KIND_UNSPECIFIED, UNRECOGNIZED -> null;
    };
  }
}
