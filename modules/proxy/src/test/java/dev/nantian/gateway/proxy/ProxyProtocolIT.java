package dev.nantian.gateway.proxy;

import static org.assertj.core.api.Assertions.assertThat;

import dev.nantian.gateway.proxy.proxyprotocol.TrustedSenders;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.HexFormat;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A port that asks for PROXY headers; in these tests the port is 0, as configured. */
@Timeout(180)
class ProxyProtocolIT {
  private static final String REQUEST = "GET / HTTP/1.1\r\nHost: x\r\n\r\n";

  private static TestProxy proxy(RawBackend backend, String... trusted) {
    return proxy(60_000, backend, trusted);
  }

  private static TestProxy proxy(int headMillis, RawBackend backend, String... trusted) {
    return new TestProxy(
        TestProxy.with(
            DataPlaneSettings.DEFAULT
                .connections()
                .withTimeouts(headMillis, 60_000, 60_000)
                .withProxyHeaders(TrustedSenders.NONE.with(0, List.of(trusted)))),
        1,
        false,
        new TestTable().route("/", TestTable.cluster(backend.address())));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "PROXY TCP4 203.0.113.7 5.6.7.8 1 2\r\n",
        "\r\n\r\n\u0000\r\nQUIT\n!\u0011\u0000\u0013\u00cb\u0000q\u0007\u0005\u0006\u0007"
            + "\u0008\u0000\u0001\u0000\u0002\u0002\u0000\u0004test",
      })
  void theHeaderSaysWhomTheConnectionIsFrom(String header) throws Exception {
    try (RawBackend backend = RawBackend.echo();
        TestProxy proxy = proxy(backend, "127.0.0.0/8");
        RawClient client = proxy.client()) {
      RawClient.Response response = client.send(header + REQUEST).receive();

      assertThat(response.status()).isEqualTo(200);
      assertThat(response.body()).contains("x-forwarded-for: 203.0.113.7\r\n");
      assertThat(client.get("/").body()).contains("x-forwarded-for: 203.0.113.7\r\n");
    }
  }

  @Test
  void aSenderThatSpeaksForItselfKeepsItsAddress() throws Exception {
    try (RawBackend backend = RawBackend.echo();
        TestProxy proxy = proxy(backend, "127.0.0.1");
        RawClient client = proxy.client()) {
      String local =
          new String(
              HexFormat.of().parseHex("0d0a0d0a000d0a515549540a20000000"),
              StandardCharsets.ISO_8859_1);

      assertThat(client.send(local + REQUEST).receive().body())
          .contains("x-forwarded-for: 127.0.0.1\r\n");
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        REQUEST,
        "PROXY TCP4 203.0.113.7 5.6.7.8 1 x\r\n" + REQUEST,
        "PROXY TCP4 203.0.113.7 5.6.7.8 1 2\n" + REQUEST,
        "PROX"
      })
  void aConnectionWithoutAGoodHeaderIsClosed(String bytes) throws Exception {
    try (RawBackend backend = RawBackend.echo();
        TestProxy proxy = proxy(2_000, backend, "127.0.0.1");
        RawClient client = proxy.client()) {
      client.send(bytes);

      assertThat(ended(client)).isTrue();
      assertThat(backend.accepted()).isZero();
      assertThat(proxy.metrics()).contains("nantian_proxy_header_refusals_total 1.0");
    }
  }

  @Test
  void aSenderThatIsNotTrustedIsClosed() throws Exception {
    try (RawBackend backend = RawBackend.echo();
        TestProxy proxy = proxy(backend, "10.0.0.0/8", "2001:db8::/32");
        RawClient client = proxy.client()) {
      assertThat(ended(client)).isTrue();
    }
  }

  @Test
  void aPortThatDoesNotAskForAHeaderTakesNone() throws Exception {
    try (RawBackend backend = RawBackend.echo();
        TestProxy proxy =
            TestProxy.start(new TestTable().route("/", TestTable.cluster(backend.address())));
        RawClient client = proxy.client()) {
      client.send("PROXY TCP4 203.0.113.7 5.6.7.8 1 2\r\n" + REQUEST);

      assertThat(client.receive().status()).isEqualTo(400);
    }
  }

  private static boolean ended(RawClient client) throws IOException {
    try {
      return client.isEnded();
    } catch (java.net.SocketException e) {
      return true; // reset, for what it sent was not read
    }
  }
}
