package dev.nantian.gateway.proxy;

import static org.assertj.core.api.Assertions.assertThat;

import dev.nantian.gateway.proxy.RawClient.Response;
import dev.nantian.gateway.proxy.upstream.Http2UpstreamSettings;
import dev.nantian.gateway.proxy.upstream.UpstreamSettings;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.Test;

/** The limits of connections to one endpoint, each by its name in {@link UpstreamSettings}. */
class UpstreamLimitsIT {
  private static final String GET = "GET / HTTP/1.1\r\nHost: x\r\n\r\n";
  private static final String OK = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";

  private static UpstreamSettings limits(int connections, int pending, int requests) {
    return new UpstreamSettings(
        5_000, 0, 50_000, connections, pending, requests, Http2UpstreamSettings.DEFAULT);
  }

  private static TestProxy proxy(UpstreamSettings settings, TestTable table) {
    DataPlaneSettings all = DataPlaneSettings.DEFAULT.withUpstreams(settings);
    return new TestProxy(all, 1, false, table);
  }

  private static TestTable to(RawBackend backend) {
    return new TestTable().route("/", TestTable.cluster(backend.address()));
  }

  /** Answers when it is let. */
  private static RawBackend waiting(CountDownLatch gate) throws IOException {
    return new RawBackend(
        connection -> {
          while (true) {
            connection.head();
            try {
              gate.await();
            } catch (InterruptedException e) {
              throw new IOException(e);
            }
            connection.send(OK);
          }
        });
  }

  private static int outstanding(TestProxy proxy) {
    return proxy.plane().workers().getFirst().pools().all().stream()
        .mapToInt(pool -> pool.outstanding())
        .sum();
  }

  @Test
  void maxConnectionsBoundsThemAndOthersWait() throws IOException {
    CountDownLatch gate = new CountDownLatch(1);
    try (RawBackend backend = waiting(gate);
        TestProxy proxy = proxy(limits(2, 10, 100), to(backend));
        RawClient one = proxy.client().send(GET);
        RawClient two = proxy.client().send(GET);
        RawClient three = proxy.client().send(GET)) {
      TestProxy.eventually("all are there", () -> outstanding(proxy) == 3);

      gate.countDown();

      assertThat(List.of(one.receive().status(), two.receive().status(), three.receive().status()))
          .containsOnly(200);
      assertThat(backend.accepted()).isEqualTo(2);
    }
  }

  @Test
  void maxPendingRefusesWhatFindsTooManyWaiting() throws IOException {
    CountDownLatch gate = new CountDownLatch(1);
    try (RawBackend backend = waiting(gate);
        TestProxy proxy = proxy(limits(1, 1, 100), to(backend));
        RawClient one = proxy.client().send(GET)) {
      TestProxy.eventually("it has the connection", () -> backend.accepted() == 1);
      RawClient two = proxy.client().send(GET);
      TestProxy.eventually("it waits", () -> outstanding(proxy) == 2);
      RawClient three = proxy.client();

      Response refused = three.get("/");

      assertThat(refused.status()).isEqualTo(503);
      assertThat(proxy.metrics())
          .contains("nantian_upstream_pending_overflows_total{loop=\"0\"} 1");
      gate.countDown();
      assertThat(one.receive().status()).isEqualTo(200);
      assertThat(two.receive().status()).isEqualTo(200);
      two.close();
      three.close();
    }
  }

  @Test
  void aRequestThatTimedOutWaitingNoLongerCounts() throws IOException {
    CountDownLatch gate = new CountDownLatch(1);
    try (RawBackend backend = waiting(gate);
        TestProxy proxy =
            proxy(
                limits(1, 1, 100),
                new TestTable()
                    .rule(
                        "/brief",
                        TestTable.action(TestTable.to(TestTable.cluster(backend.address())), 60, 0))
                    .route("/", TestTable.cluster(backend.address())));
        RawClient one = proxy.client().send(GET);
        RawClient brief = proxy.client()) {
      TestProxy.eventually("it has the connection", () -> backend.accepted() == 1);
      assertThat(brief.get("/brief").status()).isEqualTo(504);

      RawClient next = proxy.client().send(GET);

      TestProxy.eventually("it waits", () -> outstanding(proxy) == 2);
      gate.countDown();
      assertThat(one.receive().status()).isEqualTo(200);
      assertThat(next.receive().status()).isEqualTo(200);
      next.close();
    }
  }

  @Test
  void maxRequestsRefusesMore() throws IOException {
    CountDownLatch gate = new CountDownLatch(1);
    try (RawBackend backend = waiting(gate);
        TestProxy proxy = proxy(limits(10, 10, 1), to(backend));
        RawClient one = proxy.client().send(GET);
        RawClient two = proxy.client()) {
      TestProxy.eventually("it is under way", () -> outstanding(proxy) == 1);

      Response refused = two.get("/");

      assertThat(refused.status()).isEqualTo(503);
      assertThat(proxy.metrics())
          .contains("nantian_upstream_request_overflows_total{loop=\"0\"} 1");
      gate.countDown();
      assertThat(one.receive().status()).isEqualTo(200);
    }
  }

  @Test
  void connectTimeoutEndsAnAttempt() throws IOException {
    try (ServerSocket full = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      List<Socket> fillers = fill(full);
      InetSocketAddress address =
          new InetSocketAddress(InetAddress.getLoopbackAddress(), full.getLocalPort());
      UpstreamSettings settings =
          new UpstreamSettings(50, 0, 50_000, 10, 10, 10, Http2UpstreamSettings.DEFAULT);
      try (TestProxy proxy =
              proxy(settings, new TestTable().route("/", TestTable.cluster(address)));
          RawClient client = proxy.client()) {

        Response refused = client.get("/");

        assertThat(refused.status()).isEqualTo(503);
        assertThat(proxy.metrics())
            .contains("nantian_upstream_connect_failures_total{loop=\"0\"} 1");
      } finally {
        for (Socket filler : fillers) {
          filler.close();
        }
      }
    }
  }

  /** A listener that nobody accepts from takes a few connections and then is silent. */
  private static List<Socket> fill(ServerSocket server) throws IOException {
    List<Socket> fillers = new ArrayList<>();
    while (true) {
      Socket socket = new Socket();
      fillers.add(socket);
      try {
        socket.connect(server.getLocalSocketAddress(), 200);
      } catch (java.net.SocketTimeoutException e) {
        return fillers;
      }
    }
  }

  @Test
  void idleTimeoutClosesAnUnusedConnection() throws IOException {
    UpstreamSettings settings =
        new UpstreamSettings(5_000, 0, 50, 10, 10, 10, Http2UpstreamSettings.DEFAULT);
    try (RawBackend backend = RawBackend.echo();
        TestProxy proxy = proxy(settings, to(backend));
        RawClient client = proxy.client()) {
      assertThat(client.get("/").status()).isEqualTo(200);

      TestProxy.eventually(
          "closed",
          () ->
              proxy.plane().workers().getFirst().pools().all().stream()
                  .allMatch(pool -> pool.open() == 0));

      assertThat(client.get("/").status()).isEqualTo(200);
      assertThat(backend.accepted()).isEqualTo(2);
    }
  }
}
