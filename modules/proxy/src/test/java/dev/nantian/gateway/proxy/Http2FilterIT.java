package dev.nantian.gateway.proxy;

import static dev.nantian.gateway.proxy.Http2RawClient.DATA;
import static dev.nantian.gateway.proxy.Http2RawClient.HEADERS;
import static dev.nantian.gateway.proxy.Http2RawClient.RST_STREAM;
import static dev.nantian.gateway.proxy.Http2RawClient.WINDOW_UPDATE;
import static dev.nantian.gateway.proxy.Http2RawClient.request;
import static dev.nantian.gateway.proxy.PassingFilters.MARK;
import static org.assertj.core.api.Assertions.assertThat;

import dev.nantian.gateway.proxy.Http2Backend.Script;
import dev.nantian.gateway.proxy.Http2Backend.Stream;
import dev.nantian.gateway.proxy.Http2RawClient.Frame;
import dev.nantian.gateway.proxy.Http2RawClient.Response;
import dev.nantian.gateway.proxy.config.Cluster;
import dev.nantian.gateway.proxy.filter.Answer;
import dev.nantian.gateway.proxy.filter.ConfiguredFilter;
import dev.nantian.gateway.proxy.filter.ExchangeFilter;
import dev.nantian.gateway.proxy.filter.Filter;
import dev.nantian.gateway.proxy.filter.FilterBackend;
import dev.nantian.gateway.proxy.filter.FilterExchange;
import dev.nantian.gateway.proxy.filter.Outcome;
import dev.nantian.gateway.proxy.filter.Verdict;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.handler.codec.http2.Http2Error;
import io.netty.handler.codec.http2.Http2Headers;
import io.netty.handler.codec.http2.Http2Settings;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

/** What the filter API promises, with HTTP/2 on both sides; every buffer is released. */
@Timeout(120)
class Http2FilterIT {
  private static final int[] WIDE = {4, 16 << 20}; // SETTINGS_INITIAL_WINDOW_SIZE

  private final BlockingQueue<Outcome> outcomes = new LinkedBlockingQueue<>();

  private static Leaks leaks;

  @BeforeAll
  static void followBuffers() {
    leaks = new Leaks();
  }

  @AfterAll
  static void nothingLeaked() {
    try (Leaks over = leaks) {
      assertThat(over.found()).isEmpty();
    }
  }

  /** Keeps the request's head; how it ended goes to {@link #outcomes}. */
  private Filter undecided(CompletableFuture<FilterExchange> asked) {
    return exchange ->
        new ExchangeFilter() {
          @Override
          public Verdict onRequestHead() {
            asked.complete(exchange);
            return Verdict.PAUSE;
          }

          @Override
          public void onComplete(Outcome outcome) {
            outcomes.add(outcome);
          }
        };
  }

  private Outcome outcome() throws InterruptedException {
    Outcome outcome = outcomes.poll(20, TimeUnit.SECONDS);
    assertThat(outcome).as("an outcome within 20 s").isNotNull();
    return outcome;
  }

  private static Http2RawClient client(TestProxy proxy, int... settings) throws IOException {
    return new Http2RawClient(proxy.connect(), settings);
  }

  private static TestTable to(Http2Backend backend, Filter... filters) {
    return new TestTable().filtered("/", TestTable.http2(backend.address()), filters);
  }

  private static int outstanding(TestProxy proxy) {
    return proxy.plane().workers().getFirst().pools().all().stream()
        .mapToInt(pool -> pool.outstanding())
        .sum();
  }

  private static void awaitNothingUnderWay(TestProxy proxy) {
    TestProxy.eventually(
        "nothing is under way",
        () ->
            outstanding(proxy) == 0
                && proxy.metrics().contains("nantian_http_requests_active 0.0"));
  }

  /** Sends a body as far and as fast as the windows allow. */
  private static void upload(Http2RawClient client, int stream, int size) throws IOException {
    long[] windows = {65_535, 65_535};
    int sent = 0;
    while (sent < size) {
      while (windows[0] <= 0 || windows[1] <= 0) {
        Frame update =
            client.await(
                frame ->
                    frame.type() == RST_STREAM
                        || frame.type() == Http2RawClient.GOAWAY
                        || (frame.type() == WINDOW_UPDATE
                            && (frame.stream() == stream || frame.stream() == 0)));
        assertThat(update.type()).as("code " + update.code()).isEqualTo(WINDOW_UPDATE);
        windows[update.stream() == 0 ? 0 : 1] += update.code();
      }
      int count = (int) Math.min(16 << 10, Math.min(size - sent, Math.min(windows[0], windows[1])));
      sent += count;
      windows[0] -= count;
      windows[1] -= count;
      client.data(stream, sent == size, "x".repeat(count)).flush();
    }
  }

  @ParameterizedTest
  @CsvSource({
    "HEADS,3,true", "HEADS,1048576,false",
    "STREAMED,3,false", "STREAMED,1048576,true",
    "WHOLE,3,false", "WHOLE,1048576,true"
  })
  void bodiesPassBothWays(PassingFilters filters, int size, boolean lengthSaid) throws Exception {
    try (Http2Backend backend = Http2Backend.echo();
        TestProxy proxy = TestProxy.start(to(backend, filters.filter()));
        Http2RawClient client = client(proxy, WIDE)) {
      client.integer(WINDOW_UPDATE, 0, 16 << 20);
      String[] length = lengthSaid ? new String[] {"content-length", "" + size} : new String[0];
      client.headers(1, false, request("POST", "/a", length)).flush();
      upload(client, 1, size);

      Response response = client.receive(1);

      assertThat(response.status()).isEqualTo(200);
      assertThat(response.head().field("x-mark")).isEqualTo("head");
      assertThat(response.body()).contains("x-mark: head\n");
      assertThat(response.body().endsWith("\n\n" + "x".repeat(size))).isTrue();
      client.get(3, "/c");
      assertThat(client.receive(3).body()).contains(":path: /c").endsWith("\n\n");
    }
  }

  @ParameterizedTest
  @EnumSource
  void trailersPassBothWays(PassingFilters filters) throws Exception {
    Script script =
        new Script() {
          @Override
          public void onHeaders(Stream stream, Http2Headers headers, boolean end) {
            if (end) {
              String seen = headers.get("x-sum") + "/" + headers.get("x-mark");
              stream.head(200, false).data(stream.received(), false);
              stream.trailers("x-sum", "2", "x-seen", seen);
            }
          }
        };
    String end = filters == PassingFilters.HEADS ? "" : "end";
    try (Http2Backend backend = new Http2Backend(Http2Settings.defaultSettings(), script);
        TestProxy proxy = TestProxy.start(to(backend, filters.filter()));
        Http2RawClient client = client(proxy)) {
      client.headers(1, false, request("POST", "/", "te", "trailers")).data(1, false, "abc");
      client.headers(1, true, "x-sum", "1").flush();

      Response response = client.receive(1);

      assertThat(response.body()).isEqualTo("abc");
      assertThat(response.trailer("x-sum")).isEqualTo("2");
      assertThat(response.trailer("x-mark")).isEqualTo(end);
      assertThat(response.trailer("x-seen")).isEqualTo("1/" + (end.isEmpty() ? "null" : end));
    }
  }

  @ParameterizedTest
  @EnumSource
  void trailersPassWithoutABody(PassingFilters filters) throws Exception {
    Script script =
        new Script() {
          @Override
          public void onHeaders(Stream stream, Http2Headers headers, boolean end) {
            if (end) {
              stream.head(200, false).trailers("x-sum", "2", "x-seen", "" + headers.get("x-sum"));
            }
          }
        };
    try (Http2Backend backend = new Http2Backend(Http2Settings.defaultSettings(), script);
        TestProxy proxy = TestProxy.start(to(backend, filters.filter()));
        Http2RawClient client = client(proxy)) {
      client.headers(1, false, request("POST", "/", "te", "trailers"));
      client.headers(1, true, "x-sum", "1").flush();

      Response response = client.receive(1);

      assertThat(response.status()).isEqualTo(200);
      assertThat(response.body()).isEmpty();
      assertThat(response.trailer("x-sum")).isEqualTo("2");
      assertThat(response.trailer("x-seen")).isEqualTo("1");
    }
  }

  @Test
  void aSlowReaderHoldsBackTheBackendThroughABodyFilter() throws Exception {
    int total = 8 << 20;
    AtomicLong passed = new AtomicLong();
    Filter counting =
        exchange ->
            PassingFilters.STREAMED.new Passing(exchange) {
              @Override
              public Verdict onResponseBody(ByteBuf part) {
                passed.addAndGet(part.readableBytes());
                return super.onResponseBody(part);
              }
            };
    Script script = (stream, _, _) -> stream.head(200, false).data("x".repeat(total), true);
    try (Http2Backend backend = new Http2Backend(Http2Settings.defaultSettings(), script);
        TestProxy proxy = TestProxy.start(to(backend, counting));
        Http2RawClient client = client(proxy, 4, 1000)) {
      client.get(1, "/");
      Waiting.untilStandsStill(passed);
      long stalledAt = passed.get();

      client.integer(WINDOW_UPDATE, 0, total).integer(WINDOW_UPDATE, 1, total).flush();

      assertThat(client.receive(1).body()).hasSize(total);
      assertThat(stalledAt).isLessThan(total / 2);
    }
  }

  @Test
  void aFilterThatPausesInABodyHoldsBackItsClientAndNoOther() throws Exception {
    AtomicLong seen = new AtomicLong();
    CompletableFuture<FilterExchange> paused = new CompletableFuture<>();
    Filter pausing =
        exchange ->
            PassingFilters.STREAMED.new Passing(exchange) {
              @Override
              public Verdict onRequestBody(ByteBuf part) {
                seen.addAndGet(part.readableBytes());
                super.onRequestBody(part);
                return paused.complete(exchange) ? Verdict.PAUSE : Verdict.CONTINUE;
              }
            };
    try (Http2Backend backend = Http2Backend.echo();
        TestProxy proxy = TestProxy.start(to(backend, pausing));
        Http2RawClient client = client(proxy)) {
      client.headers(1, false, request("POST", "/slow"));
      client.data(1, false, "x".repeat(16_000)).data(1, false, "x".repeat(16_000));
      client.flush();
      FilterExchange exchange = paused.get(20, TimeUnit.SECONDS);
      client.headers(3, false, request("POST", "/fast")).data(3, true, "abc").flush();
      assertThat(client.receive(3).body()).endsWith("\n\nabc");
      assertThat(seen.get()).isLessThan(32_000);

      Thread.ofVirtual().start(exchange::resumeRequest);

      client.data(1, true, "end").flush();
      assertThat(client.receive(1).body()).endsWith("x".repeat(32_000) + "end");
    }
  }

  @Test
  void answersBeforeTheRequestsBody() throws Exception {
    Filter denying =
        exchange ->
            new ExchangeFilter() {
              @Override
              public Verdict onRequestHead() {
                Thread.ofVirtual().start(() -> exchange.answer(Answer.text(403, "no")));
                return Verdict.PAUSE;
              }

              @Override
              public void onComplete(Outcome outcome) {
                outcomes.add(outcome);
              }
            };
    try (Http2Backend backend = Http2Backend.echo();
        TestProxy proxy = TestProxy.start(to(backend, PassingFilters.STREAMED.filter(), denying));
        Http2RawClient client = client(proxy)) {
      client.headers(1, false, request("POST", "/")).data(1, false, "abc").flush();

      Response response = client.receive(1);

      assertThat(response.status()).isEqualTo(403);
      assertThat(response.head().field("x-mark")).isEqualTo("head");
      assertThat(response.body()).isEqualTo("403 no\n");
      assertThat(client.await(RST_STREAM, 1).code()).isEqualTo((int) Http2Error.NO_ERROR.code());
      assertThat(outcome()).returns(Outcome.End.SERVED, Outcome::end).returns(403, Outcome::status);
      assertThat(backend.accepted()).isZero();
      client.data(1, true, "late").get(3, "/");
      assertThat(client.receive(3).status()).isEqualTo(403);
      awaitNothingUnderWay(proxy);
    }
  }

  @Test
  void answersWhileTheRequestsBodyArrives() throws Exception {
    AtomicLong has = new AtomicLong();
    var reset = new CompletableFuture<Long>();
    Filter denying =
        exchange ->
            PassingFilters.STREAMED.new Passing(exchange) {
              private int parts;

              @Override
              public Verdict onRequestBody(ByteBuf part) {
                if (++parts == 1) {
                  return super.onRequestBody(part);
                }
                part.release();
                exchange.answer(Answer.text(422, "not that"));
                return Verdict.CONTINUE;
              }
            };
    Script script =
        new Script() {
          @Override
          public void onHeaders(Stream stream, Http2Headers headers, boolean end) {}

          @Override
          public void onData(Stream stream, String data, boolean end) {
            has.addAndGet(data.length());
          }

          @Override
          public void onReset(Stream stream, long code) {
            reset.complete(code);
          }
        };
    try (Http2Backend backend = new Http2Backend(Http2Settings.defaultSettings(), script);
        TestProxy proxy = TestProxy.start(to(backend, PassingFilters.STREAMED.filter(), denying));
        Http2RawClient client = client(proxy)) {
      client.headers(1, false, request("POST", "/")).data(1, false, "abc").flush();
      TestProxy.eventually("the backend has the first part", () -> has.get() == 3);
      client.data(1, false, "def").flush();

      Response response = client.receive(1);

      assertThat(response.status()).isEqualTo(422);
      assertThat(response.body()).isEqualTo("422 not that\n");
      assertThat(client.await(RST_STREAM, 1).code()).isEqualTo((int) Http2Error.NO_ERROR.code());
      assertThat(TestProxy.await(reset)).isEqualTo(Http2Error.CANCEL.code());
      awaitNothingUnderWay(proxy);
    }
  }

  @Test
  void answersInPartsInPlaceOfTheBackendsResponse() throws Exception {
    var reset = new CompletableFuture<Long>();
    Filter replacing =
        exchange ->
            new ExchangeFilter() {
              @Override
              public Verdict onResponseHead() {
                exchange.startAnswer(Answer.of(200).with(MARK, "own"));
                exchange.writeResponse(bytes("one "));
                var unused = exchange.schedule(java.time.Duration.ofMillis(1), this::finish);
                return Verdict.PAUSE;
              }

              private void finish() {
                exchange.writeResponse(bytes("two"));
                exchange.endAnswer();
              }
            };
    Script script =
        new Script() {
          @Override
          public void onHeaders(Stream stream, Http2Headers headers, boolean end) {
            stream.head(200, false).data("backend", false);
          }

          @Override
          public void onReset(Stream stream, long code) {
            reset.complete(code);
          }
        };
    try (Http2Backend backend = new Http2Backend(Http2Settings.defaultSettings(), script);
        TestProxy proxy = TestProxy.start(to(backend, replacing));
        Http2RawClient client = client(proxy)) {
      client.get(1, "/");

      Response response = client.receive(1);

      assertThat(response.head().field("x-mark")).isEqualTo("own");
      assertThat(response.body()).isEqualTo("one two");
      assertThat(TestProxy.await(reset)).isEqualTo(Http2Error.CANCEL.code());
      awaitNothingUnderWay(proxy);
    }
  }

  private static ByteBuf bytes(String text) {
    return Unpooled.copiedBuffer(text, StandardCharsets.ISO_8859_1);
  }

  @Test
  void replacesTheBackend() throws Exception {
    try (Http2Backend one = Http2Backend.echo();
        Http2Backend other = Http2Backend.echo()) {
      Cluster cluster = TestTable.http2(other.address());
      FilterBackend chosen = FilterBackend.of(cluster);
      Filter choosing =
          exchange ->
              PassingFilters.WHOLE.new Passing(exchange) {
                @Override
                public Verdict onRequestBody(ByteBuf part) {
                  exchange.backend(chosen); // by what the body says
                  return super.onRequestBody(part);
                }
              };
      try (TestProxy proxy = TestProxy.start(to(one, choosing));
          Http2RawClient client = client(proxy)) {
        client.headers(1, false, request("POST", "/")).data(1, true, "abc").flush();

        assertThat(client.receive(1).body()).endsWith("\n\nabc");
        assertThat(one.accepted()).isZero();
        assertThat(other.accepted()).isEqualTo(1);
      }
    }
  }

  @Test
  void failsClosedOrOpenAsConfigured() throws Exception {
    Filter broken =
        exchange ->
            PassingFilters.WHOLE.new Passing(exchange) {
              @Override
              public Verdict onRequestBody(ByteBuf part) {
                part.release();
                throw new IllegalStateException("broken on purpose");
              }
            };
    try (Http2Backend backend = Http2Backend.echo()) {
      Cluster cluster = TestTable.http2(backend.address());
      TestTable table =
          new TestTable()
              .filtered("/closed", cluster, broken)
              .rule(
                  "/open",
                  TestTable.filters(
                      TestTable.to(cluster),
                      List.of(new ConfiguredFilter("test/open", broken, true, 10_000))));
      try (TestProxy proxy = TestProxy.start(table);
          Http2RawClient client = client(proxy)) {
        client.headers(1, false, request("POST", "/closed")).data(1, true, "abc");
        client.headers(3, false, request("POST", "/open")).data(3, true, "abc").flush();

        assertThat(client.receive(1).body()).isEqualTo("500 a filter failed\n");
        assertThat(client.receive(3).body()).endsWith("\n\nabc");
        assertThat(proxy.metrics()).contains("nantian_http_filter_failures_total 2.0");
        awaitNothingUnderWay(proxy);
      }
    }
  }

  @Test
  void aFailureInTheMiddleOfABodyResetsItsStreamAndNoOther() throws Exception {
    var reset = new CompletableFuture<Long>();
    Filter failing =
        exchange ->
            PassingFilters.STREAMED.new Passing(exchange) {
              @Override
              public Verdict onResponseBody(ByteBuf part) {
                if (part.toString(StandardCharsets.US_ASCII).contains("bad")) {
                  part.release();
                  throw new IllegalStateException("broken on purpose");
                }
                return super.onResponseBody(part);
              }
            };
    Script script =
        new Script() {
          @Override
          public void onHeaders(Stream stream, Http2Headers headers, boolean end) {
            stream.head(200, false).data("good", "/good".contentEquals(headers.path()));
            if ("/bad".contentEquals(headers.path())) {
              stream.data("bad", false);
            } else if ("/cut".contentEquals(headers.path())) {
              stream.reset(Http2Error.INTERNAL_ERROR);
            }
          }

          @Override
          public void onReset(Stream stream, long code) {
            reset.complete(code);
          }
        };
    try (Http2Backend backend = new Http2Backend(Http2Settings.defaultSettings(), script);
        TestProxy proxy = TestProxy.start(to(backend, failing));
        Http2RawClient client = client(proxy)) {
      client.get(1, "/bad");
      int byFilter = client.await(RST_STREAM, 1).code();
      client.get(3, "/cut");
      int byBackend = client.await(RST_STREAM, 3).code();
      client.get(5, "/good");

      assertThat(client.receive(5).body()).isEqualTo("good");
      assertThat(byFilter).isEqualTo((int) Http2Error.INTERNAL_ERROR.code());
      assertThat(byBackend).isEqualTo((int) Http2Error.INTERNAL_ERROR.code());
      assertThat(TestProxy.await(reset)).isEqualTo(Http2Error.CANCEL.code());
      assertThat(backend.accepted()).isEqualTo(1);
      awaitNothingUnderWay(proxy);
    }
  }

  @ParameterizedTest
  @EnumSource
  void aResetByTheClientWhileAFilterIsUndecidedLeavesNothing(PassingFilters outer)
      throws Exception {
    CompletableFuture<FilterExchange> asked = new CompletableFuture<>();
    try (Http2Backend backend = Http2Backend.echo();
        TestProxy proxy = TestProxy.start(to(backend, outer.filter(), undecided(asked)));
        Http2RawClient client = client(proxy)) {
      client.headers(1, false, request("POST", "/"));
      client.data(1, outer == PassingFilters.WHOLE, "x".repeat(16_000)).flush();
      FilterExchange exchange = asked.get(20, TimeUnit.SECONDS);

      client.integer(RST_STREAM, 1, (int) Http2Error.CANCEL.code()).flush();

      assertThat(outcome().end()).isEqualTo(Outcome.End.CLIENT_GONE);
      CountDownLatch late = new CountDownLatch(1);
      Thread.ofVirtual()
          .start(
              () -> {
                exchange.resumeRequest();
                exchange.answer(Answer.text(200, "late"));
                exchange.fail(new IllegalStateException("late"));
                late.countDown();
              });
      assertThat(late.await(20, TimeUnit.SECONDS)).isTrue();
      awaitNothingUnderWay(proxy);
      assertThat(backend.accepted()).isZero();
      assertThat(outcomes).isEmpty();
      assertThat(client.passedOver(1)).noneMatch(f -> f.type() == HEADERS || f.type() == DATA);
    }
  }

  @Test
  void aResetByTheClientWhileAFilterHoldsTheResponseFreesTheBackend() throws Exception {
    var reset = new CompletableFuture<Long>();
    CompletableFuture<FilterExchange> asked = new CompletableFuture<>();
    Filter holding =
        exchange ->
            PassingFilters.STREAMED.new Passing(exchange) {
              @Override
              public Verdict onResponseBody(ByteBuf part) {
                super.onResponseBody(part);
                asked.complete(exchange);
                return Verdict.PAUSE;
              }
            };
    Script script =
        new Script() {
          @Override
          public void onHeaders(Stream stream, Http2Headers headers, boolean end) {
            stream.head(200, false).data("x".repeat(100_000), false);
          }

          @Override
          public void onReset(Stream stream, long code) {
            reset.complete(code);
          }
        };
    try (Http2Backend backend = new Http2Backend(Http2Settings.defaultSettings(), script);
        TestProxy proxy = TestProxy.start(to(backend, holding));
        Http2RawClient client = client(proxy)) {
      client.get(1, "/");
      FilterExchange exchange = asked.get(20, TimeUnit.SECONDS);

      client.integer(RST_STREAM, 1, (int) Http2Error.CANCEL.code()).flush();

      assertThat(TestProxy.await(reset)).isEqualTo(Http2Error.CANCEL.code());
      exchange.resumeResponse();
      awaitNothingUnderWay(proxy);
    }
  }
}
