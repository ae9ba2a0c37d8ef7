package dev.nantian.gateway.proxy;

import static org.assertj.core.api.Assertions.assertThat;

import dev.nantian.gateway.proxy.RawClient.Response;
import dev.nantian.gateway.proxy.balance.BalancePolicy;
import dev.nantian.gateway.proxy.balance.BalancePolicy.Algorithm;
import dev.nantian.gateway.proxy.balance.HashKey;
import dev.nantian.gateway.proxy.config.Cluster;
import dev.nantian.gateway.proxy.config.ClusterPolicy;
import dev.nantian.gateway.proxy.config.Endpoint;
import dev.nantian.gateway.proxy.filter.HeaderEdits;
import dev.nantian.gateway.proxy.health.EndpointHealth.State;
import dev.nantian.gateway.proxy.health.OutlierPolicy;
import dev.nantian.gateway.proxy.http.HeaderName;
import dev.nantian.gateway.proxy.retry.BudgetPolicy;
import dev.nantian.gateway.proxy.retry.CircuitLimits;
import dev.nantian.gateway.proxy.retry.RetryPolicy;
import dev.nantian.gateway.proxy.route.RuleAction;
import dev.nantian.gateway.proxy.route.RuleTraffic;
import dev.nantian.gateway.proxy.session.SessionPolicy;
import dev.nantian.gateway.proxy.session.SessionSeal;
import java.io.IOException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Backends that die, fail and come back under load. */
class ResilienceIT {
  private static final OutlierPolicy QUICK = new OutlierPolicy(2, 5, 0, 0, 200, 1_000, 50, 3, 25);
  private static final RetryPolicy RETRIES = new RetryPolicy(2, Set.of(503), 0, true);

  private final List<NumberedBackend> backends = new ArrayList<>();

  private Cluster cluster(int count, ClusterPolicy policy) {
    for (int i = 0; i < count; i++) {
      backends.add(new NumberedBackend(i));
    }
    Cluster cluster = new Cluster("test/backend:80", Cluster.Protocol.HTTP1);
    cluster.policy(policy);
    cluster.endpoints(backends.stream().map(b -> new Endpoint(b.address())).toList());
    return cluster;
  }

  private static ClusterPolicy policy(OutlierPolicy outliers) {
    return policy(BalancePolicy.DEFAULT, outliers);
  }

  private static ClusterPolicy policy(BalancePolicy balance, OutlierPolicy outliers) {
    return new ClusterPolicy(
        balance, outliers, BudgetPolicy.DEFAULT, CircuitLimits.OFF, null, null);
  }

  private static TestProxy proxy(Cluster cluster, RetryPolicy retry, int loops) {
    return proxy(cluster, new RuleTraffic(retry, null), loops, 0);
  }

  private static TestProxy proxy(Cluster cluster, RuleTraffic traffic, int loops, long tryMillis) {
    RuleAction action =
        new RuleAction(
            0,
            HeaderEdits.NONE,
            HeaderEdits.NONE,
            null,
            null,
            0,
            tryMillis,
            TestTable.to(cluster),
            traffic);
    return new TestProxy(
        DataPlaneSettings.DEFAULT, loops, false, new TestTable().rule("/", action));
  }

  @AfterEach
  void closeBackends() {
    backends.forEach(NumberedBackend::close);
  }

  private State state(Cluster cluster, int backend) {
    return Objects.requireNonNull(cluster.health().of(backends.get(backend).address())).state();
  }

  /** Sends GETs one after the other on each of some connections until told to stop. */
  private static final class Load implements AutoCloseable {
    private final AtomicBoolean stopped = new AtomicBoolean();
    private final AtomicInteger good = new AtomicInteger();
    private final AtomicInteger failed = new AtomicInteger();
    private final CountDownLatch over;

    Load(TestProxy proxy, int connections) {
      over = new CountDownLatch(connections);
      for (int i = 0; i < connections; i++) {
        Thread.ofVirtual().start(() -> run(proxy));
      }
    }

    private void run(TestProxy proxy) {
      while (!stopped.get()) {
        try (RawClient client = proxy.client()) {
          while (!stopped.get()) {
            (client.get("/").status() == 200 ? good : failed).incrementAndGet();
          }
        } catch (IOException e) {
          failed.incrementAndGet();
        }
      }
      over.countDown();
    }

    int sent() {
      return good.get() + failed.get();
    }

    void awaitMore(int count) {
      int from = sent();
      TestProxy.eventually(count + " more requests", () -> sent() >= from + count);
    }

    @Override
    public void close() {
      stopped.set(true);
      TestProxy.eventually("load ended", () -> over.getCount() == 0);
    }
  }

  @Test
  void aBackendThatDiesUnderLoadIsNotNoticedWithRetries() throws Exception {
    Cluster cluster = cluster(2, policy(QUICK));
    try (TestProxy proxy = proxy(cluster, RETRIES, 2);
        Load load = new Load(proxy, 16)) {
      load.awaitMore(1_000);

      backends.get(0).die();

      TestProxy.eventually("ejected", () -> state(cluster, 0) != State.HEALTHY);
      load.awaitMore(2_000);
      System.out.println(
          "dies under load, retries on: sent="
              + load.sent()
              + " failed="
              + load.failed.get()
              + " ejections="
              + cluster.health().ejections());
      assertThat(load.failed.get()).isZero();
    }
  }

  @Test
  void withoutRetriesEjectionKeepsTheFailuresFew() throws Exception {
    Cluster cluster = cluster(2, policy(QUICK));
    try (TestProxy proxy = proxy(cluster, RetryPolicy.OFF, 2);
        Load load = new Load(proxy, 16)) {
      load.awaitMore(1_000);

      backends.get(0).die();

      TestProxy.eventually("ejected", () -> state(cluster, 0) != State.HEALTHY);
      long ejections = cluster.health().ejections();
      TestProxy.eventually(
          "ejected again after a probe", () -> cluster.health().ejections() > ejections);
      int sentBefore = load.sent();
      int failedBefore = load.failed.get();
      load.awaitMore(3_000);
      int sent = load.sent() - sentBefore;
      int failed = load.failed.get() - failedBefore;
      System.out.printf(
          "dies under load, retries off: failed until the second ejection=%d of %d, after it %d of"
              + " %d (%.2f %% of its share of one half)%n",
          failedBefore, sentBefore, failed, sent, 200.0 * failed / sent);
      assertThat(failed).isLessThanOrEqualTo(sent / 2 / 20);
    }
  }

  @Test
  void aBackendThatComesBackIsProbedAndServesAgain() throws Exception {
    Cluster cluster = cluster(2, policy(QUICK));
    try (TestProxy proxy = proxy(cluster, RETRIES, 2);
        Load load = new Load(proxy, 8)) {
      load.awaitMore(200);
      backends.get(0).die();
      TestProxy.eventually("ejected", () -> state(cluster, 0) == State.EJECTED);
      int before = backends.get(0).requests();

      backends.get(0).comeBack();

      TestProxy.eventually("well again", () -> state(cluster, 0) == State.HEALTHY);
      TestProxy.eventually("serves", () -> backends.get(0).requests() > before + 100);
      assertThat(load.failed.get()).isZero();
    }
  }

  @Test
  void errorStatusesEjectWhereThePolicySaysSo() throws Exception {
    Cluster cluster = cluster(2, policy(QUICK));
    try (TestProxy proxy = proxy(cluster, RetryPolicy.OFF, 1);
        Load load = new Load(proxy, 4)) {
      backends.get(1).answerWith(500);
      TestProxy.eventually("ejected", () -> state(cluster, 1) != State.HEALTHY);

      backends.get(1).answerWith(200);

      TestProxy.eventually("well again", () -> state(cluster, 1) == State.HEALTHY);
      System.out.println("5xx: failed=" + load.failed.get() + " of " + load.sent());
    }
  }

  @Test
  void aStatusThatTheRuleNamesIsTriedElsewhere() throws Exception {
    Cluster cluster = cluster(2, policy(OutlierPolicy.DEFAULT));
    backends.get(0).answerWith(503);
    try (TestProxy proxy = proxy(cluster, RETRIES, 1);
        RawClient client = proxy.client()) {
      for (int i = 0; i < 20; i++) {
        Response response = client.get("/");
        assertThat(response.status()).isEqualTo(200);
        assertThat(response.body()).isEqualTo("1");
      }
      assertThat(proxy.metrics()).containsPattern("nantian_backend_retries_total\\{[^}]*} [1-9]");
    }
  }

  /** A short rest of a response is read for the sake of its connection; a long one is not. */
  @ParameterizedTest
  @CsvSource({
    "0, '', 1",
    "10, '', 1",
    "70000, '', 2",
    "10, 'Connection: close\r\n', 2",
    "-10, '', 1"
  })
  void aStatusThatIsTriedAgainKeepsItsConnectionIfTheRestIsShort(
      int length, String field, int connections) throws Exception {
    AtomicInteger requests = new AtomicInteger();
    String data = "x".repeat(Math.abs(length));
    String body =
        length < 0
            ? "Transfer-Encoding: chunked\r\n\r\n"
                + Integer.toHexString(-length)
                + "\r\n"
                + data
                + "\r\n0\r\n\r\n"
            : "Content-Length: " + length + "\r\n\r\n" + data;
    try (RawBackend backend =
        new RawBackend(
            connection -> {
              while (true) {
                connection.head();
                connection.send(
                    requests.incrementAndGet() % 2 == 1
                        ? "HTTP/1.1 503 Not Now\r\n" + field + body
                        : "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok");
              }
            })) {
      Cluster cluster = TestTable.cluster(backend.address());
      try (TestProxy proxy = proxy(cluster, RETRIES, 1);
          RawClient client = proxy.client()) {
        Response response = client.get("/");

        assertThat(response.status()).isEqualTo(200);
        assertThat(response.body()).isEqualTo("ok");
        assertThat(requests.get()).isEqualTo(2);
        assertThat(backend.accepted()).isEqualTo(connections);
      }
    }
  }

  @Test
  void aSmallBodyIsSentAgainAndALargeOneIsNot() throws Exception {
    Cluster cluster =
        cluster(2, policy(BalancePolicy.of(Algorithm.ROUND_ROBIN), OutlierPolicy.DEFAULT));
    backends.get(0).answerWith(503);
    try (TestProxy proxy = proxy(cluster, RETRIES, 1);
        RawClient client = proxy.client()) {
      for (int i = 0; i < 4; i++) {
        Response small = put(client, "abc");
        assertThat(small.status()).isEqualTo(200);
        assertThat(small.body()).isEqualTo("1abc");
      }
      Set<Integer> statuses = new java.util.HashSet<>();
      for (int i = 0; i < 4; i++) {
        statuses.add(put(client, "x".repeat(100_000)).status());
      }
      assertThat(statuses).contains(503);
    }
  }

  private static Response put(RawClient client, String body) throws IOException {
    return client
        .send("PUT / HTTP/1.1\r\nHost: x\r\nContent-Length: " + body.length() + "\r\n\r\n" + body)
        .receive();
  }

  @Test
  void whatIsNotIdempotentIsNotSentTwice() throws Exception {
    Cluster cluster =
        cluster(2, policy(BalancePolicy.of(Algorithm.ROUND_ROBIN), OutlierPolicy.DEFAULT));
    backends.forEach(backend -> backend.answerWith(503));
    try (TestProxy proxy = proxy(cluster, RETRIES, 1);
        RawClient client = proxy.client()) {
      Response response =
          client.send("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n").receive();

      assertThat(response.status()).isEqualTo(503);
      assertThat(backends.get(0).requests() + backends.get(1).requests()).isEqualTo(1);
    }
  }

  @Test
  void attemptsAndBudgetEndTheTries() throws Exception {
    Cluster cluster =
        cluster(
            1,
            new ClusterPolicy(
                BalancePolicy.DEFAULT,
                OutlierPolicy.DEFAULT,
                new BudgetPolicy(50, 0, 3_600_000),
                CircuitLimits.OFF,
                null,
                null));
    backends.get(0).answerWith(503);
    try (TestProxy proxy = proxy(cluster, new RetryPolicy(3, Set.of(503), 5, true), 1);
        RawClient client = proxy.client()) {
      for (int i = 0; i < 20; i++) {
        assertThat(client.get("/").status()).isEqualTo(503);
      }
      assertThat(backends.get(0).requests()).as("20 and half as many again").isEqualTo(30);
      assertThat(proxy.metrics()).contains("nantian_backend_retries_denied_total");
    }
  }

  @Test
  void aTryThatTimesOutIsFollowedByAnother() throws Exception {
    try (RawBackend silent =
        new RawBackend(
            connection -> connection.in().transferTo(java.io.OutputStream.nullOutputStream()))) {
      Cluster cluster = cluster(1, policy(OutlierPolicy.DEFAULT));
      cluster.endpoints(
          List.of(new Endpoint(silent.address()), new Endpoint(backends.get(0).address())));
      try (TestProxy proxy = proxy(cluster, new RuleTraffic(RETRIES, null), 1, 2_000);
          RawClient client = proxy.client()) {
        for (int i = 0; i < 8; i++) {
          assertThat(client.get("/").status()).isEqualTo(200);
        }
        assertThat(silent.accepted()).isPositive();
      }
    }
  }

  @Test
  void aLimitOfRequestsIsAnswered503() throws Exception {
    var released = new CountDownLatch(1);
    try (RawBackend slow =
        new RawBackend(
            connection -> {
              connection.head();
              try {
                released.await();
              } catch (InterruptedException e) {
                throw new IOException(e);
              }
              connection.send("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
            })) {
      Cluster cluster = TestTable.cluster(slow.address());
      cluster.policy(limited(new CircuitLimits(10, 10, 1, 1)));
      try (TestProxy proxy = proxy(cluster, RETRIES, 2);
          RawClient first = proxy.client();
          RawClient second = proxy.client()) {
        first.send("GET / HTTP/1.1\r\nHost: x\r\n\r\n");
        TestProxy.eventually("under way", () -> cluster.counts().requests() == 1);

        Response refused = second.get("/");

        assertThat(refused.status()).isEqualTo(503);
        assertThat(refused.body()).isEqualTo("503 the backend has too many requests under way\n");
        released.countDown();
        assertThat(first.receive().status()).isEqualTo(200);
        TestProxy.eventually("counted down", () -> cluster.counts().requests() == 0);
        assertThat(second.get("/").status()).isEqualTo(200);
      }
    }
  }

  @Test
  void aLimitOfConnectionsLetsNoMoreWaitThanAllowed() throws Exception {
    var released = new CountDownLatch(1);
    try (RawBackend slow =
        new RawBackend(
            connection -> {
              while (true) {
                connection.head();
                try {
                  released.await();
                } catch (InterruptedException e) {
                  throw new IOException(e);
                }
                connection.send("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
              }
            })) {
      Cluster cluster = TestTable.cluster(slow.address());
      cluster.policy(limited(new CircuitLimits(1, 1, 100, 1)));
      try (TestProxy proxy = proxy(cluster, RETRIES, 1);
          RawClient first = proxy.client();
          RawClient second = proxy.client();
          RawClient third = proxy.client()) {
        first.send("GET /1 HTTP/1.1\r\nHost: x\r\n\r\n");
        second.send("GET /2 HTTP/1.1\r\nHost: x\r\n\r\n");
        TestProxy.eventually("under way", () -> cluster.counts().requests() == 2);

        Response refused = third.get("/3");

        assertThat(refused.status()).isEqualTo(503);
        released.countDown();
        assertThat(first.receive().status()).isEqualTo(200);
        assertThat(second.receive().status()).isEqualTo(200);
        assertThat(slow.accepted()).isEqualTo(1);
      }
    }
  }

  private static ClusterPolicy limited(CircuitLimits limits) {
    return new ClusterPolicy(
        BalancePolicy.DEFAULT, OutlierPolicy.DEFAULT, BudgetPolicy.DEFAULT, limits, null, null);
  }

  @Test
  void keysStayWithTheirEndpointsWhileOthersComeAndGo() throws Exception {
    HashKey key = new HashKey.Header(HeaderName.of("x-user"));
    for (Algorithm algorithm : List.of(Algorithm.RING_HASH, Algorithm.MAGLEV)) {
      backends.forEach(NumberedBackend::close);
      backends.clear();
      Cluster cluster =
          cluster(5, policy(BalancePolicy.hashing(algorithm, key), OutlierPolicy.DEFAULT));
      try (TestProxy proxy = proxy(cluster, RETRIES, 2)) {
        Map<Integer, String> before = owners(proxy);
        assertThat(owners(proxy)).as("%s on other loops", algorithm).isEqualTo(before);

        cluster.endpoints(
            backends.subList(0, 4).stream().map(b -> new Endpoint(b.address())).toList());

        Map<Integer, String> after = owners(proxy);
        long moved =
            before.entrySet().stream()
                .filter(e -> !e.getValue().equals("4"))
                .filter(e -> !e.getValue().equals(after.get(e.getKey())))
                .count();
        System.out.println(
            algorithm
                + ": of 200 keys, "
                + moved
                + " of endpoints that stayed moved when 1 of 5 left");
        assertThat(moved).isLessThanOrEqualTo(algorithm == Algorithm.RING_HASH ? 0 : 10);
        cluster.endpoints(backends.stream().map(b -> new Endpoint(b.address())).toList());
        assertThat(owners(proxy)).isEqualTo(before);
      }
    }
  }

  private static Map<Integer, String> owners(TestProxy proxy) throws IOException {
    Map<Integer, String> owners = new HashMap<>();
    for (int connection = 0; connection < 4; connection++) {
      try (RawClient client = proxy.client()) {
        for (int user = connection * 50; user < connection * 50 + 50; user++) {
          Response response =
              client.send("GET / HTTP/1.1\r\nHost: x\r\nX-User: " + user + "\r\n\r\n").receive();
          owners.put(user, response.body());
        }
      }
    }
    return owners;
  }

  private static SessionPolicy sessions(SessionPolicy.Type type) {
    return new SessionPolicy(
        HeaderName.of("stick"), type, 3600, 600, true, new SessionSeal(new byte[32]));
  }

  @Test
  void aCookieKeepsAClientWithItsEndpoint() throws Exception {
    stays(
        SessionPolicy.Type.COOKIE,
        response -> {
          String set = response.field("set-cookie");
          return set == null ? null : "Cookie: a=b; " + set.substring(0, set.indexOf(';'));
        });
  }

  @Test
  void aHeaderKeepsAClientWithItsEndpoint() throws Exception {
    stays(
        SessionPolicy.Type.HEADER,
        response -> {
          String value = response.field("stick");
          return value == null ? null : "stick: " + value;
        });
  }

  private void stays(SessionPolicy.Type type, Function<Response, @Nullable String> told)
      throws Exception {
    Cluster cluster = cluster(4, policy(QUICK));
    RuleTraffic traffic = new RuleTraffic(RETRIES, sessions(type));
    try (TestProxy proxy = proxy(cluster, traffic, 2, 0);
        RawClient client = proxy.client()) {
      Response first = client.get("/");
      String field = Objects.requireNonNull(told.apply(first));
      for (int i = 0; i < 20; i++) {
        Response next = client.send("GET / HTTP/1.1\r\nHost: x\r\n" + field + "\r\n\r\n").receive();
        assertThat(next.body()).isEqualTo(first.body());
        assertThat(told.apply(next)).as("told again").isNull();
      }
      // When its endpoint is gone
      int owner = Integer.parseInt(first.body());
      List<Endpoint> rest = new ArrayList<>(cluster.endpoints());
      rest.remove(owner);
      cluster.endpoints(rest);
      Response moved = client.send("GET / HTTP/1.1\r\nHost: x\r\n" + field + "\r\n\r\n").receive();
      // Then
      assertThat(moved.status()).isEqualTo(200);
      assertThat(moved.body()).isNotEqualTo(first.body());
      assertThat(told.apply(moved)).isNotNull().isNotEqualTo(field);
      // And what is made up is a new session
      Response forged =
          client
              .send(
                  "GET / HTTP/1.1\r\nHost: x\r\n" + field.replaceAll("....$", "AAAA") + "\r\n\r\n")
              .receive();
      assertThat(told.apply(forged)).isNotNull();
    }
  }
}
