package dev.nantian.gateway.proxy.health;

import static org.assertj.core.api.Assertions.assertThat;

import dev.nantian.gateway.proxy.health.EndpointHealth.State;
import java.net.InetSocketAddress;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.constraints.Size;
import org.junit.jupiter.api.Test;

class EndpointHealthTest {
  private static final OutlierPolicy POLICY =
      new OutlierPolicy(2, 3, 2, 100, 1_000, 8_000, 50, 2, 25);

  private long nowNanos = 17;
  private final ClusterHealth cluster = new ClusterHealth(() -> nowNanos);

  private static InetSocketAddress address(int number) {
    return new InetSocketAddress("10.0.0." + number, 80);
  }

  private List<EndpointHealth> endpoints(int count) {
    cluster.policy(POLICY);
    return cluster.update(IntStream.range(0, count).mapToObj(EndpointHealthTest::address).toList());
  }

  private void pass(long millis) {
    nowNanos += TimeUnit.MILLISECONDS.toNanos(millis);
  }

  private static void fail(EndpointHealth endpoint, Outcome outcome, int times) {
    for (int i = 0; i < times; i++) {
      endpoint.report(outcome, 0);
    }
  }

  @Test
  void failuresInARowEject() {
    for (Outcome outcome : List.of(Outcome.CONNECTION_ERROR, Outcome.ERROR_STATUS)) {
      int limit = outcome == Outcome.CONNECTION_ERROR ? 2 : 3;
      EndpointHealth endpoint = endpoints(2).getFirst();
      fail(endpoint, outcome, limit - 1);
      endpoint.report(Outcome.GOOD, 1);
      fail(endpoint, outcome, limit - 1);
      assertThat(endpoint.state()).isEqualTo(State.HEALTHY);

      endpoint.report(outcome, 0);

      assertThat(endpoint.state()).isEqualTo(State.EJECTED);
      assertThat(endpoint.isUsable()).isFalse();
      cluster.update(List.of());
    }
  }

  @Test
  void slowResponsesInARowEject() {
    EndpointHealth endpoint = endpoints(2).getFirst();
    endpoint.report(Outcome.GOOD, 101);
    endpoint.report(Outcome.GOOD, 100);
    endpoint.report(Outcome.GOOD, 101);
    assertThat(endpoint.isUsable()).isTrue();

    endpoint.report(Outcome.GOOD, 5_000);

    assertThat(endpoint.isUsable()).isFalse();
  }

  @Test
  void oneRequestAtATimeProbesUntilEnoughSucceeded() {
    EndpointHealth endpoint = endpoints(2).getFirst();
    fail(endpoint, Outcome.CONNECTION_ERROR, 2);
    pass(999);
    assertThat(endpoint.isUsable()).isFalse();
    pass(1);
    assertThat(endpoint.isUsable()).isTrue();
    endpoint.picked();
    assertThat(endpoint.state()).isEqualTo(State.PROBING);
    assertThat(endpoint.isUsable()).as("a second one beside the probe").isFalse();
    endpoint.report(Outcome.GOOD, 1);
    assertThat(endpoint.isUsable()).as("the next probe").isTrue();
    endpoint.picked();

    endpoint.report(Outcome.GOOD, 1);

    assertThat(endpoint.state()).isEqualTo(State.HEALTHY);
    assertThat(endpoint.ageNanos()).as("slow start begins anew").isZero();
  }

  @Test
  void aLostProbeIsFollowedByAnother() {
    EndpointHealth endpoint = endpoints(2).getFirst();
    fail(endpoint, Outcome.CONNECTION_ERROR, 2);
    pass(1_000);
    endpoint.picked();
    pass(999);
    assertThat(endpoint.isUsable()).isFalse();

    pass(1);

    assertThat(endpoint.isUsable()).isTrue();
  }

  @Test
  void ejectionsGrowToALimitAndAreForgottenAfterAGoodTime() {
    EndpointHealth endpoint = endpoints(2).getFirst();
    List<Long> times = new ArrayList<>();
    fail(endpoint, Outcome.CONNECTION_ERROR, 2);
    for (int i = 0; i < 5; i++) {
      times.add(endpoint.millisUntilTried());
      pass(endpoint.millisUntilTried());
      endpoint.picked();
      endpoint.report(Outcome.CONNECTION_ERROR, 0); // one failure is enough for a probe
    }
    assertThat(times).containsExactly(1_000L, 2_000L, 4_000L, 8_000L, 8_000L);
    pass(8_000);
    for (int i = 0; i < 2; i++) {
      endpoint.picked();
      endpoint.report(Outcome.GOOD, 1);
    }
    pass(8_001);

    fail(endpoint, Outcome.CONNECTION_ERROR, 2);

    assertThat(endpoint.millisUntilTried()).isEqualTo(1_000);
  }

  @Test
  void answersToOldRequestsDoNotEndAnEjection() {
    EndpointHealth endpoint = endpoints(2).getFirst();
    fail(endpoint, Outcome.CONNECTION_ERROR, 2);

    endpoint.report(Outcome.GOOD, 1);

    assertThat(endpoint.state()).isEqualTo(State.EJECTED);
  }

  @Test
  void theOnlyEndpointIsNeverEjected() {
    EndpointHealth endpoint = endpoints(1).getFirst();

    fail(endpoint, Outcome.CONNECTION_ERROR, 100);

    assertThat(endpoint.isUsable()).isTrue();
    assertThat(cluster.ejections()).isZero();
  }

  @Property(tries = 200)
  void noMoreThanTheLimitIsEjected(
      @ForAll @IntRange(min = 1, max = 20) int count,
      @ForAll @IntRange(min = 0, max = 100) int percent,
      @ForAll @Size(max = 60) List<@IntRange(min = 0, max = 19) Integer> failing) {
    // Given
    ClusterHealth fresh = new ClusterHealth(() -> 0);
    List<EndpointHealth> endpoints =
        fresh.update(IntStream.range(0, count).mapToObj(EndpointHealthTest::address).toList());
    fresh.policy(new OutlierPolicy(1, 1, 0, 0, 1_000, 8_000, percent, 1, 0));
    // When
    failing.forEach(i -> endpoints.get(i % count).report(Outcome.CONNECTION_ERROR, 0));
    // Then
    long out = endpoints.stream().filter(e -> e.state() == State.EJECTED).count();
    assertThat(out).isLessThanOrEqualTo((long) count * percent / 100);
  }

  @Test
  void failedChecksTakeAnEndpointOutUntilOnePasses() {
    EndpointHealth endpoint = endpoints(3).getFirst();
    endpoint.checked(false);
    assertThat(endpoint.isUsable()).isFalse();
    endpoint.report(Outcome.GOOD, 1);
    assertThat(endpoint.isUsable()).isFalse();

    endpoint.checked(true);

    assertThat(endpoint.isUsable()).isTrue();
  }

  @Test
  void healthIsIgnoredWhileTooFewAreAvailable() {
    List<EndpointHealth> endpoints = endpoints(4);
    endpoints.subList(0, 3).forEach(endpoint -> endpoint.checked(false));
    assertThat(cluster.isPanicking()).as("25 percent are available").isFalse();
    assertThat(endpoints.getFirst().isUsable()).isFalse();

    endpoints.get(3).checked(false);

    assertThat(cluster.isPanicking()).isTrue();
    assertThat(endpoints).allMatch(EndpointHealth::isUsable);
  }

  @Test
  void anEndpointThatStaysKeepsItsState() {
    EndpointHealth endpoint = endpoints(2).getFirst();
    fail(endpoint, Outcome.CONNECTION_ERROR, 2);

    List<EndpointHealth> after = cluster.update(List.of(address(7), address(0), address(8)));

    assertThat(after.get(1)).isSameAs(endpoint);
    assertThat(after.get(1).state()).isEqualTo(State.EJECTED);
    assertThat(after.get(0).ageNanos()).as("a newcomer").isZero();
    assertThat(endpoint.ageNanos()).as("of the first ones").isGreaterThan(1L << 60);
  }
}
