package dev.nantian.gateway.proxy;

import static org.assertj.core.api.Assertions.assertThat;

import dev.nantian.gateway.proxy.config.RuntimeConfig;
import dev.nantian.gateway.proxy.filter.HeaderEdits;
import dev.nantian.gateway.proxy.http.FieldNames;
import dev.nantian.gateway.proxy.listener.ConnectionSettings;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** What becomes of connections in the less usual orders of events. */
@Timeout(180)
@OnEveryTransport
class ConnectionLifeIT {
  private static final String OK = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";
  private static final int MUCH = 48 << 20;

  private static TestProxy proxyTo(RawBackend backend) {
    return TestProxy.start(new TestTable().route("/", TestTable.cluster(backend.address())));
  }

  @Test
  void aBodyThatIsStillToComeGoesToTheConnectionThatReplacesAStaleOne() throws IOException {
    try (RawBackend backend =
            new RawBackend(
                connection -> {
                  if (connection.number() == 1) {
                    connection.head();
                    connection.send(OK);
                    connection.head();
                    return;
                  }
                  connection.head();
                  connection.send("HTTP/1.1 100 Continue\r\n\r\n");
                  String body =
                      new String(connection.in().readNBytes(5), StandardCharsets.ISO_8859_1);
                  connection.send("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n" + body);
                });
        TestProxy proxy = proxyTo(backend);
        RawClient client = proxy.client()) {
      assertThat(client.get("/1").status()).isEqualTo(200);

      client.send(
          "PUT /2 HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\nExpect: 100-continue\r\n\r\n");

      assertThat(client.receive().status()).isEqualTo(100);
      client.send("hello");
      assertThat(client.receive().body()).isEqualTo("hello");
    }
  }

  @Test
  void aClientThatSendsAndDoesNotReadIsStopped() throws Exception {
    AtomicLong written = new AtomicLong();
    try (TestProxy proxy = TestProxy.start(new TestTable());
        RawClient client = smallBuffers(proxy)) {
      Thread.ofVirtual().start(() -> flood(client, written));

      standsStill(written);

      assertThat(written.get()).isLessThan(MUCH);
    }
  }

  @Test
  void aClientThatDoesNotReadIsClosedWhenIdle() throws Exception {
    ConnectionSettings hasty = ConnectionSettings.DEFAULT.withTimeouts(10_000, 300, 300_000);
    DataPlaneSettings all = DataPlaneSettings.DEFAULT;
    AtomicLong written = new AtomicLong();
    try (TestProxy proxy = new TestProxy(all.withConnections(hasty), 1, false, new TestTable());
        RawClient client = smallBuffers(proxy)) {
      Thread.ofVirtual().start(() -> flood(client, written));

      TestProxy.eventually(
          "connected", () -> proxy.metrics().contains("nantian_http_connections_total 1.0"));
      TestProxy.eventually("closed", () -> connections(proxy) == 0);
    }
  }

  @Test
  void aDrainDoesNotCutResponsesThatWaitForTheClient() throws Exception {
    AtomicLong written = new AtomicLong();
    try (TestProxy proxy = TestProxy.start(new TestTable());
        RawClient client = smallBuffers(proxy)) {
      Thread.ofVirtual().start(() -> flood(client, written));
      standsStill(written);

      TestProxy.await(proxy.plane().apply(RuntimeConfig.EMPTY));

      String all = new String(client.in().readAllBytes(), StandardCharsets.ISO_8859_1);
      assertThat(all).endsWith("404 no route matches this request\n");
    }
  }

  @Test
  void aDrainInMidResponseEndsTheConnectionAfterIt() throws Exception {
    CountDownLatch rest = new CountDownLatch(1);
    try (RawBackend backend =
            new RawBackend(
                connection -> {
                  connection.head();
                  connection.send("HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\nabc");
                  await(rest);
                  connection.send("def");
                  connection.head();
                });
        TestProxy proxy = proxyTo(backend);
        RawClient client = proxy.client()) {
      client.send("GET / HTTP/1.1\r\nHost: x\r\n\r\n");
      RawClient.readHead(client.in());
      client.in().skipNBytes(3);

      TestProxy.await(proxy.plane().apply(RuntimeConfig.EMPTY));
      rest.countDown();

      client.in().skipNBytes(3);
      assertThat(client.isEnded()).isTrue();
    }
  }

  @Test
  void anExpectationThatAFilterRemovesStillEndsTheConnection() throws Exception {
    HeaderEdits noExpect = new HeaderEdits(List.of(new HeaderEdits.Step.Remove(FieldNames.EXPECT)));
    try (TestProxy proxy =
            TestProxy.start(
                new TestTable()
                    .rule(
                        "/",
                        TestTable.filtered(
                            noExpect, HeaderEdits.NONE, null, null, TestTable.to(null))));
        RawClient client = proxy.client()) {
      client.send("PUT / HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\nExpect: 100-continue\r\n\r\n");

      RawClient.Response response = client.receive();

      assertThat(response.status()).isEqualTo(500);
      assertThat(response.field("connection")).isEqualTo("close");
    }
  }

  @Test
  void statusesWithoutBodyHaveNoFraming() throws Exception {
    try (RawBackend backend =
            new RawBackend(
                connection -> {
                  connection.head();
                  connection.send("HTTP/1.1 103 Early Hints\r\nContent-Length: 7\r\n\r\n");
                  connection.send("HTTP/1.1 204 No Content\r\nContent-Length: 7\r\n\r\n");
                  connection.head();
                });
        TestProxy proxy = proxyTo(backend);
        RawClient client = proxy.client()) {
      client.send("GET / HTTP/1.1\r\nHost: x\r\n\r\n");

      assertThat(client.receive().field("content-length")).isNull();
      assertThat(client.receive().field("content-length")).isNull();
    }
  }

  private static int connections(TestProxy proxy) {
    return proxy.plane().listenerViews().getFirst().connections();
  }

  /** Small enough that little is on its way when nobody reads. */
  private static RawClient smallBuffers(TestProxy proxy) throws IOException {
    Socket socket = new Socket();
    socket.setReceiveBufferSize(16 << 10);
    socket.setSendBufferSize(16 << 10);
    socket.connect(new InetSocketAddress(InetAddress.getLoopbackAddress(), proxy.port()));
    socket.setSoTimeout(60_000);
    return new RawClient(socket);
  }

  private static void flood(RawClient client, AtomicLong written) {
    String block = "GET / HTTP/1.1\r\nHost: x\r\n\r\n".repeat(500);
    try {
      while (written.get() < MUCH) {
        client.send(block);
        written.addAndGet(block.length());
      }
    } catch (IOException e) {
      // closed by the proxy
    }
  }

  private static void await(CountDownLatch latch) throws IOException {
    try {
      latch.await();
    } catch (InterruptedException e) {
      throw new IOException(e);
    }
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
          return last[1] > 300;
        });
  }
}
