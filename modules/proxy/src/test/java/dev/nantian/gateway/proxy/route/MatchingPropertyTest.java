package dev.nantian.gateway.proxy.route;

import static dev.nantian.gateway.proxy.route.Rules.oneListener;
import static org.assertj.core.api.Assertions.assertThat;

import dev.nantian.gateway.proxy.http.RequestHead;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;

/** The compiled tables agree with the specification's text on small, crowded worlds. */
class MatchingPropertyTest {
  private static final List<String> HOSTNAMES =
      List.of("", "a.example", "b.a.example", "*.example", "*.a.example", "*.b.a.example");
  private static final List<String> HOSTS =
      List.of("a.example", "b.a.example", "c.b.a.example", "x.example", "example", "other", "");
  private static final List<String> PATHS =
      List.of("/", "/a", "/a/", "/a/b", "/a/b/", "/ab", "/a/b/c", "/b", "/a//b", "//", "*");
  private static final List<String> METHODS = List.of("", "GET", "POST");

  record Draft(
      String hostname,
      PathRule path,
      String method,
      List<HeaderRule> headers,
      List<QueryRule> params,
      long created,
      int route,
      int rule) {}

  record Ask(String method, String host, String target, List<String> headers) {}

  @Property(tries = 3000)
  void compiledMatcherEqualsTheSpecification(
      @ForAll("drafts") List<Draft> drafts, @ForAll("asks") List<Ask> asks) {
    // Given
    Map<String, List<Candidate>> world = world(drafts);
    CompiledListeners compiled = oneListener(world);
    ListenerEntry listener = compiled.listeners().getFirst().entry();
    for (Ask ask : asks) {
      RequestHead head =
          Requests.request(
              ask.method(), ask.host(), ask.target(), ask.headers().toArray(String[]::new));
      // When
      RouteTarget target = compiled.match(listener, head);
      // Then
      assertThat(target)
          .as("%s", ask)
          .isEqualTo(
              pathIsAsterisk(ask)
                  ? target // has no elements to compare with: see MatchingTest
                  : NaiveMatcher.match(world, head).map(Candidate::target).orElse(null));
    }
  }

  /** So many on one path that they are divided by header and parameter. */
  @Property(tries = 1000)
  void crowdsOnOnePathEqualTheSpecification(@ForAll long seed) {
    // Given
    Random random = new Random(seed);
    List<Draft> drafts = new ArrayList<>();
    for (int i = 0; i < 60; i++) {
      drafts.add(crowded(random));
    }
    Map<String, List<Candidate>> world = world(drafts);
    CompiledListeners compiled = oneListener(world);
    ListenerEntry listener = compiled.listeners().getFirst().entry();
    for (int i = 0; i < 20; i++) {
      List<String> headers = new ArrayList<>();
      for (int h = random.nextInt(4); h > 0; h--) {
        headers.add("X-H" + random.nextInt(2) + ": " + random.nextInt(9));
      }
      String query = random.nextBoolean() ? "" : "?p=" + random.nextInt(9) + "&p=1&q=1";
      RequestHead head =
          Requests.request(
              random.nextBoolean() ? "GET" : "POST",
              "a.example",
              "/a" + query,
              headers.toArray(String[]::new));
      // When
      RouteTarget target = compiled.match(listener, head);
      // Then
      assertThat(target)
          .isEqualTo(NaiveMatcher.match(world, head).map(Candidate::target).orElse(null));
    }
  }

  private static Draft crowded(Random random) {
    List<HeaderRule> headers = new ArrayList<>();
    for (int h = random.nextInt(3); h > 0; h--) {
      String value = Integer.toString(random.nextInt(9));
      headers.add(
          Rules.header(
              "x-h" + random.nextInt(2), random.nextInt(4) > 0 ? value : value + "," + value));
    }
    List<QueryRule> params = new ArrayList<>();
    for (int q = random.nextInt(3); q > 0; q--) {
      params.add(Rules.query(random.nextBoolean() ? "p" : "q", "" + random.nextInt(9)));
    }
    return new Draft(
        random.nextInt(5) > 0 ? "" : "a.example",
        random.nextInt(4) > 0 ? Rules.prefix("/a") : Rules.exact("/a"),
        METHODS.get(random.nextInt(METHODS.size())),
        headers,
        params,
        random.nextInt(3),
        random.nextInt(4),
        random.nextInt(4));
  }

  @Property(tries = 300)
  void changingOneHostnameAtATimeEndsInTheSameTables(
      @ForAll("drafts") List<Draft> drafts, @ForAll long seed) {
    // Given
    Map<String, List<Candidate>> world = world(drafts);
    List<Map.Entry<String, List<Candidate>>> order = new ArrayList<>(world.entrySet());
    Collections.shuffle(order, new Random(seed));
    ListenerRoutes stepwise = ListenerRoutes.NONE;
    // When
    for (Map.Entry<String, List<Candidate>> entry : order) {
      stepwise = stepwise.with(Map.of(entry.getKey(), List.of(entry.getValue().getFirst())));
      stepwise = stepwise.with(Map.of(entry.getKey(), entry.getValue()));
    }
    // Then
    assertThat(stepwise.ordered()).isEqualTo(ListenerRoutes.NONE.with(world).ordered());
  }

  private static boolean pathIsAsterisk(Ask ask) {
    return ask.target().startsWith("*");
  }

  private static Map<String, List<Candidate>> world(List<Draft> drafts) {
    Map<String, List<Candidate>> world = new LinkedHashMap<>();
    int match = 0;
    for (Draft draft : drafts) {
      int prefixLength = draft.path() instanceof PathRule.Prefix(String text) ? text.length() : -1;
      world
          .computeIfAbsent(draft.hostname(), _ -> new ArrayList<>())
          .add(
              new Candidate(
                  draft.path(),
                  draft.method().getBytes(StandardCharsets.US_ASCII),
                  draft.headers(),
                  draft.params(),
                  draft.created(),
                  new RouteTarget(
                      "ns/r" + draft.route(), draft.rule(), match++, prefixLength, Rules.ACTION)));
    }
    return world;
  }

  @Provide
  Arbitrary<List<Draft>> drafts() {
    Arbitrary<PathRule> paths =
        Arbitraries.oneOf(
            Arbitraries.of("/", "/a", "/a/", "/a/b", "/ab", "/a/b/c").map(PathRule.Prefix::new),
            Arbitraries.of("/", "/a", "/a/", "/a/b").map(PathRule.Exact::new),
            Arbitraries.of("/a.*", "/[ab]", "/a/b", ".*").map(Rules::regex));
    Arbitrary<List<HeaderRule>> headers =
        Arbitraries.of(
                Rules.header("X-One", "1"),
                Rules.header("x-two", "2"),
                Rules.header("X-One", "1,1"))
            .list()
            .ofMaxSize(2);
    Arbitrary<List<QueryRule>> params =
        Arbitraries.of(Rules.query("p", "1"), Rules.query("q", "a b")).list().ofMaxSize(2);
    return Combinators.combine(
            Arbitraries.of(HOSTNAMES),
            paths,
            Arbitraries.of(METHODS),
            headers,
            params,
            Arbitraries.longs().between(0, 2),
            Arbitraries.integers().between(0, 3),
            Arbitraries.integers().between(0, 3))
        .as(Draft::new)
        .list()
        .ofMinSize(1)
        .ofMaxSize(14);
  }

  @Provide
  Arbitrary<List<Ask>> asks() {
    Arbitrary<String> targets =
        Combinators.combine(
                Arbitraries.of(PATHS), Arbitraries.of("", "?", "?p=1", "?q=a+b&p=1", "?p=2&p=1"))
            .as((path, query) -> path + query);
    return Combinators.combine(
            Arbitraries.of("GET", "POST", "get"),
            Arbitraries.of(HOSTS),
            targets,
            Arbitraries.of("X-ONE: 1", "x-two: 2", "X-Two: 3").list().ofMaxSize(3))
        .as(Ask::new)
        .list()
        .ofMinSize(1)
        .ofMaxSize(8);
  }
}
