package dev.nantian.gateway.proxy.route;

import static dev.nantian.gateway.proxy.route.Requests.request;
import static dev.nantian.gateway.proxy.route.Rules.byHostname;
import static dev.nantian.gateway.proxy.route.Rules.candidate;
import static dev.nantian.gateway.proxy.route.Rules.exact;
import static dev.nantian.gateway.proxy.route.Rules.header;
import static dev.nantian.gateway.proxy.route.Rules.oneListener;
import static dev.nantian.gateway.proxy.route.Rules.prefix;
import static dev.nantian.gateway.proxy.route.Rules.query;
import static org.assertj.core.api.Assertions.assertThat;

import com.google.re2j.Pattern;
import dev.nantian.gateway.proxy.http.HeaderName;
import dev.nantian.gateway.proxy.http.RequestHead;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class MatchingTest {

  @Test
  void listenerIsChosenByHostnameAndItsRoutesAreIsolated() {
    // Given
    CompiledListeners listeners =
        new CompiledListeners(
            List.of(
                listener("", "any"),
                listener("*.example", "wildcard"),
                listener("*.a.example", "longer-wildcard"),
                listener("b.a.example", "exact")));
    // When
    List<String> chosen = new ArrayList<>();
    for (String host :
        List.of("b.a.example", "c.a.example", "d.c.a.example", "a.example", "example", "")) {
      byte[] bytes = host.getBytes(StandardCharsets.US_ASCII);
      ListenerEntry entry =
          Objects.requireNonNull(listeners.listener(bytes, 0, bytes.length), host);
      RouteTarget target = listeners.match(entry, request("GET", host, "/"));
      chosen.add(entry.name() + " " + (target == null ? "404" : target.route()));
    }
    // Then
    assertThat(chosen)
        .containsExactly(
            "exact ns/exact",
            "longer-wildcard ns/longer-wildcard",
            "longer-wildcard ns/longer-wildcard",
            "wildcard ns/wildcard",
            "any ns/any",
            "any ns/any");
  }

  @Test
  void connectionBoundToAnOldEntryFindsTheNewRoutes() {
    // Given
    CompiledListeners before = oneListener(byHostname("", candidate("ns/old", 0, prefix("/"))));
    CompiledListeners after = oneListener(byHostname("", candidate("ns/new", 0, prefix("/"))));
    ListenerEntry bound = before.listeners().getFirst().entry();
    // When
    RouteTarget target = after.match(bound, request("GET", "a.example", "/"));
    // Then
    assertThat(target).isNotNull().extracting(RouteTarget::route).isEqualTo("ns/new");
  }

  @Test
  void longerPrefixWhosePredicatesFailFallsBackToTheShorter() {
    // Given
    CompiledListeners listeners =
        oneListener(
            byHostname(
                "",
                candidate(
                    "ns/r", 0, prefix("/a/b"), "", List.of(header("version", "two")), List.of(), 0),
                "",
                candidate("ns/r", 1, prefix("/a"))));
    // When
    RouteTarget plain = match(listeners, request("GET", "h", "/a/b/c"));
    // Then
    assertThat(plain).isNotNull().extracting(RouteTarget::ruleIndex).isEqualTo(1);
  }

  @Test
  void lessSpecificHostnameServesWhatNoRuleOfTheMoreSpecificAccepts() {
    // Given
    CompiledListeners listeners =
        oneListener(
            byHostname(
                "a.example", candidate("ns/exact", 0, prefix("/only")),
                "*.example", candidate("ns/wildcard", 0, prefix("/"))));
    // When
    RouteTarget other = match(listeners, request("GET", "a.example", "/other"));
    // Then
    assertThat(other).isNotNull().extracting(RouteTarget::route).isEqualTo("ns/wildcard");
  }

  @Test
  void asteriskOfOptionsIsTakenByTheRootPrefixOnly() {
    // Given
    CompiledListeners listeners =
        oneListener(
            byHostname(
                "",
                candidate("ns/deep", 0, prefix("/a")),
                "",
                candidate("ns/root", 0, prefix("/"))));
    // When
    RouteTarget target = match(listeners, request("OPTIONS", "h", "*"));
    // Then
    assertThat(target).isNotNull().extracting(RouteTarget::route).isEqualTo("ns/root");
  }

  @ParameterizedTest
  @CsvSource({
    "/abc, /abc, true",
    "/abc, /abc/, true",
    "/abc, /abc/def, true",
    "/abc, /abcd, false",
    "/abc/, /abc, true",
    "/abc, /Abc, false",
    "/, /anything, true",
    "/a/b, /a, false",
  })
  void prefixesMatchWholeElements(String prefix, String path, boolean expected) {
    // Given
    CompiledListeners listeners = oneListener(byHostname("", candidate("ns/r", 0, prefix(prefix))));
    // When
    RouteTarget target = match(listeners, request("GET", "h", path));
    // Then
    assertThat(target != null).isEqualTo(expected);
  }

  @ParameterizedTest
  @CsvSource({
    "'X-A: 1', true",
    "'x-a: 1', true",
    "'X-A: 2', false",
    "'X-A: 11', false",
    "'X-A: ', false",
    "'X-B: 1', false",
  })
  void headerNamesIgnoreCaseValuesDoNot(String line, boolean expected) {
    assertThat(header("X-A", "1").matches(request("GET", "h", "/", line))).isEqualTo(expected);
  }

  @Test
  void repeatedHeaderIsComparedJoinedByCommas() {
    // Given
    RequestHead head = request("GET", "h", "/", "X-A: 1", "X-B: x", "x-a: 2");
    HeaderRule regex =
        new HeaderRule(HeaderName.of("X-A"), new ValueRule.Regex(Pattern.compile("[12],[12]")));
    // When
    List<Boolean> results =
        List.of(
            header("X-A", "1,2").matches(head),
            header("X-A", "1").matches(head),
            header("X-A", "1,").matches(head),
            header("X-A", "1,2,").matches(head),
            regex.matches(head));
    // Then
    assertThat(results).containsExactly(true, false, false, false, true);
  }

  @ParameterizedTest
  @CsvSource({
    "'a=1', a, 1, true",
    "'b=1&a=1', a, 1, true",
    "'a=2&a=1', a, 1, false",
    "'a=1&a=2', a, 1, true",
    "'A=1', a, 1, false",
    "'%61=1', a, 1, true",
    "'a=%31', a, 1, true",
    "'a=x+y', a, 'x y', true",
    "'a=x%20y', a, 'x y', true",
    "'a=x%2By', a, 'x+y', true",
    "'a=%zz', a, '%zz', true",
    "'a=%3', a, '%3', true",
    "'a=%C3%A9', a, 'é', true",
    "'a', a, '', true",
    "'a=', a, '', true",
    "'a=1=2', a, '1=2', true",
    "'&&a=1', a, 1, true",
    "'', a, 1, false",
    "'ab=1', a, 1, false",
  })
  void queryParametersAreComparedDecodedAndTheFirstDecides(
      String query, String name, String value, boolean expected) {
    assertThat(query(name, value).matches(request("GET", "h", "/?" + query))).isEqualTo(expected);
  }

  @Test
  void regularExpressionOfAParameterSeesTheDecodedValue() {
    // Given
    QueryRule rule = new QueryRule("a", new ValueRule.Regex(Pattern.compile("x y+")));
    // When
    boolean matched = rule.matches(request("GET", "h", "/?a=x%20y%79"));
    // Then
    assertThat(matched).isTrue();
  }

  /** Steps (hash lookups and candidates tried), not time: so the figure is exact. */
  @ParameterizedTest
  @ValueSource(ints = {1, 100, 10_000})
  void costDoesNotGrowWithTheNumberOfRoutes(int routes) {
    // Given
    Map<String, List<Candidate>> world = new LinkedHashMap<>();
    for (int i = 0; i < routes; i++) {
      world
          .computeIfAbsent("h" + i + ".example", _ -> new ArrayList<>())
          .add(candidate("ns/host" + i, 0, exact("/x")));
      world
          .computeIfAbsent("shared.example", _ -> new ArrayList<>())
          .add(candidate("ns/shared" + i, 0, prefix("/p" + i + "/q")));
    }
    CompiledListeners listeners = oneListener(world);
    int last = routes - 1;
    // When
    int exactSteps = steps(listeners, request("GET", "h" + last + ".example", "/x"));
    int prefixSteps =
        steps(listeners, request("GET", "shared.example", "/p" + last + "/q/deep/er/path"));
    // Then
    assertThat(exactSteps).isEqualTo(3); // hostname, path, candidate
    assertThat(prefixSteps).isEqualTo(4); // hostname, two elements, candidate
  }

  private static int steps(CompiledListeners listeners, RequestHead head) {
    int[] count = {0};
    MatchTrace trace =
        new MatchTrace() {
          @Override
          public void step() {
            count[0]++;
          }

          @Override
          public void hostname(String hostname) {}

          @Override
          public void candidate(Candidate candidate, @Nullable String failure) {
            count[0]++;
          }
        };
    RouteTarget target = listeners.match(listeners.listeners().getFirst().entry(), head, trace);
    assertThat(target).isNotNull();
    return count[0];
  }

  private static CompiledListeners.Listener listener(String hostname, String name) {
    return new CompiledListeners.Listener(
        hostname,
        new ListenerEntry("ns/gw", name, 80, null),
        ListenerRoutes.NONE.with(byHostname("", candidate("ns/" + name, 0, prefix("/")))));
  }

  private static @Nullable RouteTarget match(CompiledListeners listeners, RequestHead head) {
    return listeners.match(listeners.listeners().getFirst().entry(), head);
  }
}
