package dev.nantian.gateway.proxy;

import static dev.nantian.gateway.proxy.Http2RawClient.DATA;
import static dev.nantian.gateway.proxy.Http2RawClient.HEADERS;
import static dev.nantian.gateway.proxy.Http2RawClient.RST_STREAM;
import static dev.nantian.gateway.proxy.Http2RawClient.WINDOW_UPDATE;
import static dev.nantian.gateway.proxy.Http2RawClient.request;
import static org.assertj.core.api.Assertions.assertThat;

import dev.nantian.gateway.proxy.Http2RawClient.Frame;
import dev.nantian.gateway.proxy.Http2RawClient.Response;
import io.netty.handler.codec.http2.Http2Error;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What becomes of HTTP/2 requests on their way to an HTTP/1.1 backend and back. */
@Timeout(180)
class Http2IT {
  private static TestProxy proxyTo(RawBackend backend) {
    return TestProxy.start(new TestTable().route("/", TestTable.cluster(backend.address())));
  }

  private static Http2RawClient client(TestProxy proxy, int... settings) throws IOException {
    return new Http2RawClient(proxy.connect(), settings);
  }

  @Test
  void bothVersionsAreServedOnOnePort() throws Exception {
    try (RawBackend backend = RawBackend.echo();
        TestProxy proxy = proxyTo(backend);
        RawClient old = proxy.client();
        Http2RawClient client = client(proxy)) {
      client.get(1, "/a?b=c", "user-agent", "it");

      Response response = client.receive(1);

      assertThat(response.status()).isEqualTo(200);
      assertThat(response.body())
          .startsWith("GET /a?b=c HTTP/1.1\r\n")
          .contains("\r\nhost: test.example\r\n")
          .contains("\r\nuser-agent: it\r\n")
          .contains("\r\nx-forwarded-for: 127.0.0.1\r\n");
      assertThat(old.get("/").status()).isEqualTo(200);
      assertThat(proxy.metrics())
          .contains("nantian_http_protocol_requests_total{protocol=\"HTTP/1.1\"} 1.0")
          .contains("nantian_http_protocol_requests_total{protocol=\"HTTP/2\"} 1.0");
    }
  }

  @Test
  void aPrefaceInPiecesIsStillOne() throws Exception {
    try (RawBackend backend = RawBackend.echo();
        TestProxy proxy = proxyTo(backend);
        RawClient client = proxy.client()) {
      client.socket().setTcpNoDelay(true);
      client.send("P");
      client.send("RI * HTTP/2.0\r\n\r");
      client.send("\nSM\r\n\r\n\0\0\0\4\0\0\0\0\0");

      assertThat(client.in().readNBytes(9)[3]).isEqualTo((byte) Http2RawClient.SETTINGS);
    }
  }

  @Test
  void aMethodThatBeginsLikeThePrefaceIsHttp1() throws Exception {
    try (RawBackend backend = RawBackend.echo();
        TestProxy proxy = proxyTo(backend);
        RawClient client = proxy.client()) {
      client.send("PRI /x HTTP/1.1\r\nHost: x\r\n\r\n");

      assertThat(client.receive().body()).startsWith("PRI /x HTTP/1.1");
    }
  }

  @Test
  void cookieCrumbsAreJoined() throws Exception {
    try (RawBackend backend = RawBackend.echo();
        TestProxy proxy = proxyTo(backend);
        Http2RawClient client = client(proxy)) {
      client.get(1, "/", "cookie", "a=1", "x", "y", "cookie", "b=2", "cookie", "c=3");

      assertThat(client.receive(1).body()).contains("\r\ncookie: a=1; b=2; c=3\r\n");
    }
  }

  @Test
  void bodiesOfUnknownLengthGoOnInChunksWithTheirTrailers() throws Exception {
    CompletableFuture<String> seen = new CompletableFuture<>();
    try (RawBackend backend =
            new RawBackend(
                connection -> {
                  String head = connection.head();
                  InputStream in = connection.in();
                  StringBuilder rest = new StringBuilder();
                  while (!rest.toString().contains("\r\n\r\n")) {
                    rest.append((char) in.read());
                  }
                  seen.complete(head + rest);
                  connection.send("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n");
                  connection.send("2\r\nok\r\n0\r\ngrpc-status: 0\r\n\r\n");
                });
        TestProxy proxy = proxyTo(backend);
        Http2RawClient client = client(proxy)) {
      client.headers(1, false, request("POST", "/", "te", "trailers"));
      client.data(1, false, "hello").headers(1, true, "checksum", "5").flush();

      Response response = client.receive(1);

      assertThat(seen.get())
          .contains("transfer-encoding: chunked")
          .endsWith("5\r\nhello\r\n0\r\nchecksum: 5\r\n\r\n");
      assertThat(response.body()).isEqualTo("ok");
      assertThat(response.head().field("transfer-encoding")).isEmpty();
      assertThat(response.trailer("grpc-status")).isEqualTo("0");
    }
  }

  @Test
  void interimResponsesComeBeforeTheFinalOne() throws Exception {
    try (RawBackend backend =
            new RawBackend(
                connection -> {
                  connection.head();
                  connection.send("HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n");
                  connection.send("HTTP/1.1 204 No Content\r\n\r\n");
                });
        TestProxy proxy = proxyTo(backend);
        Http2RawClient client = client(proxy)) {
      client.get(1, "/");

      Frame first = client.await(HEADERS, 1);
      Frame second = client.await(HEADERS, 1);

      assertThat(first.field(":status")).isEqualTo("103");
      assertThat(first.field("link")).isEqualTo("</a>");
      assertThat(second.field(":status")).isEqualTo("204");
      assertThat(second.ends()).isTrue();
    }
  }

  @Test
  void aClientThatWaitsFor100GetsItAndGoesOn() throws Exception {
    try (RawBackend backend =
            new RawBackend(
                connection -> {
                  connection.head();
                  connection.send("HTTP/1.1 100 Continue\r\n\r\n");
                  byte[] body = connection.in().readNBytes(5);
                  connection.send("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n");
                  connection.send(new String(body, StandardCharsets.ISO_8859_1));
                });
        TestProxy proxy = proxyTo(backend);
        Http2RawClient client = client(proxy)) {
      client
          .headers(1, false, request("PUT", "/", "expect", "100-continue", "content-length", "5"))
          .flush();

      assertThat(client.await(HEADERS, 1).field(":status")).isEqualTo("100");
      client.data(1, true, "hello").flush();
      assertThat(client.receive(1).body()).isEqualTo("hello");
    }
  }

  @Test
  void aResponseToHeadEndsWithItsFields() throws Exception {
    try (RawBackend backend = RawBackend.echo();
        TestProxy proxy = proxyTo(backend);
        Http2RawClient client = client(proxy)) {
      client.headers(1, true, request("HEAD", "/")).flush();

      Frame head = client.await(HEADERS, 1);

      assertThat(head.ends()).isTrue();
      assertThat(head.field("content-length")).isNotEmpty();
    }
  }

  @Test
  void anEarlyResponseIsCompleteAndThenTheRequestIsStopped() throws Exception {
    try (TestProxy proxy = TestProxy.start(new TestTable());
        Http2RawClient client = client(proxy)) {
      client.headers(1, false, request("POST", "/")).data(1, false, "abc").flush();

      Response response = client.receive(1);

      assertThat(response.status()).isEqualTo(404);
      assertThat(client.await(RST_STREAM, 1).code()).isEqualTo((int) Http2Error.NO_ERROR.code());
      client.data(1, true, "late").get(3, "/"); // what was on its way ends nothing
      assertThat(client.receive(3).status()).isEqualTo(404);
    }
  }

  @Test
  void aTruncatedResponseResetsItsStreamAndNoOther() throws Exception {
    try (RawBackend backend =
            new RawBackend(
                connection -> {
                  String head = connection.head();
                  connection.send("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nabc");
                  if (head.startsWith("GET /good")) {
                    connection.send("defghi");
                    connection.head();
                  }
                });
        TestProxy proxy = proxyTo(backend);
        Http2RawClient client = client(proxy)) {
      client.get(1, "/bad");

      assertThat(client.await(RST_STREAM, 1).code())
          .isEqualTo((int) Http2Error.INTERNAL_ERROR.code());
      client.get(3, "/good");
      assertThat(client.receive(3).body()).isEqualTo("abcdefghi");
    }
  }

  @Test
  void aResetByTheClientFreesTheBackend() throws Exception {
    CompletableFuture<Boolean> left = new CompletableFuture<>();
    CountDownLatch arrived = new CountDownLatch(1);
    try (RawBackend backend =
            new RawBackend(
                connection -> {
                  connection.head();
                  arrived.countDown();
                  left.complete(connection.in().read() < 0);
                });
        TestProxy proxy = proxyTo(backend);
        Http2RawClient client = client(proxy)) {
      client.get(1, "/");
      arrived.await();

      client.integer(RST_STREAM, 1, (int) Http2Error.CANCEL.code()).flush();

      assertThat(left.get()).isTrue();
      TestProxy.eventually(
          "counted as over", () -> proxy.metrics().contains("nantian_http_requests_active 0.0"));
    }
  }

  @ParameterizedTest
  @CsvSource({
    "connection, close",
    "transfer-encoding, chunked",
    "keep-alive, 5",
    "proxy-connection, x",
    "upgrade, websocket",
    "te, gzip",
    "Upper, x",
    ":unknown, x",
    ":path, /second",
    "content-length, 4",
    "content-length, x",
  })
  void malformedRequestsAreReset(String name, String value) throws Exception {
    try (RawBackend backend = RawBackend.echo();
        TestProxy proxy = proxyTo(backend);
        Http2RawClient client = client(proxy)) {
      client.get(1, "/", name, value);

      Frame reset = client.await(RST_STREAM, 1);

      assertThat(reset.code()).isEqualTo((int) Http2Error.PROTOCOL_ERROR.code());
      assertThat(backend.accepted()).isZero();
    }
  }

  @ParameterizedTest
  @CsvSource({
    "/../x, x, 400",
    "/a b, x, 400",
    "/%zz, x, 400",
    "/, a@b, 400",
    "/, , 400",
    "/, a:99999, 400",
  })
  void unacceptableRequestsAreAnswered(String path, String authority, int status) throws Exception {
    try (TestProxy proxy = TestProxy.start(new TestTable());
        Http2RawClient client = client(proxy)) {
      client
          .headers(
              1,
              true,
              ":method",
              "GET",
              ":scheme",
              "http",
              ":path",
              path,
              ":authority",
              authority == null ? "" : authority)
          .flush();

      assertThat(client.receive(1).status()).isEqualTo(status);
    }
  }

  @Test
  void aHostThatDisagreesWithTheAuthorityIsRefused() throws Exception {
    try (RawBackend backend = RawBackend.echo();
        TestProxy proxy = proxyTo(backend);
        Http2RawClient client = client(proxy)) {
      client.get(1, "/", "host", "other.example").get(3, "/", "host", "Test.Example");

      assertThat(client.receive(1).status()).isEqualTo(400);
      assertThat(client.receive(3).body()).containsOnlyOnce("\r\nhost: test.example\r\n");
    }
  }

  @ParameterizedTest
  @CsvSource({"5, hello!", "7, hello"})
  void aBodyMustHaveTheLengthThatItSays(int length, String body) throws Exception {
    try (RawBackend backend = RawBackend.echo();
        TestProxy proxy = proxyTo(backend);
        Http2RawClient client = client(proxy)) {
      client.headers(1, false, request("PUT", "/", "content-length", "" + length)).flush();
      client.data(1, true, body).flush();

      assertThat(client.await(RST_STREAM, 1).code())
          .isEqualTo((int) Http2Error.PROTOCOL_ERROR.code());
    }
  }

  @Test
  void tooLargeFieldsAreAnswered431() throws Exception {
    try (TestProxy proxy = TestProxy.start(new TestTable());
        Http2RawClient client = client(proxy)) {
      String[] many = new String[2 * 129];
      for (int i = 0; i < many.length; i += 2) {
        many[i] = "f" + i;
        many[i + 1] = "v";
      }
      client.get(1, "/", many);
      byte[] block = client.encode(request("GET", "/", "large", "\\".repeat(66_000)));
      int at = 12_000;
      client.send(HEADERS, Http2RawClient.END_STREAM, 3, Arrays.copyOf(block, at));
      for (; at < block.length; at += 12_000) {
        int end = Math.min(block.length, at + 12_000);
        int flags = end == block.length ? Http2RawClient.END_HEADERS : 0;
        client.send(Http2RawClient.CONTINUATION, flags, 3, Arrays.copyOfRange(block, at, end));
      }
      client.flush();

      assertThat(client.receive(1).status()).isEqualTo(431);
      assertThat(client.receive(3).status()).isEqualTo(431);
    }
  }

  @Test
  void windowIsGivenBackOnlyAsTheBackendTakesTheBody() throws Exception {
    CountDownLatch read = new CountDownLatch(1);
    long sent = 0;
    int size = 32 << 20;
    try (RawBackend backend =
            new RawBackend(
                connection -> {
                  if (connection.head().startsWith("GET")) {
                    connection.send("HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nfast");
                    return;
                  }
                  Waiting.on(read);
                  connection.in().skipNBytes(size);
                  connection.send("HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nslow");
                  connection.head();
                });
        TestProxy proxy = proxyTo(backend);
        Http2RawClient client = client(proxy)) {
      client.headers(1, false, request("PUT", "/slow", "content-length", "" + size)).flush();
      String part = "x".repeat(16 << 10);
      long window = 65_535;
      boolean stalled = false;
      while (sent < size) {
        while (window < part.length() && sent + window < size) {
          if (!stalled && sent > 1 << 20) {
            // The sockets are full by now: another stream must not mind.
            stalled = true;
            client.get(3, "/fast");
            assertThat(client.receive(3).body()).isEqualTo("fast");
            assertThat(sent).isLessThan(size);
            read.countDown();
          }
          Frame update =
              client.await(
                  frame ->
                      (frame.type() == WINDOW_UPDATE && frame.stream() == 1)
                          || frame.type() == Http2RawClient.PING);
          window += update.type() == WINDOW_UPDATE ? update.code() : 0;
        }
        int count = (int) Math.min(part.length(), size - sent);
        sent += count;
        boolean last = sent == size;
        client.data(1, last, part.substring(0, count)).flush();
        window -= count;
      }

      assertThat(client.receive(1).body()).isEqualTo("slow");
      assertThat(stalled).isTrue();
    }
  }

  @Test
  void aClientThatGivesNoWindowStopsItsBackendAndNoOther() throws Exception {
    AtomicLong written = new AtomicLong();
    try (RawBackend backend =
            new RawBackend(
                connection -> {
                  if (connection.head().startsWith("GET /small")) {
                    connection.send("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok");
                    return;
                  }
                  OutputStream out = connection.socket().getOutputStream();
                  out.write(
                      "HTTP/1.1 200 OK\r\nContent-Length: 209715200\r\n\r\n"
                          .getBytes(StandardCharsets.US_ASCII));
                  byte[] block = new byte[64 << 10];
                  while (true) {
                    out.write(block);
                    written.addAndGet(block.length);
                  }
                });
        TestProxy proxy = proxyTo(backend);
        Http2RawClient client = client(proxy, 4, 1000)) { // SETTINGS_INITIAL_WINDOW_SIZE
      client.get(1, "/large");
      Waiting.untilStandsStill(written);

      client.get(3, "/small");

      assertThat(client.receive(3).body()).isEqualTo("ok");
      assertThat(written.get()).isLessThan(48 << 20);
      assertThat(client.await(DATA, 1).payload()).hasSize(1000);
    }
  }
}
