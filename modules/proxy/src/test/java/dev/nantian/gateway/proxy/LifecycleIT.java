package dev.nantian.gateway.proxy;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.nantian.gateway.proxy.config.ListenerSocket;
import dev.nantian.gateway.proxy.config.RuntimeConfig;
import dev.nantian.gateway.proxy.listener.BindFailure;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

/** Sockets and configurations that come and go under traffic. */
@OnEveryTransport
class LifecycleIT {
  @Test
  void routesChangeUnderLoadWithoutAFailedRequest() throws Exception {
    try (RawBackend one = RawBackend.echo();
        RawBackend other = RawBackend.echo();
        TestProxy proxy =
            new TestProxy(
                DataPlaneSettings.DEFAULT,
                2,
                false,
                new TestTable().route("/", TestTable.cluster(one.address())))) {
      AtomicBoolean stop = new AtomicBoolean();
      AtomicInteger served = new AtomicInteger();
      List<CompletableFuture<Void>> clients = new ArrayList<>();
      for (int i = 0; i < 8; i++) {
        clients.add(
            CompletableFuture.runAsync(
                () -> load(proxy, stop, served), Thread::startVirtualThread));
      }
      for (int i = 0; i < 50; i++) {
        int before = served.get();
        proxy.apply(
            new TestTable()
                .route("/", TestTable.cluster(i % 2 == 0 ? other.address() : one.address())));
        TestProxy.eventually("requests go on", () -> served.get() > before + 20);
      }
      stop.set(true);

      CompletableFuture.allOf(clients.toArray(CompletableFuture[]::new)).get();
      assertThat(served.get()).isGreaterThan(1000);
    }
  }

  private static void load(TestProxy proxy, AtomicBoolean stop, AtomicInteger served) {
    try (RawClient client = proxy.client()) {
      while (!stop.get()) {
        assertThat(client.get("/x").status()).isEqualTo(200);
        served.incrementAndGet();
      }
    } catch (IOException e) {
      throw new java.io.UncheckedIOException(e);
    }
  }

  @Test
  void drainLetsRequestsEndAndSaysClose() throws Exception {
    CountDownLatch answer = new CountDownLatch(1);
    try (RawBackend backend =
            new RawBackend(
                connection -> {
                  connection.head();
                  try {
                    answer.await();
                  } catch (InterruptedException e) {
                    throw new IOException(e);
                  }
                  connection.send("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok");
                });
        TestProxy proxy =
            TestProxy.start(new TestTable().route("/", TestTable.cluster(backend.address())));
        RawClient idle = proxy.client();
        RawClient busy = proxy.client()) {
      int port = proxy.port();
      busy.send("GET / HTTP/1.1\r\nHost: x\r\n\r\n");
      TestProxy.eventually("request arrived", () -> backend.accepted() == 1);

      var stopped = proxy.plane().drainAndStop(Duration.ofSeconds(60)).toCompletableFuture();

      assertThat(idle.isEnded()).isTrue();
      assertThatThrownBy(() -> new java.net.Socket(InetAddress.getLoopbackAddress(), port).close())
          .isInstanceOf(IOException.class);
      answer.countDown();
      RawClient.Response response = busy.receive();
      assertThat(response.body()).isEqualTo("ok");
      assertThat(response.field("connection")).isEqualTo("close");
      assertThat(TestProxy.await(stopped)).isZero();
    }
  }

  @Test
  void drainCutsAtTheDeadlineAndCounts() throws Exception {
    try (RawBackend backend = new RawBackend(connection -> connection.in().readAllBytes());
        TestProxy proxy =
            TestProxy.start(new TestTable().route("/", TestTable.cluster(backend.address())));
        RawClient busy = proxy.client()) {
      busy.send("GET / HTTP/1.1\r\nHost: x\r\n\r\n");
      TestProxy.eventually("request arrived", () -> backend.accepted() == 1);

      int cut = TestProxy.await(proxy.plane().drainAndStop(Duration.ofMillis(50)));

      assertThat(cut).isEqualTo(1);
    }
  }

  @Test
  void aTakenPortIsNamedAndTheRestIsServed() throws IOException {
    try (ServerSocket taken = new ServerSocket(0, 1, InetAddress.getLoopbackAddress());
        TestProxy proxy = TestProxy.start(new TestTable())) {
      InetSocketAddress address =
          new InetSocketAddress(InetAddress.getLoopbackAddress(), taken.getLocalPort());

      List<BindFailure> failures =
          TestProxy.await(
              proxy
                  .plane()
                  .apply(
                      new RuntimeConfig(
                          9,
                          List.of(
                              new ListenerSocket(TestProxy.ANY_PORT, false, new TestTable()),
                              new ListenerSocket(address, false, new TestTable())))));

      assertThat(failures)
          .containsExactly(
              new BindFailure(
                  address,
                  "cannot bind 127.0.0.1:" + address.getPort() + ": address already in use"));
      try (RawClient client = proxy.client()) {
        assertThat(client.get("/").status()).isEqualTo(404);
      }
    }
  }

  @Test
  void aRemovedSocketIsClosedAndMetersStay() throws IOException {
    try (RawBackend backend = RawBackend.echo();
        TestProxy proxy =
            TestProxy.start(new TestTable().route("/", TestTable.cluster(backend.address())));
        RawClient client = proxy.client()) {
      assertThat(client.get("/").status()).isEqualTo(200);
      assertThat(proxy.plane().listenerViews().getFirst().connections()).isEqualTo(1);

      TestProxy.await(proxy.plane().apply(RuntimeConfig.EMPTY));

      assertThat(client.isEnded()).isTrue();
      assertThat(proxy.metrics())
          .contains("nantian_http_requests_total{route=\"test/route\",status=\"2xx\"} 1.0")
          .contains(
              "nantian_backend_requests_total{backend=\"test/backend:80\",status=\"2xx\"} 1.0")
          .contains("nantian_http_request_duration_seconds_count{route=\"test/route\"} 1");
    }
  }
}
