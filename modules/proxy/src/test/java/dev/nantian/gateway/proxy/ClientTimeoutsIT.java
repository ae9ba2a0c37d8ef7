package dev.nantian.gateway.proxy;

import static org.assertj.core.api.Assertions.assertThat;

import dev.nantian.gateway.proxy.listener.ConnectionSettings;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** How long a client may take: each test shortens the one time that it is about. */
@Timeout(180)
class ClientTimeoutsIT {
  private static final int LONG = 60_000;
  private static final int SHORT = 2_000;

  private static TestProxy proxy(int headMillis, int idleMillis, int streamIdleMillis) {
    return new TestProxy(
        TestProxy.with(
            ConnectionSettings.DEFAULT.withTimeouts(headMillis, idleMillis, streamIdleMillis)),
        1,
        false,
        new TestTable());
  }

  @Test
  void aHeadThatIsNotCompletedIsAnsweredWith408() throws Exception {
    try (TestProxy proxy = proxy(SHORT, LONG, LONG);
        RawClient client = proxy.client()) {
      client.send("GET / HTTP/1.1\r\nHost");

      RawClient.Response response = client.receive();

      assertThat(response.status()).isEqualTo(408);
      assertThat(response.field("connection")).isEqualTo("close");
      assertThat(client.isEnded()).isTrue();
    }
  }

  @Test
  void aSecondHeadHasTheSameTime() throws Exception {
    try (TestProxy proxy = proxy(SHORT, LONG, LONG);
        RawClient client = proxy.client()) {
      assertThat(client.get("/").status()).isEqualTo(404);
      client.send("GET / HT");

      assertThat(client.receive().status()).isEqualTo(408);
    }
  }

  @Test
  void aConnectionThatSaysNothingIsClosed() throws Exception {
    try (TestProxy proxy = proxy(SHORT, LONG, LONG);
        RawClient client = proxy.client()) {
      assertThat(client.isEnded()).isTrue();
    }
  }

  @Test
  void aKeptConnectionIsClosedAfterTheIdleTime() throws Exception {
    try (TestProxy proxy = proxy(LONG, SHORT, LONG);
        RawClient client = proxy.client()) {
      assertThat(client.get("/").status()).isEqualTo(404);

      assertThat(client.isEnded()).isTrue();
    }
  }

  @Test
  void aRequestWithoutAByteIsCut() throws Exception {
    try (RawBackend backend = new RawBackend(connection -> connection.in().readAllBytes());
        TestProxy proxy = proxy(LONG, LONG, SHORT);
        RawClient client = proxy.client()) {
      proxy.apply(new TestTable().route("/", TestTable.cluster(backend.address())));
      client.send("GET / HTTP/1.1\r\nHost: x\r\n\r\n");

      org.assertj.core.api.Assertions.assertThatThrownBy(client::isEnded)
          .isInstanceOf(java.net.SocketException.class); // reset: nobody may take it for an answer
    }
  }
}
