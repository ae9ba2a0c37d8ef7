package dev.nantian.gateway.proxy;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DynamicContainer;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.function.Executable;

/**
 * WebSockets through the proxy, one table of cases for each way that versions of HTTP can meet: the
 * JDK's client or Netty's over HTTP/2, to Netty's servers of both versions.
 */
class WebSocketIT {
  private static final int[] SIZES = {0, 1, 125, 126, 127, 65_535, 65_536, 1 << 20};

  private static @Nullable WebSocketBackend http1;
  private static @Nullable Http2WebSocketBackend http2;
  private static @Nullable TestProxy toHttp1;
  private static @Nullable TestProxy toHttp2;

  @BeforeAll
  static void start() {
    http1 = new WebSocketBackend();
    http2 = new Http2WebSocketBackend();
    toHttp1 = TestProxy.start(new TestTable().route("/", TestTable.cluster(http1.address())));
    toHttp2 = TestProxy.start(new TestTable().route("/", TestTable.http2(http2.address())));
  }

  @AfterAll
  static void stop() {
    for (AutoCloseable each : Arrays.asList(toHttp1, toHttp2, http1, http2)) {
      try {
        if (each != null) {
          each.close();
        }
      } catch (Exception e) {
        throw new AssertionError(e);
      }
    }
  }

  @TestFactory
  Stream<DynamicContainer> http1ToHttp1() {
    return cases(WebSocketClient.OverHttp1::new, toHttp1);
  }

  @TestFactory
  Stream<DynamicContainer> http2ToHttp1() {
    return cases(WebSocketClient.OverHttp2::new, toHttp1);
  }

  @TestFactory
  Stream<DynamicContainer> http2ToHttp2() {
    return cases(WebSocketClient.OverHttp2::new, toHttp2);
  }

  @TestFactory
  Stream<DynamicContainer> http1ToHttp2() {
    return cases(WebSocketClient.OverHttp1::new, toHttp2);
  }

  private static Stream<DynamicContainer> cases(
      WebSocketClient.Opener opener, @Nullable TestProxy proxy) {
    Table table = new Table(opener, java.util.Objects.requireNonNull(proxy).port());
    return Stream.of(
        DynamicContainer.dynamicContainer("messages come back", table.messagesComeBack()),
        DynamicContainer.dynamicContainer("close codes pass", table.closeCodesPass()),
        DynamicContainer.dynamicContainer(
            "connections",
            List.of(
                DynamicTest.dynamicTest("the subprotocol is the server's", table.subprotocol()),
                DynamicTest.dynamicTest("many at the same time", table.manyAtTheSameTime()))));
  }

  private interface Talk {
    void with(WebSocketClient socket) throws Exception;
  }

  /** The cases for one client and one backend. */
  private record Table(WebSocketClient.Opener opener, int port) {
    DynamicTest talk(String name, Talk talk) {
      return DynamicTest.dynamicTest(
          name,
          () -> {
            try (WebSocketClient socket = opener.open(port)) {
              talk.with(socket);
            }
          });
    }

    List<DynamicTest> messagesComeBack() {
      List<DynamicTest> cases = new ArrayList<>();
      for (int size : SIZES) {
        cases.add(
            talk(
                "text of " + size,
                socket -> {
                  String text = "x".repeat(size);
                  socket.text(text, true);
                  assertThat(socket.next()).isEqualTo("text:" + text);
                }));
        cases.add(
            talk(
                "binary of " + size,
                socket -> {
                  byte[] bytes = bytes(size);
                  socket.binary(bytes, 0, size, true);
                  assertThat(socket.next()).isEqualTo(binary(bytes));
                }));
      }
      for (int parts : new int[] {2, 3, 100}) {
        cases.add(
            talk(
                "text in " + parts + " fragments",
                socket -> {
                  for (int i = 1; i <= parts; i++) {
                    socket.text("ä" + i, i == parts);
                  }
                  assertThat(socket.next()).startsWith("text:ä1ä2").endsWith("ä" + parts);
                }));
        cases.add(
            talk(
                "binary in " + parts + " fragments",
                socket -> {
                  byte[] bytes = bytes(parts * 1000);
                  for (int i = 1; i <= parts; i++) {
                    socket.binary(bytes, (i - 1) * 1000, 1000, i == parts);
                  }
                  assertThat(socket.next()).isEqualTo(binary(bytes));
                }));
      }
      for (String payload : List.of("", "hello", "p".repeat(125))) {
        cases.add(
            talk(
                "ping of " + payload.length(),
                socket -> {
                  socket.ping(payload);
                  assertThat(socket.next()).isEqualTo("pong:" + payload);
                }));
      }
      cases.add(
          talk(
              "1,000 messages in order",
              socket -> {
                for (int i = 0; i < 1_000; i++) {
                  socket.text("m" + i, true);
                }
                for (int i = 0; i < 1_000; i++) {
                  assertThat(socket.next()).isEqualTo("text:m" + i);
                }
              }));
      return cases;
    }

    List<DynamicTest> closeCodesPass() {
      List<DynamicTest> cases = new ArrayList<>();
      for (int code : new int[] {1000, 1001, 1003, 1008, 1011, 3000, 4999}) {
        cases.add(
            talk(
                "the server closes with " + code,
                socket -> {
                  socket.text("close:" + code, true);
                  assertThat(socket.next()).isEqualTo("close:" + code);
                }));
      }
      for (int code : new int[] {1000, 3000, 4999}) {
        cases.add(
            talk(
                "the client closes with " + code,
                socket -> {
                  socket.close(code);
                  assertThat(socket.next()).isEqualTo("close:" + code);
                }));
      }
      return cases;
    }

    Executable subprotocol() {
      return () -> {
        try (WebSocketClient socket = opener.open(port, "unknown", "superchat")) {
          assertThat(socket.subprotocol()).isEqualTo("superchat");
        }
      };
    }

    Executable manyAtTheSameTime() {
      return () -> {
        List<WebSocketClient> sockets = new ArrayList<>();
        try {
          for (int i = 0; i < 50; i++) {
            sockets.add(opener.open(port));
          }
          for (int i = 0; i < 50; i++) {
            sockets.get(i).text("n" + i, true);
          }
          for (int i = 0; i < 50; i++) {
            assertThat(sockets.get(i).next()).isEqualTo("text:n" + i);
          }
        } finally {
          sockets.forEach(WebSocketClient::close);
        }
      };
    }

    private static byte[] bytes(int size) {
      byte[] bytes = new byte[size];
      new java.util.Random(size).nextBytes(bytes);
      return bytes;
    }

    private static String binary(byte[] bytes) {
      return "binary:" + Arrays.hashCode(bytes) + ":" + bytes.length;
    }
  }
}
