package dev.nantian.gateway.proxy;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.nantian.gateway.proxy.RawClient.Response;
import dev.nantian.gateway.proxy.config.Cluster;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Backends that fail in every phase, and the answer or reset that the client gets. */
@OnEveryTransport
class FailureIT {
  private static final String OK = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";

  private static TestProxy proxyTo(Cluster cluster) {
    return TestProxy.start(new TestTable().route("/", cluster));
  }

  private static InetSocketAddress closedPort() throws IOException {
    return new InetSocketAddress(InetAddress.getLoopbackAddress(), Ports.free());
  }

  private static Response responseOf(RawBackend.Script script) throws IOException {
    try (RawBackend backend = new RawBackend(script);
        TestProxy proxy = proxyTo(TestTable.cluster(backend.address()));
        RawClient client = proxy.client()) {
      return client.get("/");
    }
  }

  @Test
  void refusedConnectionIs503() throws IOException {
    try (TestProxy proxy = proxyTo(TestTable.cluster(closedPort()));
        RawClient client = proxy.client()) {
      assertThat(client.get("/").status()).isEqualTo(503);
    }
  }

  @Test
  void anotherEndpointIsTriedWhenOneRefuses() throws IOException {
    try (RawBackend backend = RawBackend.echo();
        TestProxy proxy = proxyTo(TestTable.cluster(closedPort(), backend.address()));
        RawClient client = proxy.client()) {
      for (int i = 0; i < 20; i++) {
        assertThat(client.get("/" + i).status()).isEqualTo(200);
      }
    }
  }

  @Test
  void closeBeforeTheHeadIs502() throws IOException {
    assertThat(responseOf(connection -> connection.head()).status()).isEqualTo(502);
  }

  @Test
  void resetBeforeTheHeadIs502() throws IOException {
    assertThat(
            responseOf(
                    connection -> {
                      connection.head();
                      connection.reset();
                    })
                .status())
        .isEqualTo(502);
  }

  @Test
  void closeInsideTheHeadIs502() throws IOException {
    assertThat(
            responseOf(
                    connection -> {
                      connection.head();
                      connection.send("HTTP/1.1 200 OK\r\nContent-Le");
                    })
                .status())
        .isEqualTo(502);
  }

  @Test
  void malformedHeadsAre502() throws IOException {
    for (String head :
        new String[] {
          "HTTP/1.1 2000 OK\r\n\r\n",
          "HTTP/2 200\r\n\r\n",
          "nonsense\r\n\r\n",
          "HTTP/1.1 200 OK\nContent-Length: 0\n\n",
          "HTTP/1.1 200 OK\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n",
          "HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n",
          "HTTP/1.1 200 OK\r\nA b: c\r\n\r\n",
          "HTTP/1.1 101 Switching Protocols\r\n\r\n"
        }) {
      Response response =
          responseOf(
              connection -> {
                connection.head();
                connection.send(head);
              });

      assertThat(response.status()).as(head).isEqualTo(502);
    }
  }

  @Test
  void truncatedBodiesResetTheClient() throws IOException {
    for (String start :
        new String[] {
          "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nabc",
          "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n",
          "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabcX"
        }) {
      assertThatThrownBy(
              () ->
                  responseOf(
                      connection -> {
                        connection.head();
                        connection.send(start);
                      }))
          .as(start)
          .isInstanceOf(IOException.class);
    }
  }

  @Test
  void aStaleConnectionIsReplacedOnceForIdempotentRequests() throws IOException {
    try (RawBackend backend =
            new RawBackend(
                connection -> {
                  connection.head();
                  connection.send(OK);
                  if (connection.number() == 1) {
                    connection.head(); // the second request on it dies unanswered
                    return;
                  }
                  connection.head();
                });
        TestProxy proxy = proxyTo(TestTable.cluster(backend.address()));
        RawClient client = proxy.client()) {
      assertThat(client.get("/1").status()).isEqualTo(200);

      Response second = client.get("/2");

      assertThat(second.status()).isEqualTo(200);
      assertThat(backend.accepted()).isEqualTo(2);
    }
  }

  @Test
  void aStaleConnectionIsA502ForPost() throws IOException {
    try (RawBackend backend =
            new RawBackend(
                connection -> {
                  connection.head();
                  connection.send(OK);
                  connection.head();
                });
        TestProxy proxy = proxyTo(TestTable.cluster(backend.address()));
        RawClient client = proxy.client()) {
      assertThat(client.get("/1").status()).isEqualTo(200);
      client.send("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n");

      assertThat(client.receive().status()).isEqualTo(502);
    }
  }

  @Test
  void anEarlyResponseEndsTheConnection() throws IOException {
    try (RawBackend backend =
            new RawBackend(
                connection -> {
                  connection.head();
                  connection.send("HTTP/1.1 413 Too Large\r\nContent-Length: 0\r\n\r\n");
                  connection.in().transferTo(java.io.OutputStream.nullOutputStream());
                });
        TestProxy proxy = proxyTo(TestTable.cluster(backend.address()));
        RawClient client = proxy.client()) {
      client.send("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 100000\r\n\r\nabc");

      Response response = client.receive();

      assertThat(response.status()).isEqualTo(413);
      assertThat(response.field("connection")).isEqualTo("close");
      assertThat(client.isEnded()).isTrue();
    }
  }

  /** RFC 9112 section 9.5: who closes with bytes unread resets, and the response came before. */
  @ParameterizedTest
  @ValueSource(ints = {0, 5, 20_000})
  void anEarlyResponseReachesTheClientThoughTheBackendResets(int length) throws IOException {
    String body = "b".repeat(length);
    try (RawBackend backend =
            new RawBackend(
                connection -> {
                  connection.head();
                  connection.in().readNBytes(10_000);
                  connection.send(
                      "HTTP/1.1 413 Too Large\r\nContent-Length: " + length + "\r\n\r\n" + body);
                  connection.reset();
                });
        TestProxy proxy = proxyTo(TestTable.cluster(backend.address()));
        RawClient client = proxy.client()) {
      client.send("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 90000000\r\n\r\n");
      var unused = Thread.ofVirtual().start(() -> sendForEver(client));

      Response response = client.receive();

      assertThat(response.status()).isEqualTo(413);
      assertThat(response.body()).isEqualTo(body);
      client.socket().close();
    }
  }

  private static void sendForEver(RawClient client) {
    String block = "x".repeat(10_000);
    try {
      for (int i = 0; i < 9_000; i++) {
        client.send(block);
      }
    } catch (IOException e) {
      // the response was all that was to come
    }
  }

  @Test
  void aBrokenChunkOfTheClientIsAnswered400() throws IOException {
    try (RawBackend backend =
            new RawBackend(
                connection -> connection.in().transferTo(java.io.OutputStream.nullOutputStream()));
        TestProxy proxy = proxyTo(TestTable.cluster(backend.address()));
        RawClient client = proxy.client()) {
      client.send(
          "POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n1\r\na\r\nzz\r\n");

      assertThat(client.receive().status()).isEqualTo(400);
    }
  }

  @Test
  void aClientThatResetsFreesTheBackend() throws IOException {
    var left = new java.util.concurrent.CompletableFuture<Boolean>();
    try (RawBackend backend =
            new RawBackend(
                connection -> {
                  connection.head();
                  left.complete(connection.in().read() < 0);
                });
        TestProxy proxy = proxyTo(TestTable.cluster(backend.address()));
        RawClient client = proxy.client()) {
      client.send("GET / HTTP/1.1\r\nHost: x\r\n\r\n");
      TestProxy.eventually("request arrived", () -> backend.accepted() == 1);

      client.socket().setSoLinger(true, 0); // a close alone could be a half-close
      client.socket().close();

      assertThat(TestProxy.await(left)).isTrue();
    }
  }

  @Test
  void aClientThatLeavesInMidResponseFreesTheBackend() throws IOException {
    var left = new java.util.concurrent.CompletableFuture<Boolean>();
    try (RawBackend backend =
            new RawBackend(
                connection -> {
                  connection.head();
                  connection.send("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n");
                  try {
                    while (true) {
                      connection.send("1\r\na\r\n");
                    }
                  } catch (IOException e) {
                    left.complete(true);
                  }
                });
        TestProxy proxy = proxyTo(TestTable.cluster(backend.address()));
        RawClient client = proxy.client()) {
      client.send("GET / HTTP/1.1\r\nHost: x\r\n\r\n");
      RawClient.readHead(client.in());

      client.socket().close();

      assertThat(TestProxy.await(left)).isTrue();
    }
  }

  @Test
  void timeoutsAre504() throws IOException {
    try (RawBackend backend =
            new RawBackend(
                connection -> connection.in().transferTo(java.io.OutputStream.nullOutputStream()));
        TestProxy proxy =
            TestProxy.start(
                new TestTable()
                    .rule(
                        "/request",
                        TestTable.action(TestTable.to(TestTable.cluster(backend.address())), 60, 0))
                    .rule(
                        "/backend",
                        TestTable.action(
                            TestTable.to(TestTable.cluster(backend.address())), 10_000, 60)));
        RawClient client = proxy.client()) {
      Response request = client.get("/request");
      assertThat(request.status()).isEqualTo(504);
      assertThat(request.body()).isEqualTo("504 the request timed out\n");
      assertThat(client.get("/backend").body())
          .isEqualTo("504 the backend did not answer in time\n");
    }
  }

  @Test
  void aTimeoutInMidBodyResetsTheClient() throws IOException {
    try (RawBackend backend =
            new RawBackend(
                connection -> {
                  connection.head();
                  connection.send("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nabc");
                  connection.in().read();
                });
        TestProxy proxy =
            TestProxy.start(
                new TestTable()
                    .rule(
                        "/",
                        TestTable.action(
                            TestTable.to(TestTable.cluster(backend.address())), 2_000, 0)));
        RawClient client = proxy.client()) {
      assertThatThrownBy(() -> client.get("/")).isInstanceOf(IOException.class);
    }
  }
}
