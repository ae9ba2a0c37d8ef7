package dev.nantian.gateway.proxy;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.InetAddress;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.WebSocket;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;

/** The JDK's WebSocket client through the proxy to Netty's server. */
class WebSocketIT {
  private static final int[] SIZES = {0, 1, 125, 126, 127, 65_535, 65_536, 1 << 20};

  private static @Nullable WebSocketBackend backend;
  private static @Nullable TestProxy proxy;

  @BeforeAll
  static void start() {
    backend = new WebSocketBackend();
    proxy = TestProxy.start(new TestTable().route("/", TestTable.cluster(backend.address())));
  }

  @AfterAll
  static void stop() {
    if (proxy != null) {
      proxy.close();
    }
    if (backend != null) {
      backend.close();
    }
  }

  /** What a client hears, whole messages only. */
  private static final class Heard implements WebSocket.Listener {
    private final BlockingQueue<String> events = new LinkedBlockingQueue<>();
    private final StringBuilder text = new StringBuilder();
    private final java.io.ByteArrayOutputStream binary = new java.io.ByteArrayOutputStream();

    @Override
    public @Nullable CompletionStage<?> onText(WebSocket socket, CharSequence part, boolean last) {
      text.append(part);
      if (last) {
        events.add("text:" + text);
        text.setLength(0);
      }
      socket.request(1);
      return null;
    }

    @Override
    public @Nullable CompletionStage<?> onBinary(WebSocket socket, ByteBuffer part, boolean last) {
      byte[] bytes = new byte[part.remaining()];
      part.get(bytes);
      binary.writeBytes(bytes);
      if (last) {
        events.add("binary:" + Arrays.hashCode(binary.toByteArray()) + ":" + binary.size());
        binary.reset();
      }
      socket.request(1);
      return null;
    }

    @Override
    public @Nullable CompletionStage<?> onPong(WebSocket socket, ByteBuffer message) {
      events.add("pong:" + StandardCharsets.ISO_8859_1.decode(message));
      socket.request(1);
      return null;
    }

    @Override
    public @Nullable CompletionStage<?> onClose(WebSocket socket, int code, String reason) {
      events.add("close:" + code);
      return null;
    }

    @Override
    public void onError(WebSocket socket, Throwable error) {
      events.add("error:" + error);
    }

    String next() throws InterruptedException {
      return String.valueOf(events.poll(20, TimeUnit.SECONDS));
    }
  }

  private interface Talk {
    void with(WebSocket socket, Heard heard) throws Exception;
  }

  private static URI uri() {
    int port = java.util.Objects.requireNonNull(proxy).port();
    return URI.create(
        "ws://" + InetAddress.getLoopbackAddress().getHostAddress() + ":" + port + "/");
  }

  private static DynamicTest talk(String name, Talk talk) {
    return DynamicTest.dynamicTest(
        name,
        () -> {
          Heard heard = new Heard();
          try (HttpClient client = HttpClient.newHttpClient()) {
            WebSocket socket =
                TestProxy.await(client.newWebSocketBuilder().buildAsync(uri(), heard));
            try {
              talk.with(socket, heard);
            } finally {
              socket.abort();
            }
          }
        });
  }

  private static byte[] bytes(int size) {
    byte[] bytes = new byte[size];
    new java.util.Random(size).nextBytes(bytes);
    return bytes;
  }

  private static String binary(byte[] bytes) {
    return "binary:" + Arrays.hashCode(bytes) + ":" + bytes.length;
  }

  @TestFactory
  Stream<DynamicTest> messagesComeBack() {
    List<DynamicTest> cases = new ArrayList<>();
    for (int size : SIZES) {
      cases.add(
          talk(
              "text of " + size,
              (socket, heard) -> {
                String text = "x".repeat(size);
                TestProxy.await(socket.sendText(text, true));
                assertThat(heard.next()).isEqualTo("text:" + text);
              }));
      cases.add(
          talk(
              "binary of " + size,
              (socket, heard) -> {
                byte[] bytes = bytes(size);
                TestProxy.await(socket.sendBinary(ByteBuffer.wrap(bytes), true));
                assertThat(heard.next()).isEqualTo(binary(bytes));
              }));
    }
    for (int parts : new int[] {2, 3, 100}) {
      cases.add(
          talk(
              "text in " + parts + " fragments",
              (socket, heard) -> {
                for (int i = 1; i <= parts; i++) {
                  TestProxy.await(socket.sendText("ä" + i, i == parts));
                }
                assertThat(heard.next()).startsWith("text:ä1ä2").endsWith("ä" + parts);
              }));
      cases.add(
          talk(
              "binary in " + parts + " fragments",
              (socket, heard) -> {
                byte[] bytes = bytes(parts * 1000);
                for (int i = 1; i <= parts; i++) {
                  ByteBuffer part = ByteBuffer.wrap(bytes, (i - 1) * 1000, 1000);
                  TestProxy.await(socket.sendBinary(part, i == parts));
                }
                assertThat(heard.next()).isEqualTo(binary(bytes));
              }));
    }
    for (String payload : List.of("", "hello", "p".repeat(125))) {
      cases.add(
          talk(
              "ping of " + payload.length(),
              (socket, heard) -> {
                TestProxy.await(socket.sendPing(StandardCharsets.ISO_8859_1.encode(payload)));
                assertThat(heard.next()).isEqualTo("pong:" + payload);
              }));
    }
    cases.add(
        talk(
            "1,000 messages in order",
            (socket, heard) -> {
              for (int i = 0; i < 1_000; i++) {
                TestProxy.await(socket.sendText("m" + i, true));
              }
              for (int i = 0; i < 1_000; i++) {
                assertThat(heard.next()).isEqualTo("text:m" + i);
              }
            }));
    return cases.stream();
  }

  @TestFactory
  Stream<DynamicTest> closeCodesPass() {
    List<DynamicTest> cases = new ArrayList<>();
    for (int code : new int[] {1000, 1001, 1003, 1008, 1011, 3000, 4999}) {
      cases.add(
          talk(
              "the server closes with " + code,
              (socket, heard) -> {
                TestProxy.await(socket.sendText("close:" + code, true));
                assertThat(heard.next()).isEqualTo("close:" + code);
              }));
    }
    for (int code : new int[] {1000, 3000, 4999}) {
      cases.add(
          talk(
              "the client closes with " + code,
              (socket, heard) -> {
                TestProxy.await(socket.sendClose(code, "bye"));
                assertThat(heard.next()).isEqualTo("close:" + code);
              }));
    }
    return cases.stream();
  }

  @Test
  void theSubprotocolIsTheServersChoice() {
    try (HttpClient client = HttpClient.newHttpClient()) {
      WebSocket socket =
          TestProxy.await(
              client
                  .newWebSocketBuilder()
                  .subprotocols("unknown", "superchat")
                  .buildAsync(uri(), new Heard()));

      assertThat(socket.getSubprotocol()).isEqualTo("superchat");
      socket.abort();
    }
  }

  @Test
  void manyConnectionsAtTheSameTime() throws Exception {
    try (HttpClient client = HttpClient.newHttpClient()) {
      List<CompletableFuture<WebSocket>> sockets = new ArrayList<>();
      List<Heard> heard = new ArrayList<>();
      for (int i = 0; i < 50; i++) {
        heard.add(new Heard());
        sockets.add(client.newWebSocketBuilder().buildAsync(uri(), heard.getLast()));
      }
      for (int i = 0; i < 50; i++) {
        TestProxy.await(TestProxy.await(sockets.get(i)).sendText("n" + i, true));
      }

      for (int i = 0; i < 50; i++) {
        assertThat(heard.get(i).next()).isEqualTo("text:n" + i);
        TestProxy.await(sockets.get(i)).abort();
      }
    }
  }
}
