package dev.nantian.gateway.proxy;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.Socket;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Each limit, set low, against real sockets. */
@Timeout(180)
class LimitsIT {
  private static TestProxy proxy(RawBackend backend, Map<String, String> limits) {
    return new TestProxy(
        LimitOption.apply(DataPlaneSettings.DEFAULT, limits),
        1,
        false,
        new TestTable().route("/", TestTable.cluster(backend.address())));
  }

  @Test
  void aBodyOfKnownSizeThatIsTooLargeNeverReachesTheBackend() throws Exception {
    try (RawBackend backend = RawBackend.echo();
        TestProxy proxy = proxy(backend, Map.of("body-size", "10"));
        RawClient client = proxy.client()) {
      client.send("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 11\r\n\r\n01234567890");

      assertThat(client.receive().status()).isEqualTo(413);
      assertThat(client.isEnded()).isTrue();
      assertThat(backend.accepted()).isZero();
    }
  }

  @Test
  void aBodyOfTheLimitPasses() throws Exception {
    try (RawBackend backend = RawBackend.echo();
        TestProxy proxy = proxy(backend, Map.of("body-size", "10"));
        RawClient client = proxy.client()) {
      client.send("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n\r\n0123456789");

      assertThat(client.receive().status()).isEqualTo(200);
    }
  }

  @Test
  void aChunkedBodyEndsWhereItBecomesTooLarge() throws Exception {
    try (RawBackend backend = new RawBackend(connection -> connection.in().readAllBytes());
        TestProxy proxy = proxy(backend, Map.of("body-size", "20"));
        RawClient client = proxy.client()) {
      client.send("POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n");
      client.send("8\r\n01234567\r\n").send("8\r\n01234567\r\n");

      assertThat(client.receive().status()).isEqualTo(413);
      assertThat(client.isEnded()).isTrue();
    }
  }

  @Test
  void aBodyThatTricklesIsAnsweredWith408() throws Exception {
    try (RawBackend backend = new RawBackend(connection -> connection.in().readAllBytes());
        TestProxy proxy =
            proxy(backend, Map.of("body-rate-window", "200ms", "body-min-rate", "1000"));
        RawClient client = proxy.client()) {
      client.send("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\n\r\n0123456789");

      RawClient.Response response = client.receive();

      assertThat(response.status()).isEqualTo(408);
      assertThat(proxy.metrics())
          .contains("nantian_http_refusals_total{reason=\"body_too_slow\"} 1.0");
    }
  }

  @Test
  void aSlowBodyOfHttp2IsRefusedAndAConversationMayBeSilent() throws Exception {
    try (Http2Backend backend = Http2Backend.echo();
        TestProxy proxy =
            new TestProxy(
                LimitOption.apply(
                    DataPlaneSettings.DEFAULT,
                    Map.of("body-rate-window", "100ms", "body-min-rate", "100")),
                1,
                false,
                new TestTable().route("/", TestTable.http2(backend.address())));
        Http2RawClient client = new Http2RawClient(proxy.connect())) {
      client.headers(1, false, Http2RawClient.request("POST", "/talk")).data(1, false, "a");
      client
          .headers(3, false, Http2RawClient.request("POST", "/", "content-length", "1000"))
          .data(3, false, "a")
          .flush();

      Http2RawClient.Response slow = client.receive(3);

      assertThat(slow.status()).isEqualTo(408);
      client.data(1, true, "b").flush();
      assertThat(client.receive(1).body()).endsWith("ab");
      assertThat(proxy.metrics())
          .contains("nantian_http_refusals_total{reason=\"body_too_slow\"} 1.0");
    }
  }

  @Test
  void aSlowBackendIsNotTheClientsFault() throws Exception {
    CountDownLatch late = new CountDownLatch(1);
    try (RawBackend backend =
            new RawBackend(
                connection -> {
                  try {
                    late.await();
                  } catch (InterruptedException e) {
                    return;
                  }
                  connection.request();
                  connection.send("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
                });
        TestProxy proxy =
            proxy(backend, Map.of("body-rate-window", "100ms", "body-min-rate", "100"));
        RawClient client = proxy.client()) {
      client.send("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 20000000\r\n\r\n");
      Thread sender =
          Thread.ofVirtual()
              .start(
                  () -> {
                    try {
                      for (int i = 0; i < 20_000; i++) {
                        client.send("x".repeat(1000));
                      }
                    } catch (java.io.IOException e) {
                      throw new java.io.UncheckedIOException(e);
                    }
                  });
      // Long enough for several windows while the backend takes nothing.
      long until = System.nanoTime() + 600_000_000L;
      TestProxy.eventually("time to pass", () -> System.nanoTime() > until);
      late.countDown();

      assertThat(client.receive().status()).isEqualTo(200);
      sender.join();
    }
  }

  @Test
  void theLastRequestOfAConnectionSaysSo() throws Exception {
    try (RawBackend backend = RawBackend.echo();
        TestProxy proxy = proxy(backend, Map.of("requests-per-connection", "2"));
        RawClient client = proxy.client()) {
      assertThat(client.get("/").field("connection")).isNull();
      assertThat(client.get("/").field("connection")).isEqualTo("close");
      assertThat(client.isEnded()).isTrue();
    }
  }

  @Test
  void aFieldThatIsTooLargeIsRefused() throws Exception {
    try (RawBackend backend = RawBackend.echo();
        TestProxy proxy = proxy(backend, Map.of("header-size", "100"));
        RawClient client = proxy.client()) {
      client.send("GET / HTTP/1.1\r\nHost: x\r\nA: " + "b".repeat(98) + "\r\n\r\n");

      assertThat(client.receive().status()).isEqualTo(431);
    }
  }

  @Test
  void connectionsBeyondTheLimitWaitUntilOneEnds() throws Exception {
    try (RawBackend backend = RawBackend.echo();
        TestProxy proxy = proxy(backend, Map.of("connections-per-loop", "2"))) {
      List<RawClient> clients = new ArrayList<>();
      for (int i = 0; i < 2; i++) {
        clients.add(proxy.client());
        assertThat(clients.get(i).get("/").status()).isEqualTo(200);
      }
      try (RawClient waiting = proxy.client()) {
        waiting.send("GET / HTTP/1.1\r\nHost: x\r\n\r\n");
        assertThat(proxy.metrics()).contains("nantian_overload_accept_pauses_total 1.0");

        clients.getFirst().close();

        assertThat(waiting.receive().status()).isEqualTo(200);
      }
      clients.getLast().close();
    }
  }

  @Test
  void beyondTheLimitOfRequestsThereIs503WithRetryAfter() throws Exception {
    CountDownLatch hold = new CountDownLatch(1);
    try (RawBackend backend =
            new RawBackend(
                connection -> {
                  connection.request();
                  try {
                    hold.await();
                  } catch (InterruptedException e) {
                    return;
                  }
                  connection.send("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
                });
        TestProxy proxy = proxy(backend, Map.of("requests-per-loop", "1"));
        RawClient first = proxy.client();
        RawClient second = proxy.client()) {
      first.send("GET / HTTP/1.1\r\nHost: x\r\n\r\n");
      TestProxy.eventually("the request is at the backend", () -> backend.accepted() == 1);

      RawClient.Response response = second.get("/");

      assertThat(response.status()).isEqualTo(503);
      assertThat(response.field("retry-after")).isEqualTo("1");
      assertThat(proxy.metrics()).contains("nantian_overload_shed_total{reason=\"requests\"} 1.0");
      hold.countDown();
      assertThat(first.receive().status()).isEqualTo(200);
      assertThat(second.get("/").status()).isEqualTo(200);
    }
  }

  @Test
  void shortMemoryShedsRequestsAndItsEndServesThemAgain() throws Exception {
    try (RawBackend backend = RawBackend.echo();
        TestProxy proxy = proxy(backend, Map.of());
        RawClient client = proxy.client()) {
      long[] used = {100};
      MemoryWatch watch = new MemoryWatch(() -> used[0], 1000, proxy.plane().workers());
      used[0] = 1001;
      watch.check();
      assertThat(client.get("/").status()).isEqualTo(503);
      used[0] = 950; // still above the tenth that must be free again
      watch.check();
      assertThat(client.get("/").status()).isEqualTo(503);
      used[0] = 800;
      watch.check();

      assertThat(client.get("/").status()).isEqualTo(200);
      assertThat(proxy.metrics()).contains("nantian_overload_shed_total{reason=\"memory\"} 2.0");
    }
  }

  @Test
  void aBackendThatSendsInterimHeadsWithoutEndIsGivenUp() throws Exception {
    try (RawBackend backend =
            new RawBackend(
                connection -> {
                  connection.head();
                  connection.send("HTTP/1.1 103 Early Hints\r\n\r\n".repeat(1000));
                });
        TestProxy proxy = proxy(backend, Map.of());
        Socket socket = proxy.connect();
        RawClient client = new RawClient(socket)) {
      client.send("GET / HTTP/1.1\r\nHost: x\r\n\r\n");
      RawClient.Response response = client.receive();
      int interims = 0;
      while (response.status() == 103) {
        interims++;
        response = client.receive();
      }

      assertThat(response.status()).isEqualTo(502);
      assertThat(interims).isEqualTo(32);
    }
  }
}
