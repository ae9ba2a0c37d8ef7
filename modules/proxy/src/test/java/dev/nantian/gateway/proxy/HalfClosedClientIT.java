package dev.nantian.gateway.proxy;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Clients that end their side of the connection while they wait (RFC 9112 section 9.6). */
@Timeout(180)
class HalfClosedClientIT {
  private static TestProxy proxyTo(RawBackend backend) {
    return TestProxy.start(new TestTable().route("/", TestTable.cluster(backend.address())));
  }

  @Test
  void aCompleteRequestStillGetsItsResponse() throws Exception {
    CountDownLatch answer = new CountDownLatch(1);
    try (RawBackend backend =
            new RawBackend(
                connection -> {
                  connection.head();
                  await(answer);
                  connection.send("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok");
                });
        TestProxy proxy = proxyTo(backend);
        RawClient client = proxy.client()) {
      client.send("GET / HTTP/1.1\r\nHost: x\r\n\r\n");
      TestProxy.eventually("request arrived", () -> backend.accepted() == 1);

      client.socket().shutdownOutput();
      answer.countDown();

      assertThat(client.receive().body()).isEqualTo("ok");
      assertThat(client.isEnded()).isTrue();
    }
  }

  @Test
  void pipelinedRequestsStillGetTheirResponses() throws Exception {
    try (RawBackend backend = RawBackend.echo();
        TestProxy proxy = proxyTo(backend);
        RawClient client = proxy.client()) {
      client.send("GET /1 HTTP/1.1\r\nHost: x\r\n\r\nGET /2 HTTP/1.1\r\nHost: x\r\n\r\nGET /3");

      client.socket().shutdownOutput();

      assertThat(client.receive().body()).startsWith("GET /1 ");
      assertThat(client.receive().body()).startsWith("GET /2 ");
      assertThat(client.isEnded()).isTrue();
    }
  }

  @Test
  void aBodyThatIsCutShortCutsTheRequest() throws Exception {
    CountDownLatch cut = new CountDownLatch(1);
    try (RawBackend backend =
            new RawBackend(
                connection -> {
                  connection.head();
                  connection.in().readAllBytes();
                  cut.countDown();
                });
        TestProxy proxy = proxyTo(backend);
        RawClient client = proxy.client()) {
      client.send("PUT / HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\n\r\nabc");
      TestProxy.eventually("request arrived", () -> backend.accepted() == 1);

      client.socket().shutdownOutput();

      cut.await();
      assertThat(client.isEnded()).isTrue();
    }
  }

  @Test
  void anIdleConnectionIsClosed() throws Exception {
    try (RawBackend backend = RawBackend.echo();
        TestProxy proxy = proxyTo(backend);
        RawClient client = proxy.client()) {
      client.get("/");

      client.socket().shutdownOutput();

      assertThat(client.isEnded()).isTrue();
    }
  }

  private static void await(CountDownLatch latch) throws IOException {
    try {
      latch.await();
    } catch (InterruptedException e) {
      throw new IOException(e);
    }
  }
}
