package dev.nantian.gateway.proxy.route;

import static org.assertj.core.api.Assertions.assertThat;

import dev.nantian.gateway.proxy.http.RequestHead;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Rules that share a path and differ in a header or query parameter. */
class ManyCandidatesTest {
  private static final class Count implements MatchTrace {
    private int tried;

    @Override
    public void step() {}

    @Override
    public void hostname(String hostname) {}

    @Override
    public void candidate(Candidate candidate, @Nullable String failure) {
      tried++;
    }
  }

  private static CompiledListeners tenants(int count) {
    List<Candidate> candidates = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      candidates.add(
          Rules.candidate(
              "ns/h" + i,
              0,
              Rules.prefix("/"),
              "",
              List.of(Rules.header("X-Tenant", "t" + i)),
              List.of(),
              0));
      candidates.add(
          Rules.candidate(
              "ns/q" + i,
              0,
              Rules.prefix("/"),
              "",
              List.of(),
              List.of(Rules.query("tenant", "t " + i)),
              0));
    }
    candidates.add(Rules.candidate("ns/rest", 0, Rules.prefix("/")));
    return Rules.oneListener(Map.of("", candidates));
  }

  private static @Nullable String route(
      CompiledListeners listeners, MatchTrace trace, String target, String... headers) {
    RequestHead head = Requests.request("GET", "a.example", target, headers);
    RouteTarget found = listeners.match(listeners.listeners().getFirst().entry(), head, trace);
    return found == null ? null : found.route();
  }

  @ParameterizedTest
  @ValueSource(ints = {2, 20, 1000, 10_000})
  void areFoundAtACostThatDoesNotGrow(int count) {
    CompiledListeners listeners = tenants(count);
    String last = "t" + (count - 1);
    Count count1 = new Count();
    Count count2 = new Count();
    Count count3 = new Count();

    assertThat(route(listeners, count1, "/a", "x-tenant: " + last)).isEqualTo("ns/h" + (count - 1));
    assertThat(route(listeners, count2, "/a?tenant=t+" + (count - 1)))
        .isEqualTo("ns/q" + (count - 1));
    assertThat(route(listeners, count3, "/a", "x-tenant: nobody")).isEqualTo("ns/rest");

    assertThat(List.of(count1.tried, count2.tried, count3.tried))
        .allSatisfy(tried -> assertThat(tried).isLessThanOrEqualTo(8));
  }

  @Test
  void severalLinesOfAHeaderAreOneValue() {
    List<Candidate> candidates = new ArrayList<>();
    for (int i = 0; i < 50; i++) {
      candidates.add(
          Rules.candidate(
              "ns/r" + i,
              0,
              Rules.exact("/"),
              "",
              List.of(Rules.header("X-Tenant", i + "," + i)),
              List.of(),
              0));
    }
    CompiledListeners listeners = Rules.oneListener(Map.of("", candidates));

    assertThat(route(listeners, new Count(), "/", "X-Tenant: 7", "x-tenant: 7")).isEqualTo("ns/r7");
  }
}
