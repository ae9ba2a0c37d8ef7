package dev.nantian.gateway.proxy;

import static dev.nantian.gateway.proxy.Http2RawClient.CONTINUATION;
import static dev.nantian.gateway.proxy.Http2RawClient.DATA;
import static dev.nantian.gateway.proxy.Http2RawClient.HEADERS;
import static dev.nantian.gateway.proxy.Http2RawClient.PING;
import static dev.nantian.gateway.proxy.Http2RawClient.PRIORITY;
import static dev.nantian.gateway.proxy.Http2RawClient.RST_STREAM;
import static dev.nantian.gateway.proxy.Http2RawClient.SETTINGS;
import static dev.nantian.gateway.proxy.Http2RawClient.WINDOW_UPDATE;
import static dev.nantian.gateway.proxy.Http2RawClient.request;
import static org.assertj.core.api.Assertions.assertThat;

import io.netty.handler.codec.http2.Http2Error;
import java.io.IOException;
import java.util.Map;
import java.util.function.IntFunction;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Clients that make us work for nothing: each limit ends the connection and is counted. */
@Timeout(180)
class Http2AbuseIT {
  private static final int CALM = (int) Http2Error.ENHANCE_YOUR_CALM.code();

  /** Some frames of an attack. */
  private interface Attack {
    void send(Http2RawClient client, int round) throws IOException;
  }

  private static TestProxy proxy(RawBackend backend, Map<String, String> limits) {
    return new TestProxy(
        LimitOption.apply(DataPlaneSettings.DEFAULT, limits),
        1,
        false,
        new TestTable().route("/", TestTable.cluster(backend.address())));
  }

  private static RawBackend silent() throws IOException {
    return new RawBackend(connection -> connection.in().readAllBytes());
  }

  private static void endsWithCalm(String kind, Attack attack) throws Exception {
    try (RawBackend backend = silent();
        TestProxy proxy = proxy(backend, Map.of());
        Http2RawClient client = new Http2RawClient(proxy.connect())) {
      int rounds = 0;
      try {
        for (; rounds < 5_000; rounds++) {
          attack.send(client, rounds);
          client.flush();
        }
      } catch (IOException e) {
        // closed while we were still at it
      }

      TestProxy.eventually(
          "counted",
          () -> proxy.metrics().contains("nantian_http2_abuses_total{kind=\"" + kind + "\"} 1.0"));
      TestProxy.eventually(
          "closed", () -> proxy.plane().listenerViews().getFirst().connections() == 0);
    }
  }

  /** The attack stops at the limit, so that the reason can be read. */
  private static void saysCalm(int rounds, IntFunction<byte[]> payload, int type, int stream)
      throws Exception {
    try (RawBackend backend = silent();
        TestProxy proxy = proxy(backend, Map.of());
        Http2RawClient client = new Http2RawClient(proxy.connect())) {
      for (int i = 0; i < rounds; i++) {
        client.send(type, 0, stream, payload.apply(i));
      }
      client.flush();

      assertThat(client.awaitEnd().code()).isEqualTo(CALM);
    }
  }

  @Test
  void rapidReset() throws Exception {
    endsWithCalm(
        "rapid_reset",
        (client, round) -> {
          int stream = 2 * round + 1;
          client.headers(stream, true, request("GET", "/"));
          client.integer(RST_STREAM, stream, (int) Http2Error.CANCEL.code());
        });
  }

  @Test
  void madeYouReset() throws Exception {
    endsWithCalm(
        "provoked_reset",
        (client, round) -> {
          int stream = 2 * round + 1;
          client.headers(stream, true, request("GET", "/"));
          client.integer(WINDOW_UPDATE, stream, 0); // a stream error (RFC 9113 section 6.9)
        });
  }

  @Test
  void malformedRequestsWithoutEnd() throws Exception {
    endsWithCalm(
        "provoked_reset",
        (client, round) ->
            client.headers(2 * round + 1, true, request("GET", "/", "connection", "x")));
  }

  @Test
  void dataForStreamsThatHaveEnded() throws Exception {
    endsWithCalm(
        "provoked_reset",
        (client, round) -> {
          int stream = 2 * round + 1;
          client.headers(stream, true, request("GET", "/"));
          client.data(stream, false, "x");
        });
  }

  @Test
  void pings() throws Exception {
    saysCalm(1_001, i -> new byte[8], PING, 0);
  }

  @Test
  void settings() throws Exception {
    saysCalm(51, i -> new byte[0], SETTINGS, 0);
  }

  @Test
  void priorities() throws Exception {
    saysCalm(1_001, i -> new byte[] {0, 0, 0, 0, 16}, PRIORITY, 3);
  }

  @Test
  void unknownFrames() throws Exception {
    saysCalm(1_001, i -> new byte[] {1}, 0xbe, 0);
  }

  @Test
  void windowUpdates() throws Exception {
    saysCalm(1_001, i -> new byte[] {0, 0, 0, 1}, WINDOW_UPDATE, 0);
  }

  @Test
  void emptyData() throws Exception {
    try (RawBackend backend = silent();
        TestProxy proxy = proxy(backend, Map.of());
        Http2RawClient client = new Http2RawClient(proxy.connect())) {
      client.headers(1, false, request("POST", "/"));
      for (int i = 0; i < 101; i++) {
        client.send(DATA, 0, 1);
      }
      client.flush();

      assertThat(client.awaitEnd().code()).isEqualTo(CALM);
    }
  }

  @Test
  void continuations() throws Exception {
    try (RawBackend backend = silent();
        TestProxy proxy = proxy(backend, Map.of());
        Http2RawClient client = new Http2RawClient(proxy.connect())) {
      client.send(HEADERS, 0, 1, client.encode(request("GET", "/")));
      for (int i = 0; i < 17; i++) {
        client.send(CONTINUATION, 0, 1);
      }
      client.flush();

      assertThat(client.awaitEnd().code()).isEqualTo(CALM);
      assertThat(proxy.metrics()).contains("nantian_http2_abuses_total{kind=\"continuation\"} 1.0");
    }
  }

  @Test
  void aFieldSectionWithoutEndIsNotHeld() throws Exception {
    try (RawBackend backend = silent();
        TestProxy proxy = proxy(backend, Map.of());
        Http2RawClient client = new Http2RawClient(proxy.connect())) {
      client.send(HEADERS, 0, 1, client.encode(request("GET", "/")));
      try {
        for (int i = 0; i < 6; i++) {
          client.send(CONTINUATION, 0, 1, new byte[16 << 10]);
        }
        client.flush();
      } catch (IOException e) {
        // closed while we were still at it
      }

      assertThat(client.awaitEnd().code()).isEqualTo((int) Http2Error.PROTOCOL_ERROR.code());
    }
  }

  @Test
  void answersThatAreNotRead() throws Exception {
    endsWithCalm(
        "output_backlog",
        (client, round) -> {
          for (int i = 0; i < 50; i++) {
            int stream = 2 * (50 * round + i) + 1;
            client.headers(stream, true, request("HEAD", "/", "connection-x", "y"));
          }
        },
        new TestTable(),
        Map.of("h2-streams", "10000", "h2-stream-window", "8KiB", "h2-backlog", "64KiB"));
  }

  private static void endsWithCalm(
      String kind, Attack attack, TestTable table, Map<String, String> limits) throws Exception {
    try (TestProxy proxy =
            new TestProxy(LimitOption.apply(DataPlaneSettings.DEFAULT, limits), 1, false, table);
        Http2RawClient client = new Http2RawClient(proxy.connect())) {
      try {
        for (int round = 0; round < 50_000; round++) {
          attack.send(client, round);
          client.flush();
        }
      } catch (IOException e) {
        // closed while we were still at it
      }

      TestProxy.eventually(
          "counted",
          () -> proxy.metrics().contains("nantian_http2_abuses_total{kind=\"" + kind + "\"} 1.0"));
    }
  }

  @Test
  void aResponseWithoutWindowIsResetInTime() throws Exception {
    try (RawBackend backend = RawBackend.echo();
        TestProxy proxy = proxy(backend, Map.of("h2-stall-timeout", "200ms"));
        Http2RawClient client = new Http2RawClient(proxy.connect(), 4, 0)) {
      client.get(1, "/");

      assertThat(client.await(RST_STREAM, 1).code()).isEqualTo((int) Http2Error.CANCEL.code());
      assertThat(proxy.metrics()).contains("nantian_http2_abuses_total{kind=\"window_stall\"} 1.0");
      client.headers(3, true, request("HEAD", "/")).flush(); // the connection goes on
      assertThat(client.receive(3).status()).isEqualTo(200);
    }
  }

  @Test
  void moreStreamsThanAllowedAreRefusedAndTheirRestIsPassedOver() throws Exception {
    try (RawBackend backend = silent();
        TestProxy proxy = proxy(backend, Map.of("h2-streams", "2"));
        Http2RawClient client = new Http2RawClient(proxy.connect())) {
      client.get(1, "/").get(3, "/").headers(5, false, request("POST", "/"));

      client.data(5, true, "x").flush();

      assertThat(client.await(RST_STREAM, 5).code())
          .isEqualTo((int) Http2Error.REFUSED_STREAM.code());
      client.integer(RST_STREAM, 1, 8).headers(7, true, request("GET", "/../")).flush();
      assertThat(client.receive(7).status()).isEqualTo(400);
    }
  }

  @Test
  void aConnectionWithoutARequestIsClosedAfterTheIdleTime() throws Exception {
    try (RawBackend backend = RawBackend.echo();
        TestProxy proxy = proxy(backend, Map.of("idle-timeout", "200ms"));
        Http2RawClient client = new Http2RawClient(proxy.connect())) {
      client.get(1, "/");
      assertThat(client.receive(1).status()).isEqualTo(200);

      Http2RawClient.Frame end = client.awaitEnd();

      assertThat(end.code()).isZero();
      assertThat(end.lastStream()).isEqualTo(1);
    }
  }

  @Test
  void aPrefaceWithoutMoreIsClosedInTime() throws Exception {
    try (RawBackend backend = silent();
        TestProxy proxy = proxy(backend, Map.of("head-timeout", "200ms"));
        RawClient client = proxy.client()) {
      client.send("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n");

      assertThat(client.in().readAllBytes()).isNotEmpty(); // our SETTINGS, then the end
    }
  }
}
