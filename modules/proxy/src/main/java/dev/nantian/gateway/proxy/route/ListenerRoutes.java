package dev.nantian.gateway.proxy.route;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Collectors;

/**
 * The rules of all routes attached to one listener, compiled by hostname.
 *
 * <p>Immutable: {@link #with} gives a new value that shares the tables of every hostname it does
 * not name, so a change costs the size of the hostnames that it touches, and pointers for the rest.
 */
public final class ListenerRoutes {
  /** No route. */
  public static final ListenerRoutes NONE = new ListenerRoutes(Map.of());

  private final Map<String, PathTable> tables;
  private final HostTable hosts;

  private ListenerRoutes(Map<String, PathTable> tables) {
    this.tables = tables;
    this.hosts = new HostTable(tables);
  }

  /**
   * These routes with the candidates of some hostnames replaced.
   *
   * @param changed all candidates of each changed hostname; an empty list removes the hostname
   */
  public ListenerRoutes with(Map<String, List<Candidate>> changed) {
    Map<String, PathTable> next = new LinkedHashMap<>(tables);
    changed.forEach(
        (hostname, candidates) -> {
          if (candidates.isEmpty()) {
            next.remove(hostname);
          } else {
            next.put(hostname, new PathTable(hostname, candidates));
          }
        });
    return new ListenerRoutes(next);
  }

  HostTable hosts() {
    return hosts;
  }

  PathTable table(String hostname) {
    PathTable table = tables.get(hostname);
    if (table == null) {
      throw new IllegalArgumentException("hostname " + hostname + ": no table");
    }
    return table;
  }

  /** Every hostname with its candidates in the order in which they are tried. */
  public Map<String, List<Candidate>> ordered() {
    return tables.values().stream()
        .collect(
            Collectors.toMap(
                PathTable::hostname,
                PathTable::ordered,
                (a, b) -> {
                  List<Candidate> both = new ArrayList<>(a);
                  both.addAll(b);
                  return both;
                },
                TreeMap::new));
  }
}
