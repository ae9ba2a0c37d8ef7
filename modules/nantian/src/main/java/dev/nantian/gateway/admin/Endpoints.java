package dev.nantian.gateway.admin;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** The table of endpoints: finds the one of a method and a path. Immutable. */
public final class Endpoints {
  private final List<Endpoint> all;

  /**
   * @throws IllegalArgumentException if two have the same method and path
   */
  public Endpoints(List<Endpoint> all) {
    this.all = List.copyOf(all);
    long distinct = all.stream().map(e -> e.method() + " " + e.path()).distinct().count();
    if (distinct != all.size()) {
      throw new IllegalArgumentException("two endpoints with the same method and path: " + all);
    }
  }

  public List<Endpoint> all() {
    return all;
  }

  /** An endpoint and the values of its path parameters. */
  record Found(Endpoint endpoint, Map<String, String> parameters) {}

  /** Every endpoint whose template fits, one for each method; empty if the path is unknown. */
  List<Found> at(List<String> segments) {
    var found = new ArrayList<Found>();
    for (Endpoint endpoint : all) {
      fit(endpoint.path(), segments).ifPresent(p -> found.add(new Found(endpoint, p)));
    }
    return found;
  }

  private static Optional<Map<String, String>> fit(String template, List<String> segments) {
    List<String> wanted = segments(template);
    if (wanted.size() != segments.size()) {
      return Optional.empty();
    }
    var parameters = new LinkedHashMap<String, String>();
    for (int i = 0; i < wanted.size(); i++) {
      String part = wanted.get(i);
      String segment = segments.get(i);
      if (part.startsWith("{")) {
        if (segment.isEmpty()) {
          return Optional.empty();
        }
        parameters.put(part.substring(1, part.length() - 1), segment);
      } else if (!part.equals(segment)) {
        return Optional.empty();
      }
    }
    return Optional.of(parameters);
  }

  /** {@code /a/b} as {@code [a, b]}; {@code /} as the empty list. */
  static List<String> segments(String path) {
    String inner = path.startsWith("/") ? path.substring(1) : path;
    return inner.isEmpty() ? List.of() : List.of(inner.split("/", -1));
  }
}
