package dev.nantian.gateway.control.translate;

import static org.assertj.core.api.Assertions.assertThat;

import dev.nantian.gateway.control.source.Kind;
import dev.nantian.gateway.control.source.ResourceKey;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.SortedMap;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import org.junit.jupiter.api.Test;

class RouteContestTest {
  private static final String LISTENER = "http";

  record Entrant(ResourceKey route, long createdMillis, SortedSet<String> hostnames) {}

  @Test
  void theOlderRouteWins() {
    SortedMap<ResourceKey, Claim> claims =
        claims(http("b", 1, "shop.example"), grpc("a", 2, "shop.example"));

    Map<ResourceKey, Fact.Loss> losers = RouteContest.losers(LISTENER, claims);

    assertThat(losers)
        .isEqualTo(
            Map.of(
                key(Kind.GRPC_ROUTE, "a"),
                new Fact.Loss(key(Kind.HTTP_ROUTE, "b"), "shop.example")));
  }

  @Test
  void ofTheSameAgeTheFirstByNamespaceAndNameWins() {
    SortedMap<ResourceKey, Claim> claims = claims(http("b", 1, ""), grpc("a", 1, "shop.example"));

    Map<ResourceKey, Fact.Loss> losers = RouteContest.losers(LISTENER, claims);

    assertThat(losers)
        .isEqualTo(Map.of(key(Kind.HTTP_ROUTE, "b"), new Fact.Loss(key(Kind.GRPC_ROUTE, "a"), "")));
  }

  @Test
  void namespaceAndNameAreComparedAsOneText() {
    ResourceKey first = new ResourceKey(Kind.HTTP_ROUTE, "a-b", "z");
    ResourceKey second = new ResourceKey(Kind.GRPC_ROUTE, "a", "z");
    SortedMap<ResourceKey, Claim> claims =
        claims(new Entrant(first, 0, names("")), new Entrant(second, 0, names("")));

    Map<ResourceKey, Fact.Loss> losers = RouteContest.losers(LISTENER, claims);

    assertThat(losers).containsOnlyKeys(second); // '-' stands before '/'
  }

  @Test
  void aLoserTakesNothingFromTheThird() {
    SortedMap<ResourceKey, Claim> claims =
        claims(
            http("a", 1, "a.example"),
            grpc("b", 2, "a.example", "b.example"),
            http("c", 3, "b.example"));

    Map<ResourceKey, Fact.Loss> losers = RouteContest.losers(LISTENER, claims);

    assertThat(losers).containsOnlyKeys(key(Kind.GRPC_ROUTE, "b"));
  }

  @Test
  void withoutTheWinnerTheLoserComesUp() {
    SortedMap<ResourceKey, Claim> claims =
        claims(
            http("a", 1, "a.example"),
            grpc("b", 2, "a.example", "b.example"),
            http("c", 3, "b.example"));
    claims.remove(key(Kind.HTTP_ROUTE, "a"));

    Map<ResourceKey, Fact.Loss> losers = RouteContest.losers(LISTENER, claims);

    assertThat(losers)
        .isEqualTo(
            Map.of(
                key(Kind.HTTP_ROUTE, "c"), new Fact.Loss(key(Kind.GRPC_ROUTE, "b"), "b.example")));
  }

  @Test
  void routesOfOneKindAndOfOtherListenersAndKindsDoNotContest() {
    SortedMap<ResourceKey, Claim> claims = claims(http("a", 1, ""), http("b", 2, ""));
    claims.put(
        key(Kind.GRPC_ROUTE, "elsewhere"),
        new Claim.Attaches(3, new TreeMap<>(Map.of("other", names("")))));
    claims.put(key(Kind.TLS_ROUTE, "tls"), claim(0, names("")));
    claims.put(key(Kind.GRPC_ROUTE, "watches"), Claim.WATCHES);

    Map<ResourceKey, Fact.Loss> losers = RouteContest.losers(LISTENER, claims);

    assertThat(losers).isEmpty();
  }

  @Property
  void isWhatComparingEachWithEachGives(@ForAll("entrants") List<Entrant> entrants) {
    Map<ResourceKey, Fact.Loss> losers =
        RouteContest.losers(LISTENER, claims(entrants.toArray(Entrant[]::new)));

    assertThat(losers.keySet()).isEqualTo(losersByComparingEachWithEach(entrants));
    losers.forEach(
        (loser, loss) -> {
          assertThat(loss.winner().kind()).isNotEqualTo(loser.kind());
          assertThat(losers).doesNotContainKey(loss.winner());
        });
  }

  @Property
  void noTwoAcceptedRoutesOfDifferentKindMeet(@ForAll("entrants") List<Entrant> entrants) {
    Map<ResourceKey, Fact.Loss> losers =
        RouteContest.losers(LISTENER, claims(entrants.toArray(Entrant[]::new)));

    List<Entrant> accepted =
        entrants.stream().filter(entrant -> !losers.containsKey(entrant.route())).toList();
    for (Entrant a : accepted) {
      assertThat(accepted).noneMatch(b -> a.route().kind() != b.route().kind() && meet(a, b));
    }
  }

  @Property
  void theOrderInWhichRoutesComeDoesNotMatter(
      @ForAll("entrants") List<Entrant> entrants, @ForAll long seed) {
    List<Entrant> shuffled = new ArrayList<>(entrants);
    Collections.shuffle(shuffled, new Random(seed));

    Map<ResourceKey, Fact.Loss> losers =
        RouteContest.losers(LISTENER, claims(shuffled.toArray(Entrant[]::new)));

    assertThat(losers)
        .isEqualTo(RouteContest.losers(LISTENER, claims(entrants.toArray(Entrant[]::new))));
  }

  @Provide
  Arbitrary<List<Entrant>> entrants() {
    Arbitrary<String> hostname =
        Arbitraries.of(
            "",
            "*.example",
            "a.example",
            "b.example",
            "*.a.example",
            "b.a.example",
            "x.test",
            "*.test",
            "example");
    return Combinators.combine(
            Arbitraries.of(Kind.HTTP_ROUTE, Kind.GRPC_ROUTE),
            Arbitraries.of("a", "b", "c", "d", "e", "f"),
            Arbitraries.longs().between(0, 3),
            hostname.set().ofMinSize(1).ofMaxSize(3))
        .as(
            (kind, name, created, hostnames) ->
                new Entrant(key(kind, name), created, new TreeSet<>(hostnames)))
        .list()
        .uniqueElements(Entrant::route)
        .ofMaxSize(10);
  }

  private static Set<ResourceKey> losersByComparingEachWithEach(List<Entrant> entrants) {
    List<Entrant> order = new ArrayList<>(entrants);
    order.sort(
        (a, b) ->
            a.createdMillis() != b.createdMillis()
                ? Long.compare(a.createdMillis(), b.createdMillis())
                : a.route().name().equals(b.route().name())
                    ? (a.route().kind() == Kind.GRPC_ROUTE ? -1 : 1)
                    : a.route().name().compareTo(b.route().name()));
    List<Entrant> accepted = new ArrayList<>();
    Set<ResourceKey> losers = new TreeSet<>();
    for (Entrant entrant : order) {
      if (accepted.stream()
          .anyMatch(one -> one.route().kind() != entrant.route().kind() && meet(one, entrant))) {
        losers.add(entrant.route());
      } else {
        accepted.add(entrant);
      }
    }
    return losers;
  }

  private static boolean meet(Entrant a, Entrant b) {
    return a.hostnames().stream()
        .anyMatch(
            one ->
                b.hostnames().stream()
                    .anyMatch(other -> Hostnames.intersect(one, other).isPresent()));
  }

  private static Entrant http(String name, long created, String... hostnames) {
    return new Entrant(key(Kind.HTTP_ROUTE, name), created, names(hostnames));
  }

  private static Entrant grpc(String name, long created, String... hostnames) {
    return new Entrant(key(Kind.GRPC_ROUTE, name), created, names(hostnames));
  }

  private static ResourceKey key(Kind kind, String name) {
    return new ResourceKey(kind, "shop", name);
  }

  private static SortedSet<String> names(String... hostnames) {
    return new TreeSet<>(List.of(hostnames));
  }

  private static Claim claim(long created, SortedSet<String> hostnames) {
    return new Claim.Attaches(created, new TreeMap<>(Map.of(LISTENER, hostnames)));
  }

  private static SortedMap<ResourceKey, Claim> claims(Entrant... entrants) {
    SortedMap<ResourceKey, Claim> claims = new TreeMap<>();
    for (Entrant entrant : entrants) {
      claims.put(entrant.route(), claim(entrant.createdMillis(), entrant.hostnames()));
    }
    return claims;
  }
}
