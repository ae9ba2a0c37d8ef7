package dev.nantian.gateway.proxy.route;

import dev.nantian.gateway.proxy.http.RequestHead;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The hostnames of one listener with their rules.
 *
 * <p>The most specific hostname that fits is searched first: exact, then the longest wildcard, then
 * the rules for every hostname. HTTPRouteSpec.hostnames makes this an order of precedence between
 * routes, not an exclusion: a request that no rule of the more specific hostname accepts goes on to
 * the next one.
 *
 * <p>Immutable. What comes after a hostname is known when it is compiled, so a request costs one
 * lookup, and one for each label of its host if no exact name fits.
 */
final class HostTable {
  private static final PathTable[] NONE = {};

  private final List<PathTable> ordered;
  private final ByteTable<PathTable[]> exact;
  private final ByteTable<PathTable[]> wildcard;
  private final PathTable[] any;

  /**
   * @param tables by hostname: exact, {@code *.suffix}, or empty; lower case
   */
  HostTable(Map<String, PathTable> tables) {
    this.ordered = List.copyOf(tables.values());
    PathTable every = tables.get("");
    this.any = every == null ? NONE : new PathTable[] {every};
    Map<String, PathTable[]> exactChains = new LinkedHashMap<>();
    Map<String, PathTable[]> wildcardChains = new LinkedHashMap<>();
    tables.forEach(
        (hostname, table) -> {
          if (hostname.startsWith("*.")) {
            wildcardChains.put(hostname.substring(1), chain(hostname.substring(1), table, tables));
          } else if (!hostname.isEmpty()) {
            exactChains.put(hostname, chain(hostname, table, tables));
          }
        });
    this.exact = ByteTable.of(exactChains);
    this.wildcard = ByteTable.of(wildcardChains);
  }

  /** The table and those of every wildcard that covers it, the most specific first. */
  private static PathTable[] chain(String name, PathTable first, Map<String, PathTable> tables) {
    List<PathTable> chain = new ArrayList<>();
    chain.add(first);
    for (int dot = name.indexOf('.', 1); dot > 0; dot = name.indexOf('.', dot + 1)) {
      PathTable wider = tables.get("*" + name.substring(dot));
      if (wider != null) {
        chain.add(wider);
      }
    }
    PathTable every = tables.get("");
    if (every != null) {
      chain.add(every);
    }
    return chain.toArray(PathTable[]::new);
  }

  /** Every hostname's table. */
  List<PathTable> tables() {
    return ordered;
  }

  @Nullable RouteTarget match(RequestHead head, @Nullable MatchTrace trace) {
    for (PathTable table : chain(head, trace)) {
      if (trace != null) {
        trace.hostname(table.hostname());
      }
      RouteTarget target = table.match(head, trace);
      if (target != null) {
        return target;
      }
    }
    return null;
  }

  private PathTable[] chain(RequestHead head, @Nullable MatchTrace trace) {
    PathTable[] found =
        Hostnames.lookup(
            exact, wildcard, head.bytes(), head.hostOffset(), head.hostLength(), trace);
    return found == null ? any : found;
  }
}
