package dev.nantian.gateway.proxy;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.nantian.gateway.proxy.Http2Backend.Script;
import dev.nantian.gateway.proxy.Http2Backend.Stream;
import dev.nantian.gateway.proxy.RawClient.Response;
import dev.nantian.gateway.proxy.upstream.Http2UpstreamSettings;
import dev.nantian.gateway.proxy.upstream.UpstreamSettings;
import io.netty.handler.codec.http2.Http2Error;
import io.netty.handler.codec.http2.Http2Headers;
import io.netty.handler.codec.http2.Http2Settings;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

/** HTTP/1.1 clients, HTTP/2 with prior knowledge to the backend. */
class Http2UpstreamIT {
  private static TestTable to(Http2Backend backend) {
    return new TestTable().route("/", TestTable.http2(backend.address()));
  }

  private static TestProxy proxy(Http2Backend backend) {
    return TestProxy.start(to(backend));
  }

  private static TestProxy proxy(Http2Backend backend, Http2UpstreamSettings http2) {
    UpstreamSettings settings = new UpstreamSettings(60_000, 0, 50_000, 10, 100, 100, http2);
    return new TestProxy(DataPlaneSettings.DEFAULT.withUpstreams(settings), 1, false, to(backend));
  }

  private static Http2Settings settings() {
    return Http2Settings.defaultSettings();
  }

  @Test
  void forwardsARequestAndItsResponse() throws IOException {
    try (Http2Backend backend = Http2Backend.echo();
        TestProxy proxy = proxy(backend);
        RawClient client = proxy.client()) {
      client.send(
          "POST /a/b?c=d HTTP/1.1\r\nHost: test.example:8080\r\nX-Mixed: Case\r\n"
              + "Connection: keep-alive\r\nTE: trailers\r\nContent-Length: 3\r\n\r\nabc");

      Response response = client.receive();

      assertThat(response.status()).isEqualTo(200);
      assertThat(response.body())
          .contains(":method: POST\n")
          .contains(":path: /a/b?c=d\n")
          .contains(":scheme: http\n")
          .contains(":authority: test.example:8080\n")
          .contains("x-mixed: Case\n")
          .contains("content-length: 3\n")
          .contains("te: trailers\n")
          .doesNotContain("connection")
          .doesNotContain("\nhost")
          .endsWith("\n\nabc");
    }
  }

  @Test
  void chunksOfTheClientBecomeDataAndItsTrailersTrailers() throws IOException {
    try (Http2Backend backend = Http2Backend.echo();
        TestProxy proxy = proxy(backend);
        RawClient client = proxy.client()) {
      client.send("POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n");
      client.send("3;e=1\r\nabc\r\n2\r\nde\r\n0\r\nX-Sum: 1\r\n\r\n");

      Response response = client.receive();

      assertThat(response.body())
          .doesNotContain("transfer-encoding")
          .endsWith("\n\nabcdetrailers\nx-sum: 1\n");
    }
  }

  @Test
  void trailersOfTheBackendReachAClientThatTakesThem() throws IOException {
    Script script =
        (stream, _, _) -> stream.head(200, false).data("abc", false).trailers("x-sum", "1");
    try (Http2Backend backend = new Http2Backend(settings(), script);
        TestProxy proxy = proxy(backend);
        RawClient client = proxy.client()) {
      client.send("GET / HTTP/1.1\r\nHost: x\r\nTE: trailers\r\nConnection: close, TE\r\n\r\n");

      String all = new String(client.in().readAllBytes(), java.nio.charset.StandardCharsets.UTF_8);

      assertThat(all)
          .contains("transfer-encoding: chunked\r\n")
          .endsWith("\r\n\r\n3\r\nabc\r\n0\r\nx-sum: 1\r\n\r\n");
    }
  }

  @Test
  void anEmptyResponseEndsWithItsHead() throws IOException {
    Script script = (stream, _, _) -> stream.head(204, true);
    try (Http2Backend backend = new Http2Backend(settings(), script);
        TestProxy proxy = proxy(backend);
        RawClient client = proxy.client()) {
      assertThat(client.get("/").status()).isEqualTo(204);
      assertThat(client.get("/").status()).isEqualTo(204);
    }
  }

  @Test
  void aResponseToHeadHasNoBody() throws IOException {
    Script script = (stream, _, _) -> stream.head(200, true, "content-length", "10");
    try (Http2Backend backend = new Http2Backend(settings(), script);
        TestProxy proxy = proxy(backend);
        RawClient client = proxy.client()) {
      client.send("HEAD / HTTP/1.1\r\nHost: x\r\n\r\n");

      assertThat(client.receive(true).field("content-length")).isEqualTo("10");
      assertThat(client.send("HEAD / HTTP/1.1\r\nHost: x\r\n\r\n").receive(true).status())
          .isEqualTo(200);
    }
  }

  @Test
  void interimResponsesPass() throws IOException {
    Script script =
        new Script() {
          @Override
          public void onHeaders(Stream stream, Http2Headers headers, boolean end) {
            stream.head(100, false).head(103, false, "link", "</a>");
          }

          @Override
          public void onData(Stream stream, String data, boolean end) {
            if (end) {
              stream.head(200, true);
            }
          }
        };
    try (Http2Backend backend = new Http2Backend(settings(), script);
        TestProxy proxy = proxy(backend);
        RawClient client = proxy.client()) {
      client.send(
          "POST / HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nContent-Length: 3\r\n\r\n");
      assertThat(client.receive().status()).isEqualTo(100);
      assertThat(client.receive().field("link")).isEqualTo("</a>");

      client.send("abc");

      assertThat(client.receive().status()).isEqualTo(200);
    }
  }

  @Test
  void requestsShareAConnection() throws IOException {
    List<Stream> waiting = new CopyOnWriteArrayList<>();
    try (Http2Backend backend =
            new Http2Backend(settings(), (stream, _, _) -> waiting.add(stream));
        TestProxy proxy = proxy(backend)) {
      List<RawClient> clients = new ArrayList<>();
      for (int i = 0; i < 20; i++) {
        clients.add(proxy.client().send("GET / HTTP/1.1\r\nHost: x\r\n\r\n"));
      }
      TestProxy.eventually("all are there", () -> waiting.size() == 20);

      waiting.forEach(stream -> stream.head(200, true));

      for (RawClient client : clients) {
        assertThat(client.receive().status()).isEqualTo(200);
        client.close();
      }
      assertThat(backend.accepted()).isEqualTo(1);
    }
  }

  @Test
  void maxConcurrentStreamsIsRespectedByAnotherConnection() throws IOException {
    List<Stream> waiting = new CopyOnWriteArrayList<>();
    try (Http2Backend backend =
            new Http2Backend(
                settings().maxConcurrentStreams(2), (stream, _, _) -> waiting.add(stream));
        TestProxy proxy = proxy(backend)) {
      List<RawClient> clients = new ArrayList<>();
      for (int i = 0; i < 5; i++) {
        clients.add(proxy.client().send("GET / HTTP/1.1\r\nHost: x\r\n\r\n"));
      }
      TestProxy.eventually("all are there", () -> waiting.size() == 5);

      waiting.forEach(stream -> stream.head(200, true));

      for (RawClient client : clients) {
        assertThat(client.receive().status()).isEqualTo(200);
        client.close();
      }
      assertThat(backend.accepted()).isEqualTo(3);
    }
  }

  @Test
  void aRefusedStreamIsTriedAgainWhateverItsMethod() throws IOException {
    AtomicInteger requests = new AtomicInteger();
    Script script =
        (stream, _, _) -> {
          if (requests.incrementAndGet() == 1) {
            stream.reset(Http2Error.REFUSED_STREAM);
          } else {
            stream.head(200, true);
          }
        };
    try (Http2Backend backend = new Http2Backend(settings(), script);
        TestProxy proxy = proxy(backend);
        RawClient client = proxy.client()) {
      client.send("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n");

      assertThat(client.receive().status()).isEqualTo(200);
      assertThat(requests).hasValue(2);
    }
  }

  @Test
  void afterGoAwayRequestsGoToAnotherConnectionAndOldOnesEnd() throws IOException {
    List<Stream> first = new CopyOnWriteArrayList<>();
    Script script =
        (stream, _, _) -> {
          if (stream.connection() == 1) {
            first.add(stream);
            stream.goAway(stream.id());
          } else {
            stream.head(200, true);
          }
        };
    try (Http2Backend backend = new Http2Backend(settings(), script);
        TestProxy proxy = proxy(backend);
        RawClient one = proxy.client().send("GET / HTTP/1.1\r\nHost: x\r\n\r\n");
        RawClient two = proxy.client()) {
      TestProxy.eventually("the first is there", () -> first.size() == 1);

      assertThat(two.get("/").status()).isEqualTo(200);
      first.getFirst().head(201, true);
      assertThat(one.receive().status()).isEqualTo(201);
      assertThat(backend.accepted()).isEqualTo(2);
    }
  }

  @Test
  void aResetBeforeTheHeadIs502() throws IOException {
    Script script = (stream, _, _) -> stream.reset(Http2Error.INTERNAL_ERROR);
    try (Http2Backend backend = new Http2Backend(settings(), script);
        TestProxy proxy = proxy(backend);
        RawClient client = proxy.client()) {
      assertThat(client.get("/").status()).isEqualTo(502);
    }
  }

  @Test
  void aResetInTheBodyCutsTheClient() throws IOException {
    Script script =
        (stream, _, _) -> stream.head(200, false).data("abc", false).reset(Http2Error.CANCEL);
    try (Http2Backend backend = new Http2Backend(settings(), script);
        TestProxy proxy = proxy(backend);
        RawClient client = proxy.client()) {
      assertThatThrownBy(() -> client.get("/")).isInstanceOf(IOException.class);
    }
  }

  @Test
  void aClientThatLeavesResetsItsStreamOnly() throws IOException {
    var reset = new CompletableFuture<Long>();
    Script script =
        new Script() {
          @Override
          public void onHeaders(Stream stream, Http2Headers headers, boolean end) {
            if (!"/wait".contentEquals(headers.path())) {
              stream.head(200, true);
            }
          }

          @Override
          public void onReset(Stream stream, long code) {
            reset.complete(code);
          }
        };
    try (Http2Backend backend = new Http2Backend(settings(), script);
        TestProxy proxy = proxy(backend);
        RawClient stays = proxy.client()) {
      RawClient leaves = proxy.client().send("GET /wait HTTP/1.1\r\nHost: x\r\n\r\n");
      assertThat(stays.get("/").status()).isEqualTo(200);

      leaves.socket().setSoLinger(true, 0);
      leaves.close();

      assertThat(TestProxy.await(reset)).isEqualTo(Http2Error.CANCEL.code());
      assertThat(stays.get("/").status()).isEqualTo(200);
      assertThat(backend.accepted()).isEqualTo(1);
    }
  }

  @Test
  void anEarlyResponseStopsTheRequest() throws IOException {
    var reset = new CompletableFuture<Long>();
    Script script =
        new Script() {
          @Override
          public void onHeaders(Stream stream, Http2Headers headers, boolean end) {
            stream.head(413, true, "content-length", "0");
          }

          @Override
          public void onReset(Stream stream, long code) {
            reset.complete(code);
          }
        };
    try (Http2Backend backend = new Http2Backend(settings(), script);
        TestProxy proxy = proxy(backend);
        RawClient client = proxy.client()) {
      client.send("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 100000\r\n\r\nabc");

      assertThat(client.receive().status()).isEqualTo(413);
      assertThat(TestProxy.await(reset)).isEqualTo(Http2Error.NO_ERROR.code());
    }
  }

  @Test
  void malformedResponsesAre502AndOthersOfTheConnectionGoOn() throws IOException {
    Script script =
        (stream, headers, _) -> {
          switch (headers.path().toString()) {
            case "/te" -> stream.head(200, true, "transfer-encoding", "chunked");
            case "/connection" -> stream.head(200, true, "connection", "close");
            case "/length" ->
                stream.head(200, true, "content-length", "3").reset(Http2Error.NO_ERROR);
            case "/101" -> stream.head(101, false);
            case "/two" -> stream.head(200, true, "content-length", "1", "content-length", "2");
            default -> stream.head(200, true);
          }
        };
    try (Http2Backend backend = new Http2Backend(settings(), script);
        TestProxy proxy = proxy(backend);
        RawClient client = proxy.client()) {
      for (String path : List.of("/te", "/connection", "/length", "/101", "/two")) {
        assertThat(client.get(path).status()).as(path).isEqualTo(502);
      }
      assertThat(client.get("/good").status()).isEqualTo(200);
      assertThat(backend.accepted()).isEqualTo(1);
    }
  }

  @Test
  void aBodyShorterThanItsLengthCutsTheClient() throws IOException {
    Script script =
        (stream, _, _) -> stream.head(200, false, "content-length", "5").data("abc", true);
    try (Http2Backend backend = new Http2Backend(settings(), script);
        TestProxy proxy = proxy(backend);
        RawClient client = proxy.client()) {
      assertThatThrownBy(() -> client.get("/")).isInstanceOf(IOException.class);
    }
  }

  @Test
  void aSilentConnectionIsAskedAndGivenUp() throws IOException {
    Script script = (_, _, _) -> {};
    try (Http2Backend backend = new Http2Backend(settings(), script);
        TestProxy proxy = proxy(backend, new Http2UpstreamSettings(100, 256 << 10, 50, 60_000));
        RawClient client = proxy.client()) {
      client.send("GET / HTTP/1.1\r\nHost: x\r\n\r\n");

      TestProxy.eventually("it answers several PINGs", () -> backend.pings() > 2);
    }
  }

  @Test
  void aServerThatSpeaksHttp1OnlyIsA503() throws IOException {
    try (RawBackend backend =
            new RawBackend(
                connection -> {
                  connection.head();
                  connection.send("HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n");
                });
        TestProxy proxy =
            TestProxy.start(new TestTable().route("/", TestTable.http2(backend.address())));
        RawClient client = proxy.client()) {
      assertThat(client.get("/").status()).isEqualTo(503);
    }
  }
}
