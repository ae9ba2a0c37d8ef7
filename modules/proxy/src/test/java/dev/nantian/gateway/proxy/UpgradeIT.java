package dev.nantian.gateway.proxy;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.nantian.gateway.proxy.RawClient.Response;
import dev.nantian.gateway.proxy.pipeline.ForwardingSettings;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;

/** HTTP/1.1 Upgrade (RFC 9110 section 7.8) and what passes when it is taken, byte for byte. */
class UpgradeIT {
  private static final String ASK =
      String.join(
          "\r\n",
          "GET /chat HTTP/1.1",
          "Host: x",
          "Connection: keep-alive, Upgrade",
          "Upgrade: WebSocket",
          "Sec-WebSocket-Version: 13",
          "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==",
          "",
          "");
  private static final String SWITCH =
      String.join(
          "\r\n",
          "HTTP/1.1 101 Switching Protocols",
          "Connection: Upgrade",
          "Upgrade: websocket",
          "Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=",
          "",
          "");
  private static final int SIZE = 100 << 20;

  private static TestProxy to(RawBackend backend) {
    return TestProxy.start(new TestTable().route("/", TestTable.cluster(backend.address())));
  }

  private static String read(RawClient client, int count) throws IOException {
    return new String(client.in().readNBytes(count), StandardCharsets.ISO_8859_1);
  }

  /** Answers an upgrade with {@code answer}, everything else with the request's own text. */
  private static RawBackend answering(String answer) throws IOException {
    return new RawBackend(
        connection -> {
          while (true) {
            String text = connection.request();
            connection.send(
                text.contains("upgrade: ")
                    ? answer
                    : "HTTP/1.1 200 OK\r\nContent-Length: " + text.length() + "\r\n\r\n" + text);
          }
        });
  }

  @Test
  void bytesPassBothWaysAlsoThoseThatCameEarly() throws IOException {
    try (RawBackend backend =
            new RawBackend(
                connection -> {
                  String head = connection.head();
                  connection.send(SWITCH + "early");
                  String got =
                      new String(connection.in().readNBytes(10), StandardCharsets.ISO_8859_1);
                  connection.send(got + (head.contains("upgrade: WebSocket\r\n") ? "!" : "?"));
                  connection.head();
                });
        TestProxy proxy = to(backend);
        RawClient client = proxy.client()) {
      client.send(ASK + "soon1");

      Response head = client.receive();

      assertThat(head.status()).isEqualTo(101);
      assertThat(head.field("connection")).isEqualTo("upgrade");
      assertThat(head.field("upgrade")).isEqualTo("websocket");
      assertThat(head.field("sec-websocket-accept")).isNotNull();
      assertThat(read(client, 5)).isEqualTo("early");
      client.send("late2");
      assertThat(read(client, 11)).isEqualTo("soon1late2!");
    }
  }

  @Test
  void aRefusedUpgradeIsAnOrdinaryResponseAndBothConnectionsStay() throws IOException {
    try (RawBackend backend =
            answering("HTTP/1.1 426 Upgrade Required\r\nContent-Length: 2\r\n\r\nno");
        TestProxy proxy = to(backend);
        RawClient client = proxy.client()) {
      Response refused = client.send(ASK).receive();

      assertThat(refused.status()).isEqualTo(426);
      assertThat(refused.body()).isEqualTo("no");
      assertThat(client.get("/next").status()).isEqualTo(200);
      assertThat(backend.accepted()).isEqualTo(1);
    }
  }

  @Test
  void whatIsNotAllowedGoesOnWithoutUpgrade() throws IOException {
    try (RawBackend backend = answering(SWITCH);
        TestProxy proxy = to(backend);
        RawClient client = proxy.client()) {
      List<String> asks =
          List.of(
              ASK.replace("WebSocket\r\nSec", "h2c\r\nSec"),
              ASK.replace("Upgrade: WebSocket", "Upgrade: websocket, foo"),
              ASK.replace("Upgrade: WebSocket", "Upgrade: websocket\r\nUpgrade: foo"),
              ASK.replace("keep-alive, Upgrade", "keep-alive"),
              ASK.replace("GET", "POST").replace("\r\n\r\n", "\r\nContent-Length: 1\r\n\r\nx"));
      for (String ask : asks) {
        Response response = client.send(ask).receive();

        assertThat(response.status()).as(ask).isEqualTo(200);
        assertThat(response.body()).doesNotContain("upgrade: ").doesNotContain("Upgrade: ");
      }
    }
  }

  @Test
  void http10CannotUpgrade() throws IOException {
    try (RawBackend backend = answering(SWITCH);
        TestProxy proxy = to(backend);
        RawClient client = proxy.client()) {
      assertThat(client.send(ASK.replace("HTTP/1.1", "HTTP/1.0")).receive().status())
          .isEqualTo(200);
    }
  }

  @Test
  void anotherProtocolIsAllowedByTheSetting() throws IOException {
    try (RawBackend backend =
            answering(
                "HTTP/1.1 101 Switching Protocols\r\nConnection: upgrade\r\nUpgrade: Foo\r\n\r\n");
        TestProxy proxy =
            new TestProxy(
                DataPlaneSettings.DEFAULT.withForwarding(
                    new ForwardingSettings(false, null, List.of("foo"), 1_000)),
                1,
                false,
                new TestTable().route("/", TestTable.cluster(backend.address())));
        RawClient client = proxy.client()) {
      assertThat(client.send(ASK).receive().status()).as("websocket is not").isEqualTo(200);
      assertThat(client.send(ASK.replace("Upgrade: WebSocket", "Upgrade: FOO")).receive().status())
          .isEqualTo(101);
    }
  }

  @Test
  void anUpgradeThatNobodyAskedForIs502() throws IOException {
    try (RawBackend backend =
            new RawBackend(
                connection -> {
                  connection.head();
                  connection.send(SWITCH);
                });
        TestProxy proxy = to(backend);
        RawClient client = proxy.client()) {
      assertThat(client.get("/").status()).isEqualTo(502);
    }
  }

  @Test
  void anUpgradeToSomethingElseIs502() throws IOException {
    for (String other :
        List.of(
            SWITCH.replace("websocket", "h2c"),
            SWITCH.replace("Upgrade: websocket\r\n", ""),
            SWITCH.replace("Connection: Upgrade\r\n", ""))) {
      try (RawBackend backend = answering(other);
          TestProxy proxy = to(backend);
          RawClient client = proxy.client()) {
        assertThat(client.send(ASK).receive().status()).as(other).isEqualTo(502);
      }
    }
  }

  @Test
  void theClientsEndLeavesTheOtherDirectionOpen() throws IOException {
    try (RawBackend backend =
            new RawBackend(
                connection -> {
                  connection.head();
                  connection.send(SWITCH);
                  String all =
                      new String(connection.in().readAllBytes(), StandardCharsets.ISO_8859_1);
                  connection.send(all + " and more");
                });
        TestProxy proxy = to(backend);
        RawClient client = proxy.client()) {
      assertThat(client.send(ASK).receive().status()).isEqualTo(101);
      client.send("abc").socket().shutdownOutput();

      assertThat(new String(client.in().readAllBytes(), StandardCharsets.ISO_8859_1))
          .isEqualTo("abc and more");
    }
  }

  @Test
  void theBackendsEndLeavesTheOtherDirectionOpen() throws IOException {
    var received = new CompletableFuture<String>();
    try (RawBackend backend =
            new RawBackend(
                connection -> {
                  connection.head();
                  connection.send(SWITCH + "bye");
                  connection.socket().shutdownOutput();
                  received.complete(
                      new String(connection.in().readAllBytes(), StandardCharsets.ISO_8859_1));
                });
        TestProxy proxy = to(backend);
        RawClient client = proxy.client()) {
      assertThat(client.send(ASK).receive().status()).isEqualTo(101);
      assertThat(new String(client.in().readAllBytes(), StandardCharsets.ISO_8859_1))
          .isEqualTo("bye");

      client.send("still here").socket().shutdownOutput();

      assertThat(TestProxy.await(received)).isEqualTo("still here");
    }
  }

  @Test
  void aResetOfTheBackendResetsTheClient() throws IOException {
    CountDownLatch go = new CountDownLatch(1);
    try (RawBackend backend =
            new RawBackend(
                connection -> {
                  connection.head();
                  connection.send(SWITCH);
                  connection.in().read();
                  connection.reset();
                  go.countDown();
                });
        TestProxy proxy = to(backend);
        RawClient client = proxy.client()) {
      assertThat(client.send(ASK).receive().status()).isEqualTo(101);

      client.send("x");

      assertThatThrownBy(() -> client.in().read()).isInstanceOf(IOException.class);
    }
  }

  @Test
  void aResetOfTheClientResetsTheBackend() throws Exception {
    var ended = new CompletableFuture<Boolean>();
    try (RawBackend backend =
            new RawBackend(
                connection -> {
                  connection.head();
                  connection.send(SWITCH);
                  try {
                    ended.complete(connection.in().read() < 0);
                  } catch (IOException e) {
                    ended.complete(false);
                  }
                });
        TestProxy proxy = to(backend)) {
      RawClient client = proxy.client();
      assertThat(client.send(ASK).receive().status()).isEqualTo(101);

      client.socket().setSoLinger(true, 0);
      client.close();

      assertThat(TestProxy.await(ended)).as("a clean end").isFalse();
    }
  }

  @Test
  void aSilentTunnelIsCut() throws IOException {
    try (RawBackend backend =
            new RawBackend(
                connection -> {
                  connection.head();
                  connection.send(SWITCH);
                  connection.in().read();
                });
        TestProxy proxy =
            new TestProxy(
                DataPlaneSettings.DEFAULT.withForwarding(
                    new ForwardingSettings(false, null, List.of("websocket"), 50)),
                1,
                false,
                new TestTable().route("/", TestTable.cluster(backend.address())));
        RawClient client = proxy.client()) {
      assertThat(client.send(ASK).receive().status()).isEqualTo(101);

      assertThatThrownBy(() -> client.in().read()).isInstanceOf(IOException.class);
      TestProxy.eventually(
          "nothing is left", () -> proxy.metrics().contains("nantian_http_requests_active 0.0"));
    }
  }

  @Test
  void aRequestTimeoutDoesNotEndATunnel() throws IOException {
    try (RawBackend backend =
            new RawBackend(
                connection -> {
                  if (!connection.head().contains("upgrade: ")) {
                    connection.in().read(); // the one that gets no answer
                    return;
                  }
                  connection.send(SWITCH);
                  connection.in().read();
                  connection.send("late");
                  connection.in().read();
                });
        TestProxy proxy =
            TestProxy.start(
                new TestTable()
                    .rule(
                        "/",
                        TestTable.action(
                            TestTable.to(TestTable.cluster(backend.address())), 400, 400)));
        RawClient client = proxy.client();
        RawClient clock = proxy.client()) {
      assertThat(client.send(ASK).receive().status()).isEqualTo(101);
      // A request that gets no answer tells when the time is over.
      assertThat(clock.get("/").status()).isEqualTo(504);

      client.send("x");

      assertThat(read(client, 4)).isEqualTo("late");
    }
  }

  @Test
  void aClientThatDoesNotReadStopsTheBackend() throws Exception {
    AtomicLong written = new AtomicLong();
    try (RawBackend backend =
            new RawBackend(
                connection -> {
                  connection.head();
                  connection.send(SWITCH);
                  write(connection.socket().getOutputStream(), written);
                  connection.socket().shutdownOutput();
                  connection.in().read();
                });
        TestProxy proxy = to(backend);
        RawClient client = proxy.client()) {
      assertThat(client.send(ASK).receive().status()).isEqualTo(101);
      standsStill(written);

      assertThat(written.get()).isLessThan(SIZE / 2);
      client.in().skipNBytes(SIZE);
      assertThat(client.in().read()).isNegative();
    }
  }

  @Test
  void aBackendThatDoesNotReadStopsTheClient() throws Exception {
    AtomicLong written = new AtomicLong();
    CountDownLatch gate = new CountDownLatch(1);
    try (RawBackend backend =
            new RawBackend(
                connection -> {
                  connection.head();
                  connection.send(SWITCH);
                  try {
                    gate.await();
                  } catch (InterruptedException e) {
                    throw new IOException(e);
                  }
                  connection.in().skipNBytes(SIZE);
                  connection.send("got it");
                });
        TestProxy proxy = to(backend);
        RawClient client = proxy.client()) {
      assertThat(client.send(ASK).receive().status()).isEqualTo(101);
      var out = client.socket().getOutputStream();
      Thread writer =
          Thread.ofVirtual()
              .start(
                  () -> {
                    try {
                      write(out, written);
                    } catch (IOException e) {
                      throw new java.io.UncheckedIOException(e);
                    }
                  });
      standsStill(written);
      assertThat(written.get()).isLessThan(SIZE / 2);

      gate.countDown();

      assertThat(read(client, 6)).isEqualTo("got it");
      writer.join();
    }
  }

  private static void write(java.io.OutputStream out, AtomicLong written) throws IOException {
    byte[] block = new byte[64 << 10];
    for (int sent = 0; sent < SIZE; sent += block.length) {
      out.write(block);
      written.addAndGet(block.length);
    }
  }

  /** Returns when nothing was written for a while, which can only be because nothing is read. */
  private static void standsStill(AtomicLong written) {
    long[] last = {-1, 0};
    TestProxy.eventually(
        "the writer is stopped",
        () -> {
          long now = written.get();
          last[1] = now == last[0] && now > 0 ? last[1] + 1 : 0;
          last[0] = now;
          return last[1] > 200;
        });
  }
}
