package dev.nantian.gateway.proxy;

import static org.assertj.core.api.Assertions.assertThat;

import dev.nantian.gateway.proxy.RawClient.Response;
import dev.nantian.gateway.proxy.filter.Answer;
import dev.nantian.gateway.proxy.filter.ConfiguredFilter;
import dev.nantian.gateway.proxy.filter.ExchangeFilter;
import dev.nantian.gateway.proxy.filter.Filter;
import dev.nantian.gateway.proxy.filter.FilterBackend;
import dev.nantian.gateway.proxy.filter.FilterExchange;
import dev.nantian.gateway.proxy.filter.HeaderEdits;
import dev.nantian.gateway.proxy.filter.HeaderFields;
import dev.nantian.gateway.proxy.filter.HttpCalls;
import dev.nantian.gateway.proxy.filter.Outcome;
import dev.nantian.gateway.proxy.filter.Verdict;
import dev.nantian.gateway.proxy.http.HeaderName;
import dev.nantian.gateway.proxy.route.RuleAction;
import dev.nantian.gateway.proxy.route.WeightedBackends;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** What the filter API promises, on real sockets. */
@Timeout(180)
class FilterIT {
  private static final HeaderName MARK = HeaderName.of("x-mark");

  private final BlockingQueue<Outcome> outcomes = new LinkedBlockingQueue<>();

  /** Completion goes to {@link #outcomes}. */
  private abstract class Recorded implements ExchangeFilter {
    final FilterExchange exchange;

    Recorded(FilterExchange exchange) {
      this.exchange = exchange;
    }

    @Override
    public void onComplete(Outcome outcome) {
      outcomes.add(outcome);
    }
  }

  private Outcome outcome() throws InterruptedException {
    Outcome outcome = outcomes.poll(60, TimeUnit.SECONDS);
    assertThat(outcome).as("an outcome within 60 s").isNotNull();
    return outcome;
  }

  private static Filter marking(String mark) {
    return exchange ->
        new ExchangeFilter() {
          @Override
          public Verdict onRequestHead() {
            exchange.request().add(MARK, mark);
            return Verdict.CONTINUE;
          }

          @Override
          public Verdict onResponseHead() {
            exchange.response().add(MARK, mark);
            return Verdict.CONTINUE;
          }
        };
  }

  private static ByteBuf bytes(String text) {
    return Unpooled.copiedBuffer(text, StandardCharsets.ISO_8859_1);
  }

  private static String text(ByteBuf part) {
    try {
      return part.toString(StandardCharsets.ISO_8859_1);
    } finally {
      part.release();
    }
  }

  @Test
  void requestsPassFiltersInwardsAndResponsesOutwards() throws Exception {
    try (RawBackend backend = RawBackend.echo();
        TestProxy proxy =
            TestProxy.start(
                new TestTable()
                    .filtered(
                        "/",
                        TestTable.cluster(backend.address()),
                        marking("outer"),
                        marking("inner")));
        RawClient client = proxy.client()) {
      Response response = client.get("/a");

      assertThat(response.body()).containsSubsequence("x-mark: outer\r\n", "x-mark: inner\r\n");
      assertThat(response.head()).containsSubsequence("x-mark: inner", "x-mark: outer");
      assertThat(client.get("/b").status()).isEqualTo(200);
      assertThat(backend.accepted()).isEqualTo(1);
    }
  }

  @Test
  void filtersOfABackendSeeItsTrafficInsideOfTheRule() throws Exception {
    try (RawBackend backend = RawBackend.echo()) {
      RuleAction action =
          TestTable.filters(
              new WeightedBackends(
                  List.of(
                      new WeightedBackends.Backend(
                          TestTable.cluster(backend.address()),
                          0,
                          "",
                          HeaderEdits.NONE,
                          new HeaderEdits(
                              List.of(
                                  new HeaderEdits.Step.Add(
                                      MARK, "edit".getBytes(StandardCharsets.US_ASCII)))),
                          List.of(new ConfiguredFilter("test/backend", marking("backend"))))),
                  List.of(1)),
              marking("rule"));
      try (TestProxy proxy = TestProxy.start(new TestTable().rule("/", action));
          RawClient client = proxy.client()) {
        Response response = client.get("/");

        assertThat(response.body()).containsSubsequence("x-mark: rule\r\n", "x-mark: backend\r\n");
        assertThat(response.head())
            .containsSubsequence("x-mark: backend", "x-mark: edit", "x-mark: rule");
      }
    }
  }

  @Test
  void aPausedRequestHoldsUpNobodyElseAndGoesOnFromAnotherThread() throws Exception {
    CompletableFuture<FilterExchange> paused = new CompletableFuture<>();
    Filter waiting =
        exchange ->
            new ExchangeFilter() {
              @Override
              public Verdict onRequestHead() {
                paused.complete(exchange);
                return Verdict.PAUSE;
              }
            };
    try (RawBackend backend = RawBackend.echo();
        TestProxy proxy =
            TestProxy.start(
                new TestTable()
                    .filtered("/slow", TestTable.cluster(backend.address()), waiting)
                    .route("/", TestTable.cluster(backend.address())));
        RawClient one = proxy.client();
        RawClient other = proxy.client()) {
      one.send("GET /slow HTTP/1.1\r\nHost: x\r\n\r\n");
      FilterExchange exchange = paused.get(60, TimeUnit.SECONDS);
      assertThat(other.get("/fast").status()).isEqualTo(200);

      Thread.ofVirtual().start(exchange::resumeRequest);

      assertThat(one.receive().body()).startsWith("GET /slow ");
      exchange.resumeRequest(); // late: harmless
      assertThat(one.get("/again").body()).startsWith("GET /again ");
    }
  }

  @Test
  void answersFromAnotherThreadWithoutTheBackend() throws Exception {
    Filter denying =
        exchange ->
            new Recorded(exchange) {
              @Override
              public Verdict onRequestHead() {
                Thread.ofVirtual()
                    .start(
                        () ->
                            exchange.answer(
                                Answer.text(403, "no").with(HeaderName.of("x-reason"), "test")));
                return Verdict.PAUSE;
              }
            };
    try (RawBackend backend = RawBackend.echo();
        TestProxy proxy =
            TestProxy.start(
                new TestTable()
                    .filtered(
                        "/deny",
                        TestTable.cluster(backend.address()),
                        marking("outer"),
                        denying,
                        marking("inner"))
                    .route("/", TestTable.cluster(backend.address())));
        RawClient client = proxy.client()) {
      Response response = client.get("/deny");

      assertThat(response.head()).startsWith("HTTP/1.1 403 Forbidden\r\n");
      assertThat(response.field("x-reason")).isEqualTo("test");
      assertThat(response.head()).contains("x-mark: outer").doesNotContain("inner");
      assertThat(response.body()).isEqualTo("403 no\n");
      assertThat(outcome()).returns(Outcome.End.SERVED, Outcome::end).returns(403, Outcome::status);
      client.send("POST /deny HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\n\r\nabc");
      assertThat(client.receive().status()).isEqualTo(403);
      assertThat(client.get("/next").status()).isEqualTo(200); // the small body was skipped
      assertThat(backend.accepted()).isEqualTo(1);
      assertThat(outcomes).hasSize(1);
    }
  }

  @Test
  void answersAsAStreamWithBackPressure() throws Exception {
    int parts = 400;
    Filter streaming =
        exchange ->
            new Recorded(exchange) {
              private int sent;

              @Override
              public Verdict onRequestHead() {
                exchange.startAnswer(
                    Answer.of(200).with(HeaderName.of("content-type"), "text/event-stream"));
                exchange.execute(this::produce);
                return Verdict.PAUSE;
              }

              private void produce() {
                while (sent < parts && exchange.isResponseWritable()) {
                  exchange.writeResponse(bytes("data: " + "x".repeat(64 << 10) + "\n\n"));
                  sent++;
                }
                if (sent == parts) {
                  sent++;
                  exchange.endAnswer();
                }
              }

              @Override
              public void onResponseWritable() {
                produce();
              }
            };
    try (RawBackend backend = RawBackend.echo();
        TestProxy proxy =
            TestProxy.start(
                new TestTable().filtered("/", TestTable.cluster(backend.address()), streaming));
        RawClient client = proxy.client()) {
      Response response = client.get("/");

      assertThat(response.field("transfer-encoding")).isEqualTo("chunked");
      assertThat(response.body()).hasSize(parts * ((64 << 10) + 8));
      assertThat(outcome().bytesSent()).isEqualTo(parts * ((64L << 10) + 8));
    }
  }

  @Test
  void rewritesWholeBodiesBothWays() throws Exception {
    Filter rewriting =
        exchange ->
            new Recorded(exchange) {
              @Override
              public Verdict onRequestHead() {
                exchange.collectRequest(1000);
                return Verdict.CONTINUE;
              }

              @Override
              public Verdict onRequestBody(ByteBuf part) {
                String body = text(part);
                exchange.request().path("/len/" + body.length());
                exchange.writeRequest(bytes(body + body));
                return Verdict.CONTINUE;
              }

              @Override
              public Verdict onResponseHead() {
                exchange.collectResponse(10_000);
                return Verdict.CONTINUE;
              }

              @Override
              public Verdict onResponseBody(ByteBuf part) {
                String body = text(part);
                exchange.response().status(201);
                exchange.writeResponse(bytes(body.substring(0, body.indexOf('\n') + 1)));
                exchange.writeResponse(bytes(body.substring(body.lastIndexOf('\n') + 1)));
                return Verdict.CONTINUE;
              }
            };
    try (RawBackend backend = RawBackend.echo();
        TestProxy proxy =
            TestProxy.start(
                new TestTable().filtered("/", TestTable.cluster(backend.address()), rewriting));
        RawClient client = proxy.client()) {
      client.send(
          "POST /x HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nab\r\n1\r\nc\r\n0\r\n\r\n");
      Response chunked = client.receive();
      client.send(
          "POST /x HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\n");
      int interim = client.receive().status();
      Response sized = client.send("de").receive();

      assertThat(chunked.status()).isEqualTo(201);
      assertThat(chunked.body()).isEqualTo("POST /len/3 HTTP/1.1\r\nabcabc");
      assertThat(chunked.field("content-length")).isEqualTo("28");
      assertThat(interim).isEqualTo(100);
      assertThat(sized.body()).isEqualTo("POST /len/2 HTTP/1.1\r\ndede");
      assertThat(backend.accepted()).isEqualTo(1);
    }
  }

  @Test
  void streamsBodiesThroughAndAddsTrailersAndEnds() throws Exception {
    Filter upper =
        exchange ->
            new Recorded(exchange) {
              @Override
              public Verdict onRequestHead() {
                exchange.streamRequest();
                return Verdict.CONTINUE;
              }

              @Override
              public Verdict onRequestBody(ByteBuf part) {
                exchange.writeRequest(bytes(text(part).toUpperCase(java.util.Locale.ROOT)));
                return Verdict.CONTINUE;
              }

              @Override
              public Verdict onRequestEnd(HeaderFields trailers) {
                exchange.writeRequest(bytes("!"));
                return Verdict.CONTINUE;
              }

              @Override
              public Verdict onResponseHead() {
                exchange.streamResponse();
                return Verdict.CONTINUE;
              }

              @Override
              public Verdict onResponseBody(ByteBuf part) {
                exchange.writeResponse(part);
                return Verdict.CONTINUE;
              }

              @Override
              public Verdict onResponseEnd(HeaderFields trailers) {
                exchange.writeResponse(bytes("?"));
                trailers.add(MARK, "end");
                return Verdict.CONTINUE;
              }
            };
    try (RawBackend backend = RawBackend.echo();
        TestProxy proxy =
            TestProxy.start(
                new TestTable().filtered("/", TestTable.cluster(backend.address()), upper));
        RawClient client = proxy.client()) {
      client.send("POST /x HTTP/1.1\r\nHost: x\r\nTE: trailers\r\nContent-Length: 5\r\n\r\nab");
      Response response = client.send("cde").receive();
      Response again = client.get("/again");

      assertThat(response.body()).contains("transfer-encoding: chunked").endsWith("ABCDE!?");
      assertThat(response.field("transfer-encoding")).isEqualTo("chunked");
      assertThat(again.body()).startsWith("GET /again ").doesNotContain("chunked").endsWith("?");
      assertThat(backend.accepted()).isEqualTo(1);
    }
  }

  @Test
  void cutsEventStreamsIntoEventsWhateverTheReads() throws Exception {
    BlockingQueue<String> events = new LinkedBlockingQueue<>();
    Filter counting =
        exchange ->
            new Recorded(exchange) {
              @Override
              public Verdict onResponseHead() {
                exchange.streamResponseEvents(1000);
                return Verdict.CONTINUE;
              }

              @Override
              public Verdict onResponseBody(ByteBuf event) {
                events.add(event.toString(StandardCharsets.UTF_8));
                exchange.writeResponse(event);
                return Verdict.CONTINUE;
              }
            };
    String stream = "data: a\n\ndata: b\r\n\r\nevent: x\rdata: c\r\rdata: d";
    try (RawBackend backend =
            new RawBackend(
                connection -> {
                  connection.request();
                  connection.send("HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\n");
                  for (int i = 0; i < stream.length(); i++) {
                    connection.send(stream.substring(i, i + 1));
                  }
                });
        TestProxy proxy =
            TestProxy.start(
                new TestTable().filtered("/", TestTable.cluster(backend.address()), counting));
        RawClient client = proxy.client()) {
      Response response = client.get("/");

      assertThat(response.body()).isEqualTo(stream);
      assertThat(events.stream().map(String::strip))
          .containsExactly("data: a", "data: b", "event: x\rdata: c", "data: d");
    }
  }

  @Test
  void replacesTheBackend() throws Exception {
    try (RawBackend one = RawBackend.echo();
        RawBackend other =
            new RawBackend(
                connection -> {
                  connection.request();
                  connection.send("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nother");
                })) {
      FilterBackend chosen = FilterBackend.of("test/other:80", List.of(other.address()));
      Filter choosing =
          exchange ->
              new Recorded(exchange) {
                @Override
                public Verdict onRequestHead() {
                  exchange.backend(chosen);
                  return Verdict.CONTINUE;
                }
              };
      try (TestProxy proxy =
              TestProxy.start(
                  new TestTable().filtered("/", TestTable.cluster(one.address()), choosing));
          RawClient client = proxy.client()) {
        assertThat(client.get("/").body()).isEqualTo("other");
        assertThat(outcome().backend()).isEqualTo("test/other:80");
        assertThat(one.accepted()).isZero();
      }
    }
  }

  @Test
  void callsOutOverTheLoopsOwnPools() throws Exception {
    try (RawBackend backend = RawBackend.echo();
        RawBackend authority =
            new RawBackend(
                connection -> {
                  while (true) {
                    String request = connection.request();
                    connection.send(
                        "HTTP/1.1 200 OK\r\nX-User: ada\r\nTransfer-Encoding: chunked\r\n\r\n"
                            + (request.contains("POST /check?a") && request.endsWith("token")
                                ? "2\r\nok\r\n0\r\n\r\n"
                                : "2\r\nno\r\n0\r\n\r\n"));
                  }
                })) {
      FilterBackend target = FilterBackend.of("test/auth:80", List.of(authority.address()));
      Filter asking =
          exchange ->
              new Recorded(exchange) {
                @Override
                public Verdict onRequestHead() {
                  var unused =
                      exchange
                          .loop()
                          .calls()
                          .send(
                              target,
                              new HttpCalls.Request(
                                  "POST",
                                  "/check?a",
                                  "auth.example",
                                  List.of(),
                                  "token".getBytes(StandardCharsets.UTF_8),
                                  Duration.ofSeconds(60),
                                  1000))
                          .whenComplete(
                              (response, error) -> {
                                if (error != null) {
                                  exchange.fail(error);
                                } else {
                                  exchange
                                      .request()
                                      .add(
                                          MARK,
                                          new String(response.body(), StandardCharsets.UTF_8));
                                  exchange.resumeRequest();
                                }
                              });
                  return Verdict.PAUSE;
                }
              };
      try (TestProxy proxy =
              TestProxy.start(
                  new TestTable().filtered("/", TestTable.cluster(backend.address()), asking));
          RawClient client = proxy.client()) {
        assertThat(client.get("/a").body()).contains("x-mark: ok\r\n");
        assertThat(client.get("/b").body()).contains("x-mark: ok\r\n");
        assertThat(authority.accepted()).isEqualTo(1);
      }
    }
  }

  @Test
  void failsClosedOrOpenAsConfigured() throws Exception {
    Filter broken =
        exchange ->
            new Recorded(exchange) {
              @Override
              public Verdict onRequestHead() {
                exchange.collectRequest(100);
                return Verdict.CONTINUE;
              }

              @Override
              public Verdict onRequestBody(ByteBuf part) {
                part.release();
                throw new IllegalStateException("broken on purpose");
              }
            };
    Filter stuck =
        exchange ->
            new Recorded(exchange) {
              @Override
              public Verdict onRequestHead() {
                return Verdict.PAUSE;
              }
            };
    try (RawBackend backend = RawBackend.echo()) {
      WeightedBackends to = TestTable.to(TestTable.cluster(backend.address()));
      TestTable table =
          new TestTable()
              .rule("/closed", TestTable.filters(to, broken))
              .rule("/open", TestTable.filters(to, List.of(open("test/open", broken))))
              .rule("/stuck", TestTable.filters(to, List.of(open("test/stuck", stuck))));
      try (TestProxy proxy = TestProxy.start(table);
          RawClient client = proxy.client()) {
        String body = " HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\n\r\nabc";
        assertThat(client.send("POST /closed" + body).receive().body())
            .isEqualTo("500 a filter failed\n");
        assertThat(outcome().end()).isEqualTo(Outcome.End.ANSWERED);
        assertThat(client.send("POST /open" + body).receive().body())
            .contains("Content-Length: 3")
            .endsWith("abc");
        assertThat(outcome().end()).isEqualTo(Outcome.End.SERVED);
        assertThat(client.get("/stuck").status()).isEqualTo(200);
        assertThat(proxy.metrics()).contains("nantian_http_filter_failures_total 3.0");
      }
    }
  }

  private static ConfiguredFilter open(String name, Filter filter) {
    return new ConfiguredFilter(name, filter, true, 50);
  }

  @Test
  void bodiesLongerThanAFilterCollectsAreRefused() throws Exception {
    Filter collecting =
        exchange ->
            new Recorded(exchange) {
              @Override
              public Verdict onRequestHead() {
                exchange.collectRequest(4);
                return Verdict.CONTINUE;
              }

              @Override
              public Verdict onRequestBody(ByteBuf part) {
                exchange.writeRequest(part);
                return Verdict.CONTINUE;
              }

              @Override
              public Verdict onResponseHead() {
                exchange.collectResponse(1000);
                return Verdict.CONTINUE;
              }

              @Override
              public Verdict onResponseBody(ByteBuf part) {
                exchange.writeResponse(part);
                return Verdict.CONTINUE;
              }
            };
    try (RawBackend backend = RawBackend.echo()) {
      WeightedBackends to = TestTable.to(TestTable.cluster(backend.address()));
      TestTable table =
          new TestTable()
              .rule("/closed", TestTable.filters(to, collecting))
              .rule("/open", TestTable.filters(to, List.of(open("test/open", collecting))));
      try (TestProxy proxy = TestProxy.start(table);
          RawClient closed = proxy.client();
          RawClient big = proxy.client();
          RawClient open = proxy.client()) {
        String body = " HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\nabcde";
        Response tooLong = closed.send("POST /closed" + body).receive();
        Response bigResponse = big.get("/closed/" + "x".repeat(2000));
        Response passed = open.send("POST /open" + body).receive();

        assertThat(tooLong.status()).isEqualTo(413);
        assertThat(bigResponse.status()).isEqualTo(502);
        assertThat(passed.body()).contains("Content-Length: 5").endsWith("abcde");
      }
    }
  }

  @Test
  void completionComesOnceWhenTheClientGoesInTheMiddle() throws Exception {
    CompletableFuture<Void> begun = new CompletableFuture<>();
    Filter passing =
        exchange ->
            new Recorded(exchange) {
              @Override
              public Verdict onResponseHead() {
                exchange.streamResponse();
                return Verdict.CONTINUE;
              }

              @Override
              public Verdict onResponseBody(ByteBuf part) {
                exchange.writeResponse(part);
                begun.complete(null);
                return Verdict.CONTINUE;
              }
            };
    try (RawBackend backend =
            new RawBackend(
                connection -> {
                  connection.request();
                  connection.send("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nabc");
                  connection.in().read();
                });
        TestProxy proxy =
            TestProxy.start(
                new TestTable().filtered("/", TestTable.cluster(backend.address()), passing))) {
      RawClient client = proxy.client();
      client.send("GET / HTTP/1.1\r\nHost: x\r\n\r\n");
      begun.get(60, TimeUnit.SECONDS);

      client.socket().setSoLinger(true, 0);
      client.close();

      Outcome outcome = outcome();
      assertThat(outcome.end()).isEqualTo(Outcome.End.CLIENT_GONE);
      assertThat(outcome.bytesSent()).isEqualTo(3);
    }
    assertThat(outcomes).isEmpty();
  }

  @Test
  void aSlowClientHoldsBackTheBackendThroughABodyFilter() throws Exception {
    int total = 64 << 20;
    Filter passing =
        exchange ->
            new Recorded(exchange) {
              @Override
              public Verdict onResponseHead() {
                exchange.streamResponse();
                return Verdict.CONTINUE;
              }

              @Override
              public Verdict onResponseBody(ByteBuf part) {
                exchange.writeResponse(part);
                return Verdict.CONTINUE;
              }
            };
    java.util.concurrent.atomic.AtomicLong written = new java.util.concurrent.atomic.AtomicLong();
    try (RawBackend backend =
            new RawBackend(
                connection -> {
                  connection.request();
                  connection.send("HTTP/1.1 200 OK\r\nContent-Length: " + total + "\r\n\r\n");
                  String block = "x".repeat(64 << 10);
                  while (written.get() < total) {
                    connection.send(block);
                    written.addAndGet(block.length());
                  }
                });
        TestProxy proxy =
            TestProxy.start(
                new TestTable().filtered("/", TestTable.cluster(backend.address()), passing));
        RawClient client = proxy.client()) {
      client.send("GET / HTTP/1.1\r\nHost: x\r\n\r\n");
      RawClient.readHead(client.in());
      long before = -1;
      while (written.get() != before) { // until the backend cannot write any more
        before = written.get();
        java.util.concurrent.locks.LockSupport.parkNanos(200_000_000);
      }

      long stalledAt = written.get();

      assertThat(stalledAt).isLessThan(total / 2);
    }
  }
}
