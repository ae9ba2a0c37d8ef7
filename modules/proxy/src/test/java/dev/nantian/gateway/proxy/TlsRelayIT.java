package dev.nantian.gateway.proxy;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.nantian.gateway.proxy.config.Cluster;
import dev.nantian.gateway.proxy.route.CompiledListeners;
import dev.nantian.gateway.proxy.route.L4Routes;
import dev.nantian.gateway.proxy.route.L4Target;
import dev.nantian.gateway.proxy.route.ListenerEntry;
import dev.nantian.gateway.proxy.route.ListenerEntry.Mode;
import dev.nantian.gateway.proxy.route.ListenerRoutes;
import dev.nantian.gateway.proxy.tls.TestKeys;
import io.netty.handler.ssl.SslContext;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/** TLSRoute: passed through, terminated, and both beside HTTPS on one port. */
final class TlsRelayIT {
  @Test
  void passesTlsThroughTerminatesItAndServesHttpsOnOnePort() throws Exception {
    SslContext inner = TlsClient.context(TestKeys.ec("through.example"));
    SslContext outer = TlsClient.context(TestKeys.ec("ends.example"));
    SslContext https = TlsClient.context(TestKeys.ec("https.example"));
    try (RawBackend backend = RawBackend.echo();
        TestProxy behind =
            new TestProxy(
                DataPlaneSettings.DEFAULT,
                1,
                true,
                new TestTable()
                    .route("/", TestTable.cluster(backend.address()))
                    .certificate("through.example", inner));
        TestProxy proxy =
            new TestProxy(
                DataPlaneSettings.DEFAULT,
                1,
                true,
                new CompiledListeners(
                    List.of(
                        listener("through.example", Mode.RELAY_ENCRYPTED, null, behind.port()),
                        listener(
                            "ends.example",
                            Mode.RELAY_DECRYPTED,
                            outer,
                            backend.address().getPort()),
                        listener("https.example", Mode.HTTP, https, 1))));
        RawClient through = TlsClient.connect(proxy, "through.example");
        RawClient ends = TlsClient.connect(proxy, "ends.example");
        RawClient http = TlsClient.connect(proxy, "https.example")) {
      assertThat(TlsClient.names(through)).contains("through.example");
      assertThat(through.get("/a").body()).contains("x-forwarded-proto: https");
      assertThat(through.get("/b").status()).isEqualTo(200);
      assertThat(TlsClient.names(ends)).contains("ends.example");
      assertThat(ends.get("/c").body()).doesNotContain("x-forwarded");
      assertThat(http.get("/d").status()).isEqualTo(404);
      assertThat(proxy.plane().listenerViews().getFirst().connections()).isEqualTo(3);
    }
  }

  @Test
  void aServerNameWithoutRouteIsClosed() throws Exception {
    ListenerEntry entry = new ListenerEntry("test/gateway", "any", 443, null, Mode.RELAY_ENCRYPTED);
    L4Routes routes = new L4Routes(Map.of("known.example", target(1)));
    try (TestProxy proxy =
        new TestProxy(
            DataPlaneSettings.DEFAULT,
            1,
            true,
            new CompiledListeners(
                List.of(new CompiledListeners.Listener("", entry, ListenerRoutes.NONE, routes))))) {
      assertThatThrownBy(() -> TlsClient.connect(proxy, "unknown.example").close())
          .isInstanceOf(IOException.class)
          .hasMessageNotContaining("unrecognized_name");
    }
  }

  private static CompiledListeners.Listener listener(
      String hostname, Mode mode, @Nullable SslContext certificate, int port) {
    return new CompiledListeners.Listener(
        hostname,
        new ListenerEntry("test/gateway", hostname, 443, certificate, mode),
        ListenerRoutes.NONE,
        new L4Routes(Map.of(hostname, target(port))));
  }

  private static L4Target target(int port) {
    Cluster cluster =
        TestTable.cluster(new InetSocketAddress(InetAddress.getLoopbackAddress(), port));
    return new L4Target("TLSRoute/test/route", TestTable.to(cluster));
  }
}
