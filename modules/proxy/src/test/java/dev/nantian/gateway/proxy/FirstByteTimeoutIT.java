package dev.nantian.gateway.proxy;

import static org.assertj.core.api.Assertions.assertThat;

import dev.nantian.gateway.proxy.balance.BalancePolicy;
import dev.nantian.gateway.proxy.balance.BalancePolicy.Algorithm;
import dev.nantian.gateway.proxy.config.Cluster;
import dev.nantian.gateway.proxy.config.ClusterPolicy;
import dev.nantian.gateway.proxy.config.Endpoint;
import dev.nantian.gateway.proxy.filter.HeaderEdits;
import dev.nantian.gateway.proxy.health.EndpointHealth;
import dev.nantian.gateway.proxy.health.OutlierPolicy;
import dev.nantian.gateway.proxy.log.AccessLogSettings;
import dev.nantian.gateway.proxy.retry.BudgetPolicy;
import dev.nantian.gateway.proxy.retry.CircuitLimits;
import dev.nantian.gateway.proxy.retry.RetryPolicy;
import dev.nantian.gateway.proxy.route.RuleAction;
import dev.nantian.gateway.proxy.route.RuleTraffic;
import io.netty.handler.codec.http2.Http2Headers;
import io.netty.handler.codec.http2.Http2Settings;
import java.io.IOException;
import java.io.OutputStream;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Backends that take a request and do not begin a response in time, and those that do. */
@Timeout(180)
class FirstByteTimeoutIT {
  private static final String TOO_LATE = "504 the backend did not begin its response in time\n";

  private static final String SWITCHING =
      """
      HTTP/1.1 101 Switching Protocols
      Connection: Upgrade
      Upgrade: websocket

      """
          .replace("\n", "\r\n");

  // Where nothing can come in time it is short; where something must, it is long.
  private static final String SHORT = "100ms";
  private static final String LONG = "3s";

  private static DataPlaneSettings within(String time) {
    return LimitOption.apply(DataPlaneSettings.DEFAULT, Map.of("first-byte-timeout", time));
  }

  private static TestProxy proxy(String time, TestTable table) {
    return new TestProxy(within(time), 1, false, table);
  }

  private static TestTable to(InetSocketAddress backend) {
    return new TestTable().route("/", TestTable.cluster(backend));
  }

  /** Reads what it gets and says nothing. */
  private static RawBackend silent() throws IOException {
    return new RawBackend(
        connection -> connection.in().transferTo(OutputStream.nullOutputStream()));
  }

  @Test
  void aBackendThatSaysNothingIsA504WithAReason(@TempDir Path folder) throws Exception {
    Path log = folder.resolve("access.log");
    try (RawBackend backend = silent();
        TestProxy proxy =
            new TestProxy(
                within(SHORT).withAccessLog(new AccessLogSettings(log, 100)),
                1,
                false,
                to(backend.address()));
        RawClient client = proxy.client()) {

      RawClient.Response response = client.get("/");

      assertThat(response.status()).isEqualTo(504);
      assertThat(response.body()).isEqualTo(TOO_LATE);
      assertThat(proxy.metrics())
          .contains(
              "nantian_backend_timeouts_total{backend=\"test/backend:80\",kind=\"first_byte\"} 1.0");
    }
    assertThat(Files.readString(log))
        .contains("\"status\":504")
        .contains("\"failure\":\"first_byte_timeout\"");
  }

  @Test
  void aBodyIsSentBeforeTheTimeRuns() throws Exception {
    try (RawBackend backend = silent();
        TestProxy proxy = proxy(SHORT, to(backend.address()));
        RawClient client = proxy.client()) {
      client.send("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\n\r\nabc");

      assertThat(client.receive().body()).isEqualTo(TOO_LATE);
    }
  }

  @Test
  void aStreamOfHttp2IsReset() throws Exception {
    BlockingQueue<Long> resets = new LinkedBlockingQueue<>();
    Http2Backend.Script script =
        new Http2Backend.Script() {
          @Override
          public void onHeaders(Http2Backend.Stream stream, Http2Headers headers, boolean end) {
            if (!"/silent".contentEquals(headers.path())) {
              stream.head(204, true);
            }
          }

          @Override
          public void onReset(Http2Backend.Stream stream, long code) {
            resets.add(code);
          }
        };
    try (Http2Backend backend = new Http2Backend(Http2Settings.defaultSettings(), script);
        TestProxy proxy =
            proxy(LONG, new TestTable().route("/", TestTable.http2(backend.address())));
        RawClient client = proxy.client()) {

      assertThat(client.get("/silent").body()).isEqualTo(TOO_LATE);

      assertThat(resets.poll(60, TimeUnit.SECONDS)).as("CANCEL").isEqualTo(8);
      assertThat(client.get("/next").status()).isEqualTo(204);
      assertThat(backend.accepted()).isEqualTo(1);
    }
  }

  /** Returns when the time is over for what was sent before. */
  private static void pass(TestProxy proxy) throws IOException {
    try (RawClient other = proxy.client()) {
      assertThat(other.get("/silent").body()).isEqualTo(TOO_LATE);
    }
  }

  private static TestTable beside(RawBackend silent, Cluster other) {
    return new TestTable().route("/silent", TestTable.cluster(silent.address())).route("/", other);
  }

  @Test
  void eventsAfterTheHeadMayTakeAsLongAsTheyLike() throws Exception {
    CountDownLatch later = new CountDownLatch(1);
    try (RawBackend silent = silent();
        RawBackend backend =
            new RawBackend(
                connection -> {
                  connection.head();
                  connection.send("HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\n");
                  Waiting.on(later);
                  connection.send("data: late\n\n");
                });
        TestProxy proxy = proxy(LONG, beside(silent, TestTable.cluster(backend.address())));
        RawClient client = proxy.client()) {
      client.send("GET / HTTP/1.1\r\nHost: x\r\n\r\n");
      RawClient.Response head = new RawClient.Response(200, RawClient.readHead(client.in()), "");
      pass(proxy);

      later.countDown();

      assertThat(RawClient.readBody(client.in(), head)).isEqualTo("data: late\n\n");
    }
  }

  @Test
  void aGrpcStreamAfterItsHeadIsNotCut() throws Exception {
    CompletableFuture<Http2Backend.Stream> begun = new CompletableFuture<>();
    Http2Backend.Script script =
        (stream, _, _) -> {
          stream.head(200, false, "content-type", "application/grpc");
          begun.complete(stream);
        };
    try (RawBackend silent = silent();
        Http2Backend backend = new Http2Backend(Http2Settings.defaultSettings(), script);
        TestProxy proxy = proxy(LONG, beside(silent, TestTable.http2(backend.address())));
        Http2RawClient client = new Http2RawClient(proxy.connect())) {
      client.get(1, "/", "te", "trailers");
      assertThat(client.await(Http2RawClient.HEADERS, 1).field(":status")).isEqualTo("200");
      pass(proxy);

      begun.get(60, TimeUnit.SECONDS).data("late", false).trailers("grpc-status", "0");

      assertThat(client.await(Http2RawClient.DATA, 1).text()).isEqualTo("late");
      assertThat(client.await(Http2RawClient.HEADERS, 1).field("grpc-status")).isEqualTo("0");
    }
  }

  @Test
  void aTunnelMayBeQuiet() throws Exception {
    CountDownLatch later = new CountDownLatch(1);
    try (RawBackend silent = silent();
        RawBackend backend =
            new RawBackend(
                connection -> {
                  connection.head();
                  connection.send(SWITCHING);
                  Waiting.on(later);
                  connection.send("late");
                });
        TestProxy proxy = proxy(LONG, beside(silent, TestTable.cluster(backend.address())));
        RawClient client = proxy.client()) {
      client.send("GET / HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n");
      assertThat(RawClient.readHead(client.in())).startsWith("HTTP/1.1 101 ");
      pass(proxy);

      later.countDown();

      assertThat(client.in().readAllBytes()).asString().isEqualTo("late");
    }
  }

  @Test
  void whileARequestGoesOnTheBackendMayWait() throws Exception {
    try (RawBackend silent = silent();
        RawBackend backend = RawBackend.echo();
        TestProxy proxy = proxy(LONG, beside(silent, TestTable.cluster(backend.address())));
        RawClient client = proxy.client()) {
      client.send("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 6\r\n\r\nabc");
      TestProxy.eventually("the backend has it", () -> backend.accepted() == 1);
      pass(proxy);

      client.send("def");

      assertThat(client.receive().body()).endsWith("\r\nabcdef");
    }
  }

  @Test
  void anotherEndpointIsTriedWhereThatIsSafe() throws Exception {
    try (RawBackend silent = silent();
        RawBackend good = RawBackend.echo()) {
      Cluster cluster = TestTable.cluster(silent.address(), good.address());
      cluster.policy(policy(BalancePolicy.of(Algorithm.ROUND_ROBIN), OutlierPolicy.DEFAULT));
      RuleAction action =
          new RuleAction(
              0,
              HeaderEdits.NONE,
              HeaderEdits.NONE,
              null,
              null,
              0,
              0,
              TestTable.to(cluster),
              new RuleTraffic(new RetryPolicy(2, Set.of(), 0, true), null));
      try (TestProxy proxy = proxy(LONG, new TestTable().rule("/", action));
          RawClient client = proxy.client()) {

        assertThat(List.of(client.get("/").status(), client.get("/").status())).containsOnly(200);

        assertThat(proxy.metrics())
            .containsPattern("nantian_backend_timeouts_total\\{[^}]*first_byte[^}]*} [1-9]");
        String post = "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n";
        assertThat(
                List.of(client.send(post).receive().status(), client.send(post).receive().status()))
            .as("not idempotent: one of them came to the silent one")
            .containsExactlyInAnyOrder(200, 504);
      }
    }
  }

  @Test
  void itCountsForEjectionAsAnErrorStatusDoes() throws Exception {
    try (RawBackend silent = silent();
        RawBackend other = silent()) {
      Cluster cluster = TestTable.cluster(silent.address(), other.address());
      cluster.policy(
          policy(BalancePolicy.DEFAULT, new OutlierPolicy(0, 1, 0, 0, 60_000, 60_000, 50, 1, 0)));
      try (TestProxy proxy = proxy(SHORT, new TestTable().route("/", cluster));
          RawClient client = proxy.client()) {

        assertThat(client.get("/").status()).isEqualTo(504);

        assertThat(
                cluster.endpoints().stream()
                    .map(Endpoint::address)
                    .map(address -> Objects.requireNonNull(cluster.health().of(address)).state()))
            .containsExactlyInAnyOrder(EndpointHealth.State.EJECTED, EndpointHealth.State.HEALTHY);
      }
    }
  }

  private static ClusterPolicy policy(BalancePolicy balance, OutlierPolicy outliers) {
    return new ClusterPolicy(
        balance, outliers, BudgetPolicy.DEFAULT, CircuitLimits.OFF, null, null);
  }
}
