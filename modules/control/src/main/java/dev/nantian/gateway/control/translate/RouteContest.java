package dev.nantian.gateway.control.translate;

import dev.nantian.gateway.control.source.Kind;
import dev.nantian.gateway.control.source.ResourceKey;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * HTTPRoutes and GRPCRoutes that want the same hostname of one listener: exactly one kind gets it
 * (Gateway API v1.5.1, {@code GRPCRouteSpec.hostnames}). The older route has precedence, then the
 * first by {@code namespace/name}, then, of which the specification says nothing, the GRPCRoute. A
 * route that has lost takes nothing from younger ones.
 *
 * <p>The result depends on the claims alone, never on which route was there first or had won
 * before.
 */
final class RouteContest {

  private static final Comparator<Entrant> PRECEDENCE =
      Comparator.comparingLong(Entrant::createdMillis)
          .thenComparing(entrant -> entrant.route().namespace() + "/" + entrant.route().name())
          .thenComparing(entrant -> entrant.route().kind().kindName());

  /** A route at the listener, with its hostnames there. */
  private record Entrant(ResourceKey route, long createdMillis, SortedSet<String> hostnames) {}

  /** Who has a hostname; a lower rank has precedence. */
  private record Holder(int rank, ResourceKey route) {}

  private record Meeting(Holder holder, String hostname) {}

  private RouteContest() {}

  /**
   * The routes that lose a listener.
   *
   * @param listener its name in the object that the claims are on
   */
  static Map<ResourceKey, Fact.Loss> losers(String listener, SortedMap<ResourceKey, Claim> claims) {
    List<Entrant> http = new ArrayList<>();
    List<Entrant> grpc = new ArrayList<>();
    claims.forEach(
        (route, claim) -> {
          if (claim instanceof Claim.Attaches attaches) {
            SortedSet<String> hostnames = attaches.listeners().get(listener);
            if (hostnames != null) {
              Entrant entrant = new Entrant(route, attaches.createdMillis(), hostnames);
              if (route.kind() == Kind.HTTP_ROUTE) {
                http.add(entrant);
              } else if (route.kind() == Kind.GRPC_ROUTE) {
                grpc.add(entrant);
              }
            }
          }
        });
    return http.isEmpty() || grpc.isEmpty()
        ? Map.of()
        : losers(Stream.concat(http.stream(), grpc.stream()).sorted(PRECEDENCE).toList());
  }

  private static Map<ResourceKey, Fact.Loss> losers(List<Entrant> byPrecedence) {
    Held http = new Held();
    Held grpc = new Held();
    Map<ResourceKey, Fact.Loss> losers = new TreeMap<>();
    for (int rank = 0; rank < byPrecedence.size(); rank++) {
      Entrant entrant = byPrecedence.get(rank);
      boolean isHttp = entrant.route().kind() == Kind.HTTP_ROUTE;
      Meeting first = (isHttp ? grpc : http).first(entrant.hostnames());
      if (first == null) {
        (isHttp ? http : grpc).add(entrant.hostnames(), new Holder(rank, entrant.route()));
      } else {
        losers.put(entrant.route(), new Fact.Loss(first.holder().route(), first.hostname()));
      }
    }
    return losers;
  }

  /**
   * The hostnames that one kind has got so far. Asking costs the labels of a hostname, not the
   * number of routes: a Gateway may have thousands.
   */
  private static final class Held {
    private final Map<String, Holder> names = new HashMap<>();
    // By ".example.com": whoever has the oldest of the hostnames that end so.
    private final Map<String, Holder> below = new HashMap<>();
    private @Nullable Holder any;

    void add(SortedSet<String> hostnames, Holder holder) {
      for (String hostname : hostnames) {
        any = any == null ? holder : any;
        names.putIfAbsent(hostname, holder);
        for (String suffix : suffixes(hostname)) {
          below.putIfAbsent(suffix, holder);
        }
      }
    }

    /** Of those that have a hostname in common with these the one with precedence. */
    @Nullable Meeting first(SortedSet<String> hostnames) {
      Meeting first = null;
      for (String hostname : hostnames) {
        Holder holder = first(hostname);
        if (holder != null && (first == null || holder.rank() < first.holder().rank())) {
          first = new Meeting(holder, hostname);
        }
      }
      return first;
    }

    private @Nullable Holder first(String hostname) {
      if (hostname.isEmpty()) {
        return any;
      }
      Holder first = older(names.get(""), names.get(hostname));
      if (hostname.startsWith("*.")) {
        first = older(first, below.get(hostname.substring(1)));
      }
      for (String suffix : suffixes(hostname)) {
        first = older(first, names.get("*" + suffix));
      }
      return first;
    }

    private static @Nullable Holder older(@Nullable Holder a, @Nullable Holder b) {
      return b == null || (a != null && a.rank() < b.rank()) ? a : b;
    }

    /** Of {@code a.b.c}: {@code .b.c} and {@code .c}. */
    private static List<String> suffixes(String hostname) {
      List<String> suffixes = new ArrayList<>();
      for (int dot = hostname.indexOf('.', 1); dot > 0; dot = hostname.indexOf('.', dot + 1)) {
        suffixes.add(hostname.substring(dot));
      }
      return suffixes;
    }
  }
}
