package dev.nantian.gateway.proxy;

import static dev.nantian.gateway.proxy.Http2RawClient.DATA;
import static dev.nantian.gateway.proxy.Http2RawClient.HEADERS;
import static dev.nantian.gateway.proxy.Http2RawClient.RST_STREAM;
import static dev.nantian.gateway.proxy.Http2RawClient.SETTINGS;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.nantian.gateway.proxy.http.WebSocketHandshake;
import dev.nantian.gateway.proxy.log.AccessLogSettings;
import dev.nantian.gateway.proxy.pipeline.ForwardingSettings;
import io.netty.handler.codec.http2.Http2Error;
import io.netty.handler.codec.http2.Http2Headers;
import io.netty.handler.codec.http2.Http2Settings;
import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * What {@link UpgradeIT} shows for HTTP/1.1 alone, where one side or both speak HTTP/2: RFC 8441,
 * byte for byte.
 */
class ExtendedConnectIT {
  private static final int ENABLE_CONNECT_PROTOCOL = 8;
  private static final int SIZE = 64 << 20;
  private static final String[] ASK = {
    ":method", "CONNECT",
    ":protocol", "websocket",
    ":scheme", "http",
    ":path", "/chat?a=b",
    ":authority", "test.example",
    "sec-websocket-version", "13"
  };
  private static final String ASK_HTTP1 =
      String.join(
          "\r\n",
          "GET /chat?a=b HTTP/1.1",
          "Host: test.example",
          "Connection: Upgrade",
          "Upgrade: websocket",
          "Sec-WebSocket-Version: 13",
          "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==",
          "",
          "");

  private static TestProxy to(RawBackend backend) {
    return TestProxy.start(new TestTable().route("/", TestTable.cluster(backend.address())));
  }

  private static TestProxy to(Http2Backend backend) {
    return TestProxy.start(new TestTable().route("/", TestTable.http2(backend.address())));
  }

  private static Http2RawClient http2(TestProxy proxy, int... settings) throws IOException {
    Socket socket = new Socket(InetAddress.getLoopbackAddress(), proxy.port());
    socket.setSoTimeout(60_000);
    return new Http2RawClient(socket, settings);
  }

  private static Http2RawClient ask(TestProxy proxy) throws IOException {
    return http2(proxy).headers(1, false, ASK).flush();
  }

  /** The 101 that belongs to a request's head. */
  private static String switching(String head) {
    String key = String.valueOf(new RawClient.Response(0, head, "").field("sec-websocket-key"));
    return "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
        + "Sec-WebSocket-Accept: "
        + new String(
            WebSocketHandshake.accept(key.getBytes(StandardCharsets.US_ASCII)),
            StandardCharsets.US_ASCII)
        + "\r\n\r\n";
  }

  private interface Talk {
    void with(RawBackend.Connection connection) throws IOException;
  }

  /** Opens the WebSocket and then does as told. */
  private static RawBackend http1(Talk talk) throws IOException {
    return new RawBackend(
        connection -> {
          connection.send(switching(connection.head()));
          talk.with(connection);
        });
  }

  private static RawBackend answering(String answer) throws IOException {
    return new RawBackend(
        connection -> {
          while (true) {
            connection.head();
            connection.send(answer);
          }
        });
  }

  /** Shows what it hears; the test says what it answers. */
  private static final class Streams implements Http2Backend.Script, AutoCloseable {
    private final BlockingQueue<String> heard = new LinkedBlockingQueue<>();
    private final CompletableFuture<Http2Backend.Stream> stream = new CompletableFuture<>();
    private final Http2Backend backend;

    Streams(boolean announced) {
      backend = new Http2Backend(new Http2Settings().connectProtocolEnabled(announced), this);
    }

    @Override
    public void onHeaders(Http2Backend.Stream of, Http2Headers headers, boolean end) {
      heard.add(
          String.join(
              " ",
              headers.method(),
              String.valueOf(headers.get(":protocol")),
              headers.path(),
              String.valueOf(headers.get("sec-websocket-key")),
              end ? "end" : "open"));
      stream.complete(of);
    }

    @Override
    public void onData(Http2Backend.Stream of, String data, boolean end) {
      if (!data.isEmpty()) {
        heard.add(data);
      }
      if (end) {
        heard.add("END");
      }
    }

    @Override
    public void onReset(Http2Backend.Stream of, long code) {
      heard.add("RESET " + code);
    }

    String next() throws InterruptedException {
      return String.valueOf(heard.poll(60, TimeUnit.SECONDS));
    }

    Http2Backend.Stream asked() throws InterruptedException {
      assertThat(next()).isEqualTo("CONNECT websocket /chat?a=b null open");
      return TestProxy.await(stream);
    }

    @Override
    public void close() {
      backend.close();
    }
  }

  private static String read(RawClient client, int count) throws IOException {
    return new String(client.in().readNBytes(count), StandardCharsets.ISO_8859_1);
  }

  @Test
  void isAnnouncedUnlessWebSocketsAreForbidden() throws IOException {
    try (RawBackend backend = RawBackend.echo();
        TestProxy proxy = to(backend);
        Http2RawClient client = http2(proxy)) {
      byte[] settings = client.await(SETTINGS, 0).payload();

      assertThat(announces(settings)).isTrue();
    }
    try (RawBackend backend = RawBackend.echo();
        TestProxy proxy =
            new TestProxy(
                DataPlaneSettings.DEFAULT.withForwarding(
                    new ForwardingSettings(false, null, List.of(), 1_000)),
                1,
                false,
                new TestTable().route("/", TestTable.cluster(backend.address())));
        Http2RawClient client = http2(proxy)) {
      assertThat(announces(client.await(SETTINGS, 0).payload())).isFalse();

      assertThat(client.headers(1, false, ASK).flush().receive(1).status()).isEqualTo(501);
    }
  }

  private static boolean announces(byte[] settings) {
    for (int at = 0; at < settings.length; at += 6) {
      if (settings[at + 1] == ENABLE_CONNECT_PROTOCOL) {
        return settings[at + 5] == 1;
      }
    }
    return false;
  }

  @Test
  void becomesAnUpgradeForHttp1AndBytesPassAlsoEarlyOnes() throws IOException {
    var head = new CompletableFuture<String>();
    try (RawBackend backend =
            new RawBackend(
                connection -> {
                  String asked = connection.head();
                  head.complete(asked);
                  connection.send(switching(asked) + "early");
                  connection.send(
                      new String(connection.in().readNBytes(10), StandardCharsets.ISO_8859_1));
                  connection.in().read();
                });
        TestProxy proxy = to(backend);
        Http2RawClient client = http2(proxy)) {
      client.headers(1, false, ASK).data(1, false, "soon1").flush();

      Http2RawClient.Frame answer = client.await(HEADERS, 1);

      assertThat(answer.field(":status")).isEqualTo("200");
      assertThat(answer.ends()).isFalse();
      assertThat(answer.field("sec-websocket-accept")).isEmpty();
      assertThat(answer.field("upgrade") + answer.field("connection")).isEmpty();
      assertThat(client.await(DATA, 1).text()).isEqualTo("early");
      client.data(1, false, "late2").flush();
      assertThat(client.await(DATA, 1).text()).isEqualTo("soon1late2");
      assertThat(TestProxy.await(head))
          .startsWith("GET /chat?a=b HTTP/1.1\r\n")
          .containsIgnoringCase("\r\nconnection: upgrade\r\n")
          .containsIgnoringCase("\r\nupgrade: websocket\r\n")
          .containsIgnoringCase("\r\nhost: test.example\r\n")
          .containsIgnoringCase("\r\nsec-websocket-version: 13\r\n")
          .containsPattern("(?i)\r\nsec-websocket-key: [A-Za-z0-9+/]{22}==\r\n");
    }
  }

  @Test
  void theHandshakeOfHttp1IsTheProxys() throws Exception {
    try (Streams streams = new Streams(true);
        TestProxy proxy = to(streams.backend);
        RawClient client = proxy.client()) {
      client.send(ASK_HTTP1 + "early");
      streams.asked().head(200, false, "sec-websocket-protocol", "chat").data("hello", false);

      RawClient.Response answer = client.receive();

      assertThat(answer.status()).isEqualTo(101);
      assertThat(answer.field("connection")).isEqualToIgnoringCase("upgrade");
      assertThat(answer.field("upgrade")).isEqualTo("websocket");
      // The example of RFC 6455 section 1.3.
      assertThat(answer.field("sec-websocket-accept")).isEqualTo("s3pPLMBiTxaQ9kYGzzhZRbK+xOo=");
      assertThat(answer.field("sec-websocket-protocol")).isEqualTo("chat");
      assertThat(read(client, 5)).isEqualTo("hello");
      assertThat(streams.next()).isEqualTo("early");
    }
  }

  @Test
  void aKeyThatIsNoneIs400AndNothingReachesTheBackend() throws IOException {
    try (Streams streams = new Streams(true);
        TestProxy proxy = to(streams.backend)) {
      for (String bad :
          List.of(
              ASK_HTTP1.replace("dGhlIHNhbXBsZSBub25jZQ==", "short"),
              ASK_HTTP1.replace("dGhlIHNhbXBsZSBub25jZQ==", "dGhlIHNhbXBsZSBub25jZQ=!"),
              ASK_HTTP1.replace("Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n", ""))) {
        try (RawClient client = proxy.client()) {
          assertThat(client.send(bad).receive().status()).as(bad).isEqualTo(400);
        }
      }
      assertThat(streams.heard).isEmpty();
    }
  }

  @Test
  void aBackendThatDoesNotAnnounceItIs502ForBothVersions() throws IOException {
    try (Streams streams = new Streams(false);
        TestProxy proxy = to(streams.backend);
        RawClient http1 = proxy.client();
        Http2RawClient http2 = ask(proxy)) {
      RawClient.Response answer = http1.send(ASK_HTTP1).receive();

      assertThat(answer.status()).isEqualTo(502);
      assertThat(answer.body()).contains("no WebSocket over HTTP/2");
      assertThat(http2.receive(1).status()).isEqualTo(502);
      assertThat(streams.heard).isEmpty();
    }
  }

  @Test
  void otherProtocolsAndPlainConnectAre501AndTheConnectionStays() throws IOException {
    try (RawBackend backend = RawBackend.echo();
        TestProxy proxy = to(backend);
        Http2RawClient client = http2(proxy)) {
      String[] udp = ASK.clone();
      udp[3] = "connect-udp";

      Http2RawClient.Response other = client.headers(1, false, udp).flush().receive(1);
      Http2RawClient.Response plain =
          client
              .headers(3, false, ":method", "CONNECT", ":authority", "a.example:443")
              .flush()
              .receive(3);

      assertThat(other.status()).isEqualTo(501);
      assertThat(other.body()).contains(":protocol");
      assertThat(plain.status()).isEqualTo(501);
      assertThat(client.get(5, "/").receive(5).status()).isEqualTo(200);
    }
  }

  @Test
  void malformedOnesAreReset() throws IOException {
    List<String[]> malformed =
        List.of(
            Http2RawClient.request("GET", "/", ":protocol", "websocket"),
            new String[] {":method", "CONNECT", ":protocol", "websocket", ":authority", "a"},
            with(ASK, "content-length", "0"),
            with(ASK, "upgrade", "websocket"),
            with(ASK, "connection", "upgrade"));
    try (RawBackend backend = RawBackend.echo();
        TestProxy proxy = to(backend);
        Http2RawClient client = http2(proxy)) {
      for (int i = 0; i < malformed.size(); i++) {
        int stream = 2 * i + 1;

        client.headers(stream, false, malformed.get(i)).flush();

        assertThat(client.await(RST_STREAM, stream).code())
            .as(String.join(" ", malformed.get(i)))
            .isEqualTo((int) Http2Error.PROTOCOL_ERROR.code());
      }
    }
  }

  private static String[] with(String[] fields, String name, String value) {
    String[] more = java.util.Arrays.copyOf(fields, fields.length + 2);
    more[fields.length] = name;
    more[fields.length + 1] = value;
    return more;
  }

  @Test
  void aRefusalIsAnOrdinaryResponse() throws Exception {
    try (RawBackend backend = answering("HTTP/1.1 403 Forbidden\r\nContent-Length: 2\r\n\r\nno");
        TestProxy proxy = to(backend);
        Http2RawClient client = http2(proxy)) {
      client.headers(1, false, ASK).data(1, false, "early").flush();
      Http2RawClient.Response refused = client.receive(1);
      assertThat(refused.status()).isEqualTo(403);
      assertThat(refused.body()).isEqualTo("no");
      assertThat(client.await(RST_STREAM, 1).code()).isZero();
    }
    try (Streams streams = new Streams(true);
        TestProxy proxy = to(streams.backend);
        RawClient client = proxy.client()) {
      client.send(ASK_HTTP1);
      streams.asked().head(404, false).data("none", true);

      assertThat(client.receive().body()).isEqualTo("none");
      assertThat(streams.next()).isEqualTo("RESET 0");
    }
  }

  @Test
  void whatOnlyLooksOpenToAnHttp2ClientIs502() throws IOException {
    for (String answer :
        List.of(
            "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi",
            "HTTP/1.1 204 No Content\r\n\r\n",
            switching("Sec-WebSocket-Key: of-another-request\r\n\r\n"),
            switching("\r\n").replace("Upgrade: websocket", "Upgrade: h2c"),
            switching("\r\n").replaceAll("Sec-WebSocket-Accept: .*\r\n", ""))) {
      try (RawBackend backend = answering(answer);
          TestProxy proxy = to(backend);
          Http2RawClient client = ask(proxy)) {
        assertThat(client.receive(1).status()).as(answer).isEqualTo(502);
      }
    }
  }

  @Test
  void theClientsEndLeavesTheOtherDirectionOpen() throws Exception {
    try (RawBackend backend =
            http1(
                connection -> {
                  String all =
                      new String(connection.in().readAllBytes(), StandardCharsets.ISO_8859_1);
                  connection.send(all + " and more");
                });
        TestProxy proxy = to(backend);
        Http2RawClient client = ask(proxy)) {
      client.data(1, false, "ab").data(1, true, "c").flush();

      assertThat(client.receive(1).body()).isEqualTo("abc and more");
    }
    try (Streams streams = new Streams(true);
        TestProxy proxy = to(streams.backend);
        RawClient client = proxy.client()) {
      client.send(ASK_HTTP1 + "abc").socket().shutdownOutput();
      Http2Backend.Stream stream = streams.asked().head(200, false);
      assertThat(streams.next()).isEqualTo("abc");
      assertThat(streams.next()).isEqualTo("END");
      stream.data("and more", true);

      assertThat(client.receive().status()).isEqualTo(101);
      assertThat(new String(client.in().readAllBytes(), StandardCharsets.ISO_8859_1))
          .isEqualTo("and more");
    }
  }

  @Test
  void theBackendsEndLeavesTheOtherDirectionOpen() throws Exception {
    var received = new CompletableFuture<String>();
    try (RawBackend backend =
            http1(
                connection -> {
                  connection.send("bye");
                  connection.socket().shutdownOutput();
                  received.complete(
                      new String(connection.in().readAllBytes(), StandardCharsets.ISO_8859_1));
                });
        TestProxy proxy = to(backend);
        Http2RawClient client = ask(proxy)) {
      assertThat(client.receive(1).body()).isEqualTo("bye");

      client.data(1, true, "still here").flush();

      assertThat(TestProxy.await(received)).isEqualTo("still here");
    }
    try (Streams streams = new Streams(true);
        TestProxy proxy = to(streams.backend);
        Http2RawClient client = ask(proxy)) {
      streams.asked().head(200, false).data("bye", true);
      assertThat(client.receive(1).body()).isEqualTo("bye");

      client.data(1, true, "still here").flush();

      assertThat(streams.next()).isEqualTo("still here");
      assertThat(streams.next()).isEqualTo("END");
    }
  }

  @Test
  void aResetOfTheBackendResetsTheClient() throws Exception {
    try (RawBackend backend =
            http1(
                connection -> {
                  connection.in().read();
                  connection.reset();
                });
        TestProxy proxy = to(backend);
        Http2RawClient client = ask(proxy)) {
      client.await(HEADERS, 1);

      client.data(1, false, "x").flush();

      assertThat(client.await(RST_STREAM, 1).code()).isEqualTo((int) Http2Error.CANCEL.code());
    }
    try (Streams streams = new Streams(true);
        TestProxy proxy = to(streams.backend);
        RawClient client = proxy.client()) {
      client.send(ASK_HTTP1);
      Http2Backend.Stream stream = streams.asked().head(200, false);
      assertThat(client.receive().status()).isEqualTo(101);

      stream.reset(Http2Error.CANCEL);

      assertThatThrownBy(() -> client.in().read()).isInstanceOf(IOException.class);
    }
  }

  @Test
  void aResetOfTheClientResetsTheBackend() throws Exception {
    var ended = new CompletableFuture<Boolean>();
    try (RawBackend backend =
            http1(
                connection -> {
                  try {
                    ended.complete(connection.in().read() < 0);
                  } catch (IOException e) {
                    ended.complete(false);
                  }
                });
        TestProxy proxy = to(backend);
        Http2RawClient client = ask(proxy)) {
      client.await(HEADERS, 1);

      client.integer(RST_STREAM, 1, (int) Http2Error.CANCEL.code()).flush();

      assertThat(TestProxy.await(ended)).as("a clean end").isFalse();
    }
    try (Streams streams = new Streams(true);
        TestProxy proxy = to(streams.backend);
        RawClient client = proxy.client()) {
      client.send(ASK_HTTP1);
      streams.asked().head(200, false);
      assertThat(client.receive().status()).isEqualTo(101);

      client.socket().setSoLinger(true, 0);
      client.socket().close();

      assertThat(streams.next()).isEqualTo("RESET " + Http2Error.CANCEL.code());
    }
  }

  @Test
  void aClientsConnectionThatIsGoneResetsItsTunnels() throws Exception {
    try (Streams streams = new Streams(true);
        TestProxy proxy = to(streams.backend)) {
      Http2RawClient client = ask(proxy);
      streams.asked().head(200, false);
      client.await(HEADERS, 1);

      client.socket().close();

      assertThat(streams.next()).isEqualTo("RESET " + Http2Error.CANCEL.code());
      TestProxy.eventually(
          "nothing is left", () -> proxy.metrics().contains("nantian_http_requests_active 0.0"));
    }
  }

  @Test
  void framesOtherThanDataResetAnOpenTunnel() throws Exception {
    try (Streams streams = new Streams(true);
        TestProxy proxy = to(streams.backend);
        Http2RawClient client = ask(proxy)) {
      streams.asked().head(200, false);
      client.await(HEADERS, 1);

      client.headers(1, true, "a-trailer", "x").flush();

      assertThat(client.await(RST_STREAM, 1).code())
          .isEqualTo((int) Http2Error.PROTOCOL_ERROR.code());
      assertThat(streams.next()).isEqualTo("RESET " + Http2Error.CANCEL.code());
    }
  }

  @Test
  void aSilentTunnelIsCut() throws Exception {
    try (Streams streams = new Streams(true);
        TestProxy proxy =
            new TestProxy(
                DataPlaneSettings.DEFAULT.withForwarding(
                    new ForwardingSettings(false, null, List.of("websocket"), 50)),
                1,
                false,
                new TestTable().route("/", TestTable.http2(streams.backend.address())));
        Http2RawClient client = ask(proxy)) {
      streams.asked().head(200, false);

      assertThat(client.await(RST_STREAM, 1).code()).isEqualTo((int) Http2Error.CANCEL.code());
      assertThat(streams.next()).isEqualTo("RESET " + Http2Error.CANCEL.code());
      TestProxy.eventually(
          "nothing is left", () -> proxy.metrics().contains("nantian_http_requests_active 0.0"));
    }
  }

  @Test
  void aClientThatGivesNoWindowStopsTheBackend() throws Exception {
    AtomicLong written = new AtomicLong();
    try (RawBackend backend =
            http1(
                connection -> {
                  byte[] block = new byte[64 << 10];
                  while (true) {
                    connection.socket().getOutputStream().write(block);
                    written.addAndGet(block.length);
                  }
                });
        TestProxy proxy = to(backend);
        Http2RawClient client = ask(proxy)) {
      client.await(HEADERS, 1);

      standsStill(written);

      assertThat(written.get()).isLessThan(SIZE);
    }
  }

  @Test
  void aBackendThatDoesNotReadStopsTheClientsStreamAlone() throws Exception {
    try (RawBackend backend =
            new RawBackend(
                connection -> {
                  String head = connection.head();
                  if (!head.contains("pgrade")) {
                    connection.send("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
                    connection.in().read();
                    return;
                  }
                  connection.socket().setReceiveBufferSize(4096);
                  connection.send(switching(head));
                  try {
                    Thread.currentThread().join(); // reads nothing
                  } catch (InterruptedException e) {
                    throw new IOException(e);
                  }
                });
        TestProxy proxy = to(backend);
        Http2RawClient client = ask(proxy)) {
      client.await(HEADERS, 1);
      int window = 65_535;
      long sent = 0;
      String block = "x".repeat(16 << 10);
      // As long as window comes back the client sends; a PING's answer tells that none did.
      while (window >= block.length() && sent < SIZE) {
        client.data(1, false, block).flush();
        sent += block.length();
        window -= block.length();
        if (window < block.length()) {
          client.send(Http2RawClient.PING, 0, 0, new byte[8]).flush();
          Http2RawClient.Frame frame = client.await(f -> isWindow(f) || isPong(f));
          while (!isPong(frame)) {
            window += frame.code();
            frame = client.await(f -> isWindow(f) || isPong(f));
          }
        }
      }

      assertThat(sent).as("until the backend's connection is full").isLessThan(SIZE);
      assertThat(client.get(3, "/").receive(3).status()).isEqualTo(200);
    }
  }

  private static boolean isWindow(Http2RawClient.Frame frame) {
    return frame.type() == Http2RawClient.WINDOW_UPDATE && frame.stream() == 1;
  }

  private static boolean isPong(Http2RawClient.Frame frame) {
    return frame.type() == Http2RawClient.PING && (frame.flags() & Http2RawClient.ACK) != 0;
  }

  @Test
  void theLineOfTheLogComesAtTheEndWithBothDirections(@TempDir Path folder) throws Exception {
    Path file = folder.resolve("access.log");
    try (Streams streams = new Streams(true);
        TestProxy proxy =
            new TestProxy(
                DataPlaneSettings.DEFAULT.withAccessLog(new AccessLogSettings(file, 100)),
                1,
                false,
                new TestTable().route("/", TestTable.http2(streams.backend.address())));
        Http2RawClient client = ask(proxy)) {
      Http2Backend.Stream stream = streams.asked().head(200, false).data("four", true);
      client.data(1, true, "seven77").flush();
      assertThat(client.receive(1).body()).isEqualTo("four");
      assertThat(stream.id()).isPositive();
      TestProxy.eventually(
          "it is over", () -> proxy.metrics().contains("nantian_http_requests_active 0.0"));
    }

    assertThat(Files.readString(file))
        .contains("\"protocol\":\"HTTP/2\"")
        .contains("\"method\":\"GET\"")
        .contains("\"status\":101")
        .contains("\"bytesReceived\":7")
        .contains("\"bytesSent\":4");
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
