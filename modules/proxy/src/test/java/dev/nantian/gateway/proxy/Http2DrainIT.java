package dev.nantian.gateway.proxy;

import static dev.nantian.gateway.proxy.Http2RawClient.GOAWAY;
import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Ends of HTTP/2 connections that cut nothing (RFC 9113 section 6.8). */
@Timeout(180)
class Http2DrainIT {
  @Test
  void requestsUnderWayAndOnTheirWayAreServed() throws Exception {
    CountDownLatch answer = new CountDownLatch(1);
    try (RawBackend backend =
            new RawBackend(
                connection -> {
                  connection.head();
                  Waiting.on(answer);
                  connection.send("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok");
                });
        TestProxy proxy =
            new TestProxy(
                LimitOption.apply(DataPlaneSettings.DEFAULT, Map.of("h2-drain-grace", "60s")),
                1,
                false,
                new TestTable().route("/", TestTable.cluster(backend.address())));
        Http2RawClient client = new Http2RawClient(proxy.connect())) {
      client.get(1, "/");
      TestProxy.eventually("request arrived", () -> backend.accepted() == 1);

      var stopped = proxy.plane().drainAndStop(Duration.ofSeconds(60)).toCompletableFuture();

      assertThat(client.await(GOAWAY, 0).lastStream()).isEqualTo(Integer.MAX_VALUE);
      client.get(3, "/"); // sent before the client could know
      Http2RawClient.Frame last = client.await(GOAWAY, 0);
      assertThat(last.lastStream()).isEqualTo(3);
      assertThat(last.code()).isZero();
      answer.countDown();
      assertThat(client.receive(1).body()).isEqualTo("ok");
      assertThat(client.receive(3).body()).isEqualTo("ok");
      assertThat(client.read()).isNull();
      assertThat(TestProxy.await(stopped)).isZero();
    }
  }

  @Test
  void anIdleConnectionEndsAtOnceWhenTheClientHasUnderstood() throws Exception {
    try (TestProxy proxy = TestProxy.start(new TestTable());
        Http2RawClient client = new Http2RawClient(proxy.connect())) {
      client.get(1, "/");
      assertThat(client.receive(1).status()).isEqualTo(404);

      var stopped = proxy.plane().drainAndStop(Duration.ofSeconds(60)).toCompletableFuture();

      assertThat(client.await(GOAWAY, 0).lastStream()).isEqualTo(Integer.MAX_VALUE);
      assertThat(client.awaitEnd().lastStream()).isEqualTo(1);
      assertThat(TestProxy.await(stopped)).isZero();
    }
  }

  @Test
  void aClientThatDoesNotAnswerIsNotWaitedForLongerThanTheGrace() throws Exception {
    try (TestProxy proxy = TestProxy.start(new TestTable());
        RawClient deaf = proxy.client()) {
      deaf.send("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\4\0\0\0\0\0");
      assertThat(deaf.in().readNBytes(9)).hasSize(9);

      var stopped = proxy.plane().drainAndStop(Duration.ofSeconds(60)).toCompletableFuture();

      assertThat(deaf.in().readAllBytes()).isNotEmpty();
      assertThat(TestProxy.await(stopped)).isZero();
    }
  }
}
