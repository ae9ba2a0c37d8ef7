package dev.nantian.gateway.proxy.config;

import dev.nantian.gateway.proxy.route.Candidate;
import dev.nantian.gateway.proxy.route.ListenerRoutes;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Which routes serve under which hostname of which listener, kept so that a changed route
 * recompiles the hostnames it names, before or after, and nothing else.
 *
 * <p>Listeners are known by {@code namespace/gateway/listener}; whether one exists is not asked
 * here. Owned by the configuration thread.
 */
final class RouteTables {
  private final Map<String, CompiledRoute> routes = new HashMap<>();
  private final Map<String, Map<String, Map<String, CompiledRoute>>> byListener = new HashMap<>();
  private final Map<String, Set<String>> dirty = new LinkedHashMap<>();
  private final Map<String, ListenerRoutes> compiled = new HashMap<>();

  /** Adds a route or replaces the one of its name. */
  void put(CompiledRoute route) {
    remove(route.name());
    routes.put(route.name(), route);
    route
        .hostnames()
        .forEach(
            (listener, hostnames) -> {
              for (String hostname : hostnames) {
                byListener
                    .computeIfAbsent(listener, _ -> new HashMap<>())
                    .computeIfAbsent(hostname, _ -> new LinkedHashMap<>())
                    .put(route.name(), route);
                touch(listener, hostname);
              }
            });
  }

  /** Takes a route away, if it is there. */
  void remove(String name) {
    CompiledRoute route = routes.remove(name);
    if (route == null) {
      return;
    }
    route
        .hostnames()
        .forEach(
            (listener, hostnames) -> {
              Map<String, Map<String, CompiledRoute>> hosts =
                  byListener.getOrDefault(listener, Map.of());
              for (String hostname : hostnames) {
                Map<String, CompiledRoute> there = hosts.get(hostname);
                if (there != null) {
                  there.remove(name);
                  if (there.isEmpty()) {
                    hosts.remove(hostname);
                  }
                }
                touch(listener, hostname);
              }
            });
  }

  private void touch(String listener, String hostname) {
    dirty.computeIfAbsent(listener, _ -> new LinkedHashSet<>()).add(hostname);
  }

  /**
   * Compiles what was touched since the last call.
   *
   * @return the listeners whose routes changed
   */
  Set<String> compile() {
    Set<String> changed = new LinkedHashSet<>(dirty.keySet());
    dirty.forEach(
        (listener, hostnames) -> {
          Map<String, Map<String, CompiledRoute>> hosts =
              byListener.getOrDefault(listener, Map.of());
          Map<String, List<Candidate>> tables = new LinkedHashMap<>();
          for (String hostname : hostnames) {
            List<Candidate> candidates = new ArrayList<>();
            hosts
                .getOrDefault(hostname, Map.of())
                .values()
                .forEach(route -> candidates.addAll(route.candidates()));
            tables.put(hostname, candidates);
          }
          ListenerRoutes next = compiled.getOrDefault(listener, ListenerRoutes.NONE).with(tables);
          if (hosts.isEmpty()) {
            byListener.remove(listener);
            compiled.remove(listener);
          } else {
            compiled.put(listener, next);
          }
        });
    dirty.clear();
    return changed;
  }

  /** The compiled routes of a listener as of the last {@link #compile()}. */
  ListenerRoutes of(String listener) {
    return compiled.getOrDefault(listener, ListenerRoutes.NONE);
  }
}
