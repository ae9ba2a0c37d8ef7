package dev.nantian.gateway.proxy;

import static org.assertj.core.api.Assertions.assertThat;

import dev.nantian.gateway.proxy.RawClient.Response;
import dev.nantian.gateway.proxy.config.Cluster;
import dev.nantian.gateway.proxy.config.Endpoint;
import dev.nantian.gateway.proxy.health.ClusterHealth;
import dev.nantian.gateway.proxy.tls.BackendTls;
import dev.nantian.gateway.proxy.tls.BackendTrust;
import dev.nantian.gateway.proxy.tls.BackendTrust.Name;
import dev.nantian.gateway.proxy.tls.CertifiedKey;
import dev.nantian.gateway.proxy.tls.TestKeys;
import io.netty.handler.codec.http2.Http2Settings;
import io.netty.handler.ssl.ApplicationProtocolConfig;
import io.netty.handler.ssl.ApplicationProtocolConfig.Protocol;
import io.netty.handler.ssl.ApplicationProtocolConfig.SelectedListenerFailureBehavior;
import io.netty.handler.ssl.ApplicationProtocolConfig.SelectorFailureBehavior;
import io.netty.handler.ssl.ClientAuth;
import io.netty.handler.ssl.SslContext;
import io.netty.handler.ssl.SslContextBuilder;
import io.netty.handler.ssl.SslProvider;
import java.io.ByteArrayInputStream;
import java.io.InputStream;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/** TLS to backends: whom the proxy believes, what it shows, and which HTTP it then speaks. */
class UpstreamTlsIT {
  private static final TestKeys SERVER = TestKeys.ec("backend.example", "*.wild.example");

  private static InputStream stream(String pem) {
    return new ByteArrayInputStream(pem.getBytes(StandardCharsets.US_ASCII));
  }

  private static SslContext server(TestKeys keys, @Nullable TestKeys clients, String... alpn)
      throws Exception {
    SslContextBuilder builder =
        SslContextBuilder.forServer(stream(keys.chain()), stream(keys.key()))
            .sslProvider(SslProvider.OPENSSL)
            .applicationProtocolConfig(
                new ApplicationProtocolConfig(
                    Protocol.ALPN,
                    SelectorFailureBehavior.NO_ADVERTISE,
                    SelectedListenerFailureBehavior.ACCEPT,
                    alpn));
    if (clients != null) {
      builder.trustManager(stream(clients.chain())).clientAuth(ClientAuth.REQUIRE);
    }
    return builder.build();
  }

  private static Http2Backend http2(TestKeys keys) throws Exception {
    return new Http2Backend(
        Http2Settings.defaultSettings(), server(keys, null, "h2"), Http2Backend.echoing());
  }

  private static BackendTrust trust(TestKeys authority, String hostname, Name... names) {
    return new BackendTrust(hostname, authority.chain(), List.of(names));
  }

  private static TestProxy proxy(
      InetSocketAddress backend, Cluster.Protocol protocol, BackendTls tls) {
    Cluster cluster = new Cluster("test/backend:443", protocol, new ClusterHealth(), tls, "");
    cluster.endpoints(List.of(new Endpoint(backend)));
    return TestProxy.start(new TestTable().route("/", cluster));
  }

  private static Response get(Http2Backend backend, BackendTrust trust) throws Exception {
    try (TestProxy proxy =
            proxy(backend.address(), Cluster.Protocol.NEGOTIATED, new BackendTls(trust, null));
        RawClient client = proxy.client()) {
      return client.get("/");
    }
  }

  @Test
  void http2IsSpokenWhereAlpnChoosesIt() throws Exception {
    try (Http2Backend backend = http2(SERVER)) {
      Response response = get(backend, trust(SERVER, "backend.example"));

      assertThat(response.status()).isEqualTo(200);
      assertThat(response.body()).contains(":scheme: https\n");
    }
  }

  @Test
  void http1IsSpokenWhereAlpnChoosesIt() throws Exception {
    try (TlsBackend backend = new TlsBackend(server(SERVER, null, "http/1.1"));
        TestProxy proxy =
            proxy(
                backend.address(),
                Cluster.Protocol.NEGOTIATED,
                new BackendTls(trust(SERVER, "backend.example"), null));
        RawClient client = proxy.client()) {
      assertThat(client.get("/a").body()).startsWith("GET /a HTTP/1.1");
      assertThat(client.get("/b").body()).startsWith("GET /b HTTP/1.1");
      assertThat(backend.serverNames()).containsExactly("backend.example");
    }
  }

  @Test
  void aWildcardCoversOneLabel() throws Exception {
    try (Http2Backend backend = http2(SERVER)) {
      assertThat(get(backend, trust(SERVER, "one.wild.example")).status()).isEqualTo(200);
      assertThat(get(backend, trust(SERVER, "a.one.wild.example")).status()).isEqualTo(502);
    }
  }

  @Test
  void anotherHostnameIsA502ThatSaysNothing() throws Exception {
    try (Http2Backend backend = http2(SERVER)) {
      Response response = get(backend, trust(SERVER, "other.example"));

      assertThat(response.status()).isEqualTo(502);
      assertThat(response.body()).isEqualTo("502 no secure connection to the backend\n");
    }
  }

  @Test
  void anUnknownAuthorityIsA502() throws Exception {
    try (Http2Backend backend = http2(SERVER)) {
      assertThat(get(backend, trust(TestKeys.ec("ca"), "backend.example")).status()).isEqualTo(502);
      assertThat(get(backend, new BackendTrust("backend.example", "", List.of())).status())
          .as("the system's roots")
          .isEqualTo(502);
    }
  }

  @Test
  void subjectAltNamesReplaceTheHostname() throws Exception {
    TestKeys keys = TestKeys.ecWith("dns:real.example,uri:spiffe://cluster/ns/a");
    try (Http2Backend backend = http2(keys)) {
      String sni = "sni.example";
      assertThat(get(backend, trust(keys, sni, new Name.Dns("real.example"))).status())
          .isEqualTo(200);
      assertThat(get(backend, trust(keys, sni, new Name.Dns("*.example"))).status()).isEqualTo(200);
      assertThat(get(backend, trust(keys, sni, new Name.Uri("spiffe://cluster/ns/a"))).status())
          .isEqualTo(200);
      assertThat(get(backend, trust(keys, "real.example", new Name.Uri("spiffe://b"))).status())
          .isEqualTo(502);
    }
  }

  @Test
  void theClientCertificateIsShown() throws Exception {
    TestKeys mine = TestKeys.ec("gateway");
    BackendTrust trust = trust(SERVER, "backend.example");
    try (TlsBackend backend = new TlsBackend(server(SERVER, mine, "http/1.1"))) {
      CertifiedKey key = CertifiedKey.of(mine.chain(), mine.key());
      try (TestProxy with =
              proxy(backend.address(), Cluster.Protocol.HTTP1, new BackendTls(trust, key));
          RawClient client = with.client()) {
        // Its Gateway has no certificate; what the cluster itself was given is not for it.
        assertThat(client.get("/").status()).isEqualTo(502);
      }
      TestTable table = new TestTable().backendKey(key);
      Cluster cluster =
          new Cluster(
              "test/backend:443",
              Cluster.Protocol.HTTP1,
              new ClusterHealth(),
              new BackendTls(trust, null),
              "");
      cluster.endpoints(List.of(new Endpoint(backend.address())));
      try (TestProxy with = TestProxy.start(table.route("/", cluster));
          RawClient client = with.client()) {
        assertThat(client.get("/").status()).isEqualTo(200);
      }
    }
  }

  @Test
  void sessionsAreResumed() throws Exception {
    try (TlsBackend backend = new TlsBackend(server(SERVER, null, "http/1.1"));
        TestProxy proxy =
            proxy(
                backend.address(),
                Cluster.Protocol.HTTP1,
                new BackendTls(trust(SERVER, "backend.example"), null));
        RawClient one = proxy.client();
        RawClient two = proxy.client()) {
      assertThat(one.get("/close").status()).isEqualTo(200);

      assertThat(two.get("/").status()).isEqualTo(200);

      assertThat(backend.connections()).isEqualTo(2);
      assertThat(backend.resumed()).isEqualTo(1);
    }
  }

  @Test
  void aPolicyThatCannotBeObeyedIsA502() throws Exception {
    try (RawBackend backend = RawBackend.echo()) {
      Cluster cluster =
          new Cluster(
              "test/backend:443",
              Cluster.Protocol.HTTP1,
              new ClusterHealth(),
              null,
              "ConfigMap a/b not found");
      cluster.endpoints(List.of(new Endpoint(backend.address())));
      try (TestProxy proxy = TestProxy.start(new TestTable().route("/", cluster));
          RawClient client = proxy.client()) {
        assertThat(client.get("/").status()).isEqualTo(502);
        assertThat(backend.accepted()).isZero();
      }
    }
  }

  @Test
  void aBackendWithoutTlsIsA502() throws Exception {
    try (RawBackend backend =
            new RawBackend(
                connection -> {
                  connection.in().read();
                  connection.send("HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n");
                });
        TestProxy proxy =
            proxy(
                backend.address(),
                Cluster.Protocol.HTTP1,
                new BackendTls(trust(SERVER, "backend.example"), null));
        RawClient client = proxy.client()) {
      assertThat(client.get("/").status()).isEqualTo(502);
      assertThat(proxy.metrics()).contains("nantian_upstream_tls_failures_total{loop=\"0\"} 1");
    }
  }
}
