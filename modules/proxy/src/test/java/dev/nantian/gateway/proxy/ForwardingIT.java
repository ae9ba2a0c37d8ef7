package dev.nantian.gateway.proxy;

import static org.assertj.core.api.Assertions.assertThat;

import dev.nantian.gateway.proxy.RawClient.Response;
import dev.nantian.gateway.proxy.filter.HeaderEdits;
import dev.nantian.gateway.proxy.filter.HeaderEdits.Step;
import dev.nantian.gateway.proxy.filter.PathRewrite;
import dev.nantian.gateway.proxy.filter.RedirectAction;
import dev.nantian.gateway.proxy.filter.RewriteAction;
import dev.nantian.gateway.proxy.http.HeaderName;
import dev.nantian.gateway.proxy.pipeline.ForwardingSettings;
import dev.nantian.gateway.proxy.route.WeightedBackends;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.junit.jupiter.api.Test;

/** One request after the other through real sockets. */
@OnEveryTransport
class ForwardingIT {
  private static final String END = " HTTP/1.1\r\nHost: test.example\r\n\r\n";

  @Test
  void forwardsAndKeepsBothConnections() throws IOException {
    try (RawBackend backend = RawBackend.echo();
        TestProxy proxy =
            TestProxy.start(new TestTable().route("/", TestTable.cluster(backend.address())));
        RawClient client = proxy.client()) {
      Response first = client.get("/a?b");
      Response second = client.get("/c");

      assertThat(first.status()).isEqualTo(200);
      assertThat(first.body())
          .startsWith("GET /a?b HTTP/1.1\r\nHost: test.example\r\n")
          .contains("x-forwarded-for: 127.0.0.1\r\n")
          .contains("x-forwarded-proto: http\r\n")
          .contains("x-forwarded-host: test.example\r\n")
          .containsPattern("x-request-id: [0-9a-f]{32}\r\n");
      assertThat(second.body()).startsWith("GET /c HTTP/1.1\r\n");
      assertThat(backend.accepted()).isEqualTo(1);
    }
  }

  @Test
  void removesWhatUntrustedClientsSayOfTheirOrigin() throws IOException {
    try (RawBackend backend = RawBackend.echo();
        TestProxy proxy =
            TestProxy.start(new TestTable().route("/", TestTable.cluster(backend.address())));
        RawClient client = proxy.client()) {
      client.send(
          """
          GET / HTTP/1.1
          Host: test.example
          X-Forwarded-For: 6.6.6.6
          X_Forwarded_For: 6.6.6.6
          X-Forwarded_Host: 6.6.6.6
          X-Forwarded-Port: 6666
          X-Forwarded-Prefix: /6.6.6.6
          X-Real-IP: 6.6.6.6
          x_real_ip: 6.6.6.6
          Forwarded: for=6.6.6.6
          X-Forward: kept
          X-Real-IPs: kept

          """
              .replace("\n", "\r\n"));

      String received = client.receive().body();

      assertThat(received)
          .doesNotContain("6.6.6.6", "6666")
          .contains("x-forwarded-for: 127.0.0.1\r\n", "X-Forward: kept", "X-Real-IPs: kept");
    }
  }

  @Test
  void lookAlikesOfOriginFieldsDoNotPassForTrustedClientsEither() throws IOException {
    try (RawBackend backend = RawBackend.echo();
        TestProxy proxy =
            new TestProxy(
                trusting(),
                1,
                false,
                new TestTable().route("/", TestTable.cluster(backend.address())));
        RawClient client = proxy.client()) {
      client.send(
          """
          GET / HTTP/1.1
          Host: a
          X-Forwarded-For: 1.2.3.4
          X-Forwarded-Port: 8443
          X-Real-IP: 1.2.3.4
          X_Forwarded_For: 6.6.6.6

          """
              .replace("\n", "\r\n"));

      String received = client.receive().body();

      assertThat(received)
          .contains("x-forwarded-for: 1.2.3.4, 127.0.0.1\r\n", "X-Forwarded-Port: 8443")
          .contains("X-Real-IP: 1.2.3.4")
          .doesNotContain("6.6.6.6");
    }
  }

  private static DataPlaneSettings trusting() {
    DataPlaneSettings standard = DataPlaneSettings.DEFAULT;
    return standard.withForwarding(new ForwardingSettings(true, null));
  }

  @Test
  void answersPipelinedRequestsInOrder() throws IOException {
    try (RawBackend backend = RawBackend.echo();
        TestProxy proxy =
            TestProxy.start(new TestTable().route("/a", TestTable.cluster(backend.address())));
        RawClient client = proxy.client()) {
      client.send(
          "GET /a1"
              + END
              + "POST /a2 HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\n\r\nabc"
              + "GET /none"
              + END
              + "GET /a3"
              + END);

      assertThat(client.receive().body()).startsWith("GET /a1 ");
      assertThat(client.receive().body()).startsWith("POST /a2 ").endsWith("\r\n\r\nabc");
      assertThat(client.receive().status()).isEqualTo(404);
      assertThat(client.receive().body()).startsWith("GET /a3 ");
    }
  }

  @Test
  void forwardsChunkedBodiesBothWays() throws IOException {
    try (RawBackend backend =
            new RawBackend(
                connection -> {
                  while (true) {
                    String text = connection.request();
                    connection.send(
                        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
                            + Integer.toHexString(text.length())
                            + "\r\n"
                            + text
                            + "\r\n0\r\nX-Sum: 1\r\n\r\n");
                  }
                });
        TestProxy proxy =
            TestProxy.start(new TestTable().route("/", TestTable.cluster(backend.address())));
        RawClient client = proxy.client()) {
      client.send(
          "POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n3;a=b\r\nabc\r\n");
      client.send("2\r\nde\r\n0\r\n\r\n");

      assertThat(client.receive().body()).endsWith("\r\n\r\nabcde");
      assertThat(client.get("/again").body()).startsWith("GET /again");
      assertThat(backend.accepted()).isEqualTo(1);
    }
  }

  @Test
  void refusesMalformedRequestsAndCloses() throws IOException {
    try (TestProxy proxy = TestProxy.start(new TestTable());
        RawClient client = proxy.client()) {
      client.send("GET /../x HTTP/1.1\r\nHost: x\r\n\r\n");

      Response response = client.receive();

      assertThat(response.status()).isEqualTo(400);
      assertThat(response.body()).isEqualTo("400 dot segment in path\n");
      assertThat(response.field("connection")).isEqualTo("close");
      assertThat(client.isEnded()).isTrue();
    }
  }

  @Test
  void answers404And500And503ByItself() throws IOException {
    WeightedBackends nothing = new WeightedBackends(List.of(), List.of());
    try (TestProxy proxy =
            TestProxy.start(
                new TestTable()
                    .rule("/unresolved", TestTable.action(TestTable.to(null), 0, 0))
                    .rule("/none", TestTable.action(nothing, 0, 0))
                    .route("/empty", TestTable.cluster()));
        RawClient client = proxy.client()) {
      assertThat(client.get("/other").status()).isEqualTo(404);
      assertThat(client.get("/unresolved").status()).isEqualTo(500);
      assertThat(client.get("/none").status()).isEqualTo(500);
      Response empty = client.get("/empty");
      assertThat(empty.status()).isEqualTo(503);
      assertThat(empty.field("content-type")).isEqualTo("text/plain");
      assertThat(empty.body()).isEqualTo("503 the backend has no ready endpoint\n");
    }
  }

  @Test
  void keepsTheConnectionAfterAnOwnAnswerToASmallBody() throws IOException {
    try (TestProxy proxy = TestProxy.start(new TestTable());
        RawClient client = proxy.client()) {
      client.send("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 6\r\n\r\nabc");
      assertThat(client.receive().status()).isEqualTo(404);
      client.send("def");

      assertThat(client.get("/").status()).isEqualTo(404);
    }
  }

  @Test
  void servesHttp10() throws IOException {
    try (RawBackend backend =
            new RawBackend(
                connection -> {
                  connection.request();
                  connection.send(
                      "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n");
                });
        TestProxy proxy =
            TestProxy.start(new TestTable().route("/", TestTable.cluster(backend.address())));
        RawClient client = proxy.client()) {
      client.send("GET / HTTP/1.0\r\nHost: x\r\nConnection: keep-alive\r\n\r\n");

      Response response = client.receive();

      assertThat(response.field("transfer-encoding")).isNull();
      assertThat(response.field("connection")).isEqualTo("close");
      assertThat(response.body()).isEqualTo("abc");
    }
  }

  @Test
  void marksTheEndOfACloseDelimitedBody() throws IOException {
    try (RawBackend backend =
            new RawBackend(
                connection -> {
                  connection.request();
                  connection.send("HTTP/1.0 200 OK\r\nX: y\r\n\r\nabc");
                });
        TestProxy proxy =
            TestProxy.start(new TestTable().route("/", TestTable.cluster(backend.address())));
        RawClient client = proxy.client()) {
      Response response = client.get("/");

      assertThat(response.field("transfer-encoding")).isEqualTo("chunked");
      assertThat(response.body()).isEqualTo("abc");
      assertThat(client.get("/").body()).isEqualTo("abc");
    }
  }

  @Test
  void headHasNoBody() throws IOException {
    try (RawBackend backend = RawBackend.echo();
        TestProxy proxy =
            TestProxy.start(new TestTable().route("/", TestTable.cluster(backend.address())));
        RawClient client = proxy.client()) {
      client.send("HEAD /h" + END);
      assertThat(client.receive(true).field("content-length")).isNotEqualTo("0");

      assertThat(client.get("/g").body()).startsWith("GET /g");
    }
  }

  @Test
  void passes100ContinueOn() throws IOException {
    try (RawBackend backend =
            new RawBackend(
                connection -> {
                  String head = connection.head();
                  connection.send("HTTP/1.1 100 Continue\r\n\r\n");
                  String body = RawClient.readBody(connection.in(), new Response(0, head, ""));
                  connection.send("HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\n" + body);
                });
        TestProxy proxy =
            TestProxy.start(new TestTable().route("/", TestTable.cluster(backend.address())));
        RawClient client = proxy.client()) {
      client.send(
          "POST / HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nContent-Length: 3\r\n\r\n");
      assertThat(client.receive().status()).isEqualTo(100);
      client.send("abc");

      assertThat(client.receive().body()).isEqualTo("abc");
    }
  }

  @Test
  void editsRewritesAndRedirects() throws IOException {
    HeaderEdits request =
        new HeaderEdits(List.of(new Step.Set(HeaderName.of("X-Set"), bytes("1"))));
    HeaderEdits response =
        new HeaderEdits(List.of(new Step.Add(HeaderName.of("X-Out"), bytes("2"))));
    try (RawBackend backend = RawBackend.echo();
        TestProxy proxy =
            TestProxy.start(
                new TestTable()
                    .rule(
                        "/edit",
                        TestTable.filtered(
                            request,
                            response,
                            null,
                            new RewriteAction(bytes("new.example"), PathRewrite.prefix("/x")),
                            TestTable.to(TestTable.cluster(backend.address()))))
                    .rule(
                        "/go",
                        TestTable.filtered(
                            HeaderEdits.NONE,
                            HeaderEdits.NONE,
                            new RedirectAction("https", null, null, 0, 301),
                            null,
                            TestTable.to(null))));
        RawClient client = proxy.client()) {
      Response edited = client.get("/edit/a?b");
      assertThat(edited.field("x-out")).isEqualTo("2");
      assertThat(edited.body())
          .startsWith("GET /x/a?b HTTP/1.1\r\n")
          .containsIgnoringCase("host: new.example\r\n")
          .contains("X-Set: 1\r\n");

      Response redirect = client.get("/go/a?b");
      assertThat(redirect.status()).isEqualTo(301);
      assertThat(redirect.field("location")).isEqualTo("https://test.example/go/a?b");
    }
  }

  private static byte[] bytes(String text) {
    return text.getBytes(StandardCharsets.US_ASCII);
  }
}
