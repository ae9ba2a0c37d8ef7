package dev.nantian.gateway.proxy;

import static dev.nantian.gateway.proxy.Http2RawClient.DATA;
import static dev.nantian.gateway.proxy.Http2RawClient.HEADERS;
import static dev.nantian.gateway.proxy.Http2RawClient.RST_STREAM;
import static dev.nantian.gateway.proxy.Http2RawClient.request;
import static org.assertj.core.api.Assertions.assertThat;

import dev.nantian.gateway.proxy.Http2Backend.Script;
import dev.nantian.gateway.proxy.Http2Backend.Stream;
import dev.nantian.gateway.proxy.Http2RawClient.Frame;
import dev.nantian.gateway.proxy.upstream.Http2UpstreamSettings;
import dev.nantian.gateway.proxy.upstream.UpstreamSettings;
import io.netty.handler.codec.http2.Http2Error;
import io.netty.handler.codec.http2.Http2Headers;
import io.netty.handler.codec.http2.Http2Settings;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** HTTP/2 on both sides: what one side's limits, mistakes and ends mean to the other. */
@Timeout(180)
class Http2LayersIT {
  /** Keeps its requests and lets the test answer them. */
  private static final class Holding implements Script {
    final List<Stream> streams = new CopyOnWriteArrayList<>();
    final CompletableFuture<Long> reset = new CompletableFuture<>();

    @Override
    public void onHeaders(Stream stream, Http2Headers headers, boolean end) {
      streams.add(stream);
    }

    @Override
    public void onReset(Stream stream, long code) {
      reset.complete(code);
    }

    Stream await(int index) {
      TestProxy.eventually("request " + index + " is there", () -> streams.size() > index);
      return streams.get(index);
    }
  }

  private static TestTable to(Http2Backend backend) {
    return new TestTable().route("/", TestTable.http2(backend.address()));
  }

  /** One connection with one stream at a time, and one request that may wait for it. */
  private static TestProxy narrow(TestTable table) {
    UpstreamSettings settings =
        new UpstreamSettings(5_000, 0, 50_000, 1, 1, 100, Http2UpstreamSettings.DEFAULT);
    return new TestProxy(DataPlaneSettings.DEFAULT.withUpstreams(settings), 1, false, table);
  }

  private static Http2Backend oneAtATime(Script script) {
    return new Http2Backend(Http2Settings.defaultSettings().maxConcurrentStreams(1), script);
  }

  private static Http2RawClient client(TestProxy proxy) throws IOException {
    return new Http2RawClient(proxy.connect(), new int[0]);
  }

  private static int outstanding(TestProxy proxy) {
    return proxy.plane().workers().getFirst().pools().all().stream()
        .mapToInt(pool -> pool.outstanding())
        .sum();
  }

  private static void awaitOutstanding(TestProxy proxy, int count) {
    TestProxy.eventually(count + " under way", () -> outstanding(proxy) == count);
  }

  @Test
  void aBackendWithoutAFreeStreamLetsNoMoreWaitThanAllowed() throws Exception {
    Holding script = new Holding();
    try (Http2Backend backend = oneAtATime(script);
        TestProxy proxy = narrow(to(backend));
        Http2RawClient client = client(proxy)) {
      client.get(1, "/");
      Stream first = script.await(0);
      client.get(3, "/");
      awaitOutstanding(proxy, 2);
      client.get(5, "/");

      assertThat(client.receive(5).status()).isEqualTo(503);
      first.head(200, true);
      script.await(1).head(201, true);
      assertThat(client.receive(1).status()).isEqualTo(200);
      assertThat(client.receive(3).status()).isEqualTo(201);
      assertThat(backend.accepted()).isEqualTo(1);
      assertThat(proxy.metrics())
          .contains("nantian_upstream_pending_overflows_total{loop=\"0\"} 1");
      awaitOutstanding(proxy, 0);
    }
  }

  @Test
  void whoTimesOutOrIsResetWhileItWaitsForAStreamMakesRoom() throws Exception {
    Holding script = new Holding();
    try (Http2Backend backend = oneAtATime(script)) {
      TestTable table =
          new TestTable()
              .rule(
                  "/brief",
                  TestTable.action(TestTable.to(TestTable.http2(backend.address())), 60, 0))
              .route("/", TestTable.http2(backend.address()));
      try (TestProxy proxy = narrow(table);
          Http2RawClient client = client(proxy)) {
        client.get(1, "/");
        Stream first = script.await(0);
        client.get(3, "/brief");
        assertThat(client.receive(3).status()).isEqualTo(504);
        client.get(5, "/");
        awaitOutstanding(proxy, 2);
        client.integer(RST_STREAM, 5, (int) Http2Error.CANCEL.code()).flush();
        awaitOutstanding(proxy, 1);
        client.get(7, "/last");
        awaitOutstanding(proxy, 2);

        first.head(200, true);

        script.await(1).head(201, true);
        assertThat(client.receive(7).status()).isEqualTo(201);
        assertThat(script.streams).hasSize(2);
        awaitOutstanding(proxy, 0);
      }
    }
  }

  @ParameterizedTest
  @CsvSource({"GET, 204", "GET, 304", "HEAD, 200"})
  void dataBehindAResponseThatHasNoneNeverReachesTheClient(String method, int status)
      throws Exception {
    Holding script = new Holding();
    try (Http2Backend backend = new Http2Backend(Http2Settings.defaultSettings(), script);
        TestProxy proxy = TestProxy.start(to(backend));
        Http2RawClient client = client(proxy)) {
      client.headers(1, true, request(method, "/")).flush();

      script.await(0).head(status, false).data("not allowed", false);

      Frame head = client.await(HEADERS, 1);
      assertThat(head.field(":status")).isEqualTo("" + status);
      assertThat(head.ends()).isTrue();
      // The client has all it gets by then, so whichever comes first ends the stream.
      assertThat(TestProxy.await(script.reset))
          .isIn(Http2Error.PROTOCOL_ERROR.code(), Http2Error.CANCEL.code());
      client.get(3, "/good");
      script.await(1).head(200, false).data("good", true);
      assertThat(client.receive(3).body()).isEqualTo("good");
      assertThat(client.passedOver(1)).noneMatch(frame -> frame.type() == DATA);
      assertThat(backend.accepted()).isEqualTo(1);
      awaitOutstanding(proxy, 0);
    }
  }

  @Test
  void dataBehindAnInterimResponseIsABadResponse() throws Exception {
    Holding script = new Holding();
    try (Http2Backend backend = new Http2Backend(Http2Settings.defaultSettings(), script);
        TestProxy proxy = TestProxy.start(to(backend));
        Http2RawClient client = client(proxy)) {
      client.get(1, "/");

      script.await(0).head(103, false, "link", "</a>").data("not allowed", false);

      assertThat(client.receive(1).status()).isEqualTo(502);
      assertThat(TestProxy.await(script.reset)).isEqualTo(Http2Error.PROTOCOL_ERROR.code());
      client.get(3, "/good");
      script.await(1).head(200, true);
      assertThat(client.receive(3).status()).isEqualTo(200);
      awaitOutstanding(proxy, 0);
    }
  }

  @Test
  void anEmptyEndBehindA204IsItsEnd() throws Exception {
    Holding script = new Holding();
    try (Http2Backend backend = new Http2Backend(Http2Settings.defaultSettings(), script);
        TestProxy proxy = TestProxy.start(to(backend));
        Http2RawClient client = client(proxy)) {
      client.get(1, "/");

      script.await(0).head(204, false).data("", true);

      assertThat(client.receive(1).status()).isEqualTo(204);
      awaitOutstanding(proxy, 0);
      client.get(3, "/");
      script.await(1).head(200, true);
      assertThat(client.receive(3).status()).isEqualTo(200);
    }
  }

  @Test
  void afterGoAwayWhatWasNotProcessedIsSentAgainAndTheRestEnds() throws Exception {
    try (ServerSocket server = new ServerSocket(0, 10, InetAddress.getLoopbackAddress());
        TestProxy proxy =
            TestProxy.start(
                new TestTable()
                    .route(
                        "/",
                        TestTable.http2(
                            new InetSocketAddress(
                                InetAddress.getLoopbackAddress(), server.getLocalPort()))));
        Http2RawClient client = client(proxy)) {
      client.get(1, "/first");
      try (Http2RawClient old = Http2RawClient.server(server.accept())) {
        int first = old.await(frame -> frame.type() == HEADERS).stream();
        client.headers(3, true, request("POST", "/second")).flush();
        int second = old.await(frame -> frame.type() == HEADERS).stream();
        assertThat(second).isGreaterThan(first);

        old.goAway(first).flush();

        try (Http2RawClient next = Http2RawClient.server(server.accept())) {
          Frame again = next.await(frame -> frame.type() == HEADERS);
          assertThat(again.field(":path")).isEqualTo("/second");
          next.headers(again.stream(), true, ":status", "202").flush();
          assertThat(client.receive(3).status()).isEqualTo(202);
          old.headers(first, false, ":status", "201").data(first, true, "whole").flush();
          assertThat(client.receive(1).body()).isEqualTo("whole");
          awaitOutstanding(proxy, 0);
        }
      }
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"request", "response", "connection"})
  void cancellationReachesTheBackend(String in) throws Exception {
    Holding script = new Holding();
    try (Http2Backend backend = new Http2Backend(Http2Settings.defaultSettings(), script);
        TestProxy proxy = TestProxy.start(to(backend));
        Http2RawClient client = client(proxy)) {
      client.headers(1, false, request("POST", "/")).data(1, false, "abc").flush();
      Stream stream = script.await(0);
      if (in.equals("response")) {
        stream.head(200, false).data("begun", false);
        client.await(DATA, 1);
      }

      if (in.equals("connection")) {
        client.socket().close();
      } else {
        client.integer(RST_STREAM, 1, (int) Http2Error.CANCEL.code()).flush();
      }

      assertThat(TestProxy.await(script.reset)).isEqualTo(Http2Error.CANCEL.code());
      awaitOutstanding(proxy, 0);
      TestProxy.eventually(
          "counted as over", () -> proxy.metrics().contains("nantian_http_requests_active 0.0"));
    }
  }
}
