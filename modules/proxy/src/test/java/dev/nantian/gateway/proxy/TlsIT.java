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
import io.netty.handler.ssl.SslContext;
import io.netty.handler.ssl.SslContextBuilder;
import io.netty.handler.ssl.SslProvider;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.security.cert.X509Certificate;
import java.util.List;
import javax.net.ssl.SNIHostName;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLException;
import javax.net.ssl.SSLParameters;
import javax.net.ssl.SSLSocket;
import javax.net.ssl.TrustManager;
import javax.net.ssl.X509TrustManager;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/** HTTPS: the certificate by server name, and its replacement while connections are open. */
class TlsIT {
  @Test
  void servesTheCertificateOfTheServerName() throws Exception {
    try (RawBackend backend = RawBackend.echo();
        TestProxy proxy =
            proxy(
                table(backend)
                    .certificate("one.example", context(TestKeys.ec("one.example")))
                    .certificate("two.example", context(TestKeys.ec("two.example"))));
        RawClient one = connect(proxy, "one.example");
        RawClient two = connect(proxy, "TWO.example")) {
      assertThat(names(one)).contains("one.example");
      assertThat(names(two)).contains("two.example");
      assertThat(one.get("/a").body()).contains("x-forwarded-proto: https\r\n");
      assertThat(one.get("/b").status()).isEqualTo(200);
    }
  }

  @Test
  void refusesAnUnknownServerName() throws Exception {
    try (RawBackend backend = RawBackend.echo();
        TestProxy proxy =
            proxy(table(backend).certificate("one.example", context(TestKeys.ec("one.example"))))) {
      assertThatThrownBy(() -> connect(proxy, "three.example").close())
          .isInstanceOf(SSLException.class)
          .hasMessageContaining("unrecognized_name");
    }
  }

  @Test
  void aHandshakeUnderWayIsCountedAndEndsWithItsSocket() throws Exception {
    try (RawBackend backend = RawBackend.echo();
        TestProxy proxy =
            proxy(table(backend).certificate("one.example", context(TestKeys.ec("one.example"))));
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
            proxy(table(backend).certificate("one.example", context(TestKeys.ec("one.example"))));
        RawClient before = connect(proxy, "one.example")) {
      String serial = serial(before);

      proxy.apply(table(backend).certificate("one.example", context(TestKeys.ec("one.example"))));

      assertThat(before.get("/").status()).isEqualTo(200);
      try (RawClient after = connect(proxy, "one.example")) {
        assertThat(after.get("/").status()).isEqualTo(200);
        assertThat(serial(after)).isNotEqualTo(serial);
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
      assertThatThrownBy(() -> connect(proxy, "one.example").close())
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

  private static SslContext context(TestKeys keys) throws SSLException {
    return SslContextBuilder.forServer(stream(keys.chain()), stream(keys.key()))
        .sslProvider(SslProvider.OPENSSL)
        .build();
  }

  private static InputStream stream(String pem) {
    return new ByteArrayInputStream(pem.getBytes(StandardCharsets.US_ASCII));
  }

  private static RawClient connect(TestProxy proxy, String serverName) throws Exception {
    SSLContext trusting = SSLContext.getInstance("TLS");
    trusting.init(null, new TrustManager[] {new TrustsAll()}, null);
    SSLSocket socket =
        (SSLSocket)
            trusting
                .getSocketFactory()
                .createSocket(proxy.connect(), "127.0.0.1", proxy.port(), true);
    SSLParameters parameters = socket.getSSLParameters();
    parameters.setServerNames(List.of(new SNIHostName(serverName)));
    socket.setSSLParameters(parameters);
    socket.startHandshake();
    return new RawClient(socket);
  }

  private static X509Certificate certificate(RawClient client) throws IOException {
    return (X509Certificate) ((SSLSocket) client.socket()).getSession().getPeerCertificates()[0];
  }

  private static String names(RawClient client) throws IOException {
    return certificate(client).getSubjectX500Principal().getName();
  }

  private static String serial(RawClient client) throws IOException {
    return certificate(client).getSerialNumber().toString();
  }

  private static final class TrustsAll implements X509TrustManager {
    @Override
    public void checkClientTrusted(X509Certificate[] chain, String type) {}

    @Override
    public void checkServerTrusted(X509Certificate[] chain, String type) {}

    @Override
    public X509Certificate[] getAcceptedIssuers() {
      return new X509Certificate[0];
    }
  }
}
