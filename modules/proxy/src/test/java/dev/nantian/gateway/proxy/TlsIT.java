package dev.nantian.gateway.proxy;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.nantian.gateway.proxy.config.ListenerSocket;
import dev.nantian.gateway.proxy.config.RuntimeConfig;
import dev.nantian.gateway.proxy.http.RequestHead;
import dev.nantian.gateway.proxy.route.ListenerEntry;
import dev.nantian.gateway.proxy.route.ListenerTable;
import dev.nantian.gateway.proxy.route.RouteTarget;
import dev.nantian.gateway.proxy.tls.TestKeys;
import java.io.IOException;
import java.util.List;
import javax.net.ssl.SSLException;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/** HTTPS: the certificate by server name, and its replacement while connections are open. */
@OnEveryTransport
class TlsIT {
  @Test
  void servesTheCertificateOfTheServerName() throws Exception {
    try (RawBackend backend = RawBackend.echo();
        TestProxy proxy =
            proxy(
                table(backend)
                    .certificate("one.example", TlsClient.context(TestKeys.ec("one.example")))
                    .certificate("two.example", TlsClient.context(TestKeys.ec("two.example"))));
        RawClient one = TlsClient.connect(proxy, "one.example");
        RawClient two = TlsClient.connect(proxy, "TWO.example")) {
      assertThat(TlsClient.names(one)).contains("one.example");
      assertThat(TlsClient.names(two)).contains("two.example");
      assertThat(one.get("/a").body()).contains("x-forwarded-proto: https\r\n");
      assertThat(one.get("/b").status()).isEqualTo(200);
    }
  }

  @Test
  void refusesAnUnknownServerName() throws Exception {
    try (RawBackend backend = RawBackend.echo();
        TestProxy proxy =
            proxy(
                table(backend)
                    .certificate("one.example", TlsClient.context(TestKeys.ec("one.example"))))) {
      assertThatThrownBy(() -> TlsClient.connect(proxy, "three.example").close())
          .isInstanceOf(SSLException.class)
          .hasMessageContaining("unrecognized_name");
    }
  }

  @Test
  void aHandshakeUnderWayIsCountedAndEndsWithItsSocket() throws Exception {
    try (RawBackend backend = RawBackend.echo();
        TestProxy proxy =
            proxy(
                table(backend)
                    .certificate("one.example", TlsClient.context(TestKeys.ec("one.example"))));
        java.net.Socket silent = proxy.connect()) {
      TestProxy.eventually(
          "counted", () -> proxy.plane().listenerViews().getFirst().connections() == 1);

      TestProxy.await(proxy.plane().apply(RuntimeConfig.EMPTY));

      assertThat(silent.getInputStream().read()).isNegative();
    }
  }

  @Test
  void aConnectionWithoutTlsDoesNotReachASocketThatBecameHttps() throws Exception {
    try (RawBackend backend = RawBackend.echo();
        TestProxy proxy = TestProxy.start(table(backend));
        RawClient before = proxy.client()) {
      assertThat(before.get("/").status()).isEqualTo(200);

      TestProxy.await(
          proxy
              .plane()
              .apply(
                  new RuntimeConfig(
                      9, List.of(new ListenerSocket(TestProxy.ANY_PORT, true, table(backend))))));

      assertThat(before.isEnded()).isTrue();
    }
  }

  @Test
  void aNewCertificateServesNewHandshakesOnly() throws Exception {
    try (RawBackend backend = RawBackend.echo();
        TestProxy proxy =
            proxy(
                table(backend)
                    .certificate("one.example", TlsClient.context(TestKeys.ec("one.example"))));
        RawClient before = TlsClient.connect(proxy, "one.example")) {
      String serial = TlsClient.serial(before);

      proxy.apply(
          table(backend).certificate("one.example", TlsClient.context(TestKeys.ec("one.example"))));

      assertThat(before.get("/").status()).isEqualTo(200);
      try (RawClient after = TlsClient.connect(proxy, "one.example")) {
        assertThat(after.get("/").status()).isEqualTo(200);
        assertThat(TlsClient.serial(after)).isNotEqualTo(serial);
      }
    }
  }

  @Test
  void anErrorOfOursDuringTheHandshakeIsCountedAndEndsTheConnection() throws Exception {
    ListenerTable broken =
        new ListenerTable() {
          @Override
          public @Nullable ListenerEntry listener(byte[] host, int offset, int length) {
            throw new IllegalStateException("thrown by the test");
          }

          @Override
          public @Nullable RouteTarget match(ListenerEntry listener, RequestHead head) {
            return null;
          }
        };
    try (TestProxy proxy = new TestProxy(DataPlaneSettings.DEFAULT, 1, true, broken)) {
      assertThatThrownBy(() -> TlsClient.connect(proxy, "one.example").close())
          .isInstanceOf(IOException.class);

      assertThat(proxy.metrics()).contains("nantian_http_connection_failures_total 1.0");
    }
  }

  private static TestTable table(RawBackend backend) {
    return new TestTable().route("/", TestTable.cluster(backend.address()));
  }

  private static TestProxy proxy(TestTable table) {
    return new TestProxy(DataPlaneSettings.DEFAULT, 1, true, table);
  }
}
