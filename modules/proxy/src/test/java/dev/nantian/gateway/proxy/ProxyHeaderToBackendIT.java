package dev.nantian.gateway.proxy;

import static org.assertj.core.api.Assertions.assertThat;

import dev.nantian.gateway.proxy.check.CheckActor;
import dev.nantian.gateway.proxy.check.Prober;
import dev.nantian.gateway.proxy.config.Cluster;
import dev.nantian.gateway.proxy.config.ClusterPolicy;
import dev.nantian.gateway.proxy.config.Endpoint;
import dev.nantian.gateway.proxy.config.L4Socket;
import dev.nantian.gateway.proxy.config.RuntimeConfig;
import dev.nantian.gateway.proxy.filter.FilterBackend;
import dev.nantian.gateway.proxy.filter.MirrorFilter;
import dev.nantian.gateway.proxy.health.CheckPolicy;
import dev.nantian.gateway.proxy.health.ClusterHealth;
import dev.nantian.gateway.proxy.proxyprotocol.ProxyHeader;
import dev.nantian.gateway.proxy.proxyprotocol.ProxyHeaderPolicy;
import dev.nantian.gateway.proxy.proxyprotocol.ProxyHeaderPolicy.Extension;
import dev.nantian.gateway.proxy.proxyprotocol.TrustedSenders;
import dev.nantian.gateway.proxy.retry.CircuitLimits;
import dev.nantian.gateway.proxy.route.CompiledListeners;
import dev.nantian.gateway.proxy.route.L4Routes;
import dev.nantian.gateway.proxy.route.L4Target;
import dev.nantian.gateway.proxy.route.ListenerEntry;
import dev.nantian.gateway.proxy.route.ListenerEntry.Mode;
import dev.nantian.gateway.proxy.route.ListenerRoutes;
import dev.nantian.gateway.proxy.tls.BackendTls;
import dev.nantian.gateway.proxy.tls.BackendTrust;
import dev.nantian.gateway.proxy.tls.TestKeys;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.netty.handler.ssl.SslContext;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.stream.IntStream;
import org.apache.pekko.actor.testkit.typed.javadsl.ActorTestKit;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Backends that are told by a PROXY header whom a connection is for. */
@Timeout(120)
class ProxyHeaderToBackendIT {
  private static final ProxyHeaderPolicy EVERYTHING =
      new ProxyHeaderPolicy(2, Set.of(Extension.values()));

  private static Cluster cluster(
      HeaderRequiringBackend backend, Cluster.Protocol protocol, ProxyHeaderPolicy headers) {
    return cluster(backend, protocol, ClusterPolicy.DEFAULT.with(headers), null);
  }

  private static Cluster cluster(
      HeaderRequiringBackend backend,
      Cluster.Protocol protocol,
      ClusterPolicy policy,
      @Nullable BackendTls tls) {
    Cluster cluster = new Cluster("test/backend:80", protocol, new ClusterHealth(), tls, "");
    cluster.policy(policy);
    cluster.endpoints(List.of(new Endpoint(backend.address())));
    return cluster;
  }

  private static ProxyHeader only(HeaderRequiringBackend backend) {
    assertThat(backend.headers()).hasSize(1);
    return backend.headers().getFirst();
  }

  private static void assertIsOf(ProxyHeader header, Socket client) {
    assertThat(header.source()).isEqualTo(client.getLocalSocketAddress());
    assertThat(header.destination()).isEqualTo(client.getRemoteSocketAddress());
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 2})
  void aConnectionServesOneClientAndEndsWithIt(int version) throws Exception {
    try (RawBackend echo = RawBackend.echo();
        HeaderRequiringBackend backend = new HeaderRequiringBackend(echo.address());
        TestProxy proxy =
            TestProxy.start(
                new TestTable()
                    .route(
                        "/",
                        cluster(
                            backend,
                            Cluster.Protocol.HTTP1,
                            new ProxyHeaderPolicy(version, Set.of()))));
        Socket one = proxy.connect();
        Socket two = proxy.connect()) {
      RawClient first = new RawClient(one);
      RawClient second = new RawClient(two);

      assertThat(first.get("/a").status()).isEqualTo(200);
      assertThat(second.get("/b").status()).isEqualTo(200);
      assertThat(first.get("/c").status()).isEqualTo(200);
      assertThat(second.get("/d").status()).isEqualTo(200);

      assertThat(backend.headers()).hasSize(2).allMatch(header -> header.version() == version);
      assertIsOf(backend.headers().get(0), one);
      assertIsOf(backend.headers().get(1), two);
      one.shutdownOutput();
      TestProxy.eventually("one connection left", () -> backend.open() == 1);
      assertThat(second.get("/e").status()).isEqualTo(200);
    }
  }

  @Test
  void anAddressThatCameByAHeaderIsPassedOn() throws Exception {
    try (RawBackend echo = RawBackend.echo();
        HeaderRequiringBackend backend = new HeaderRequiringBackend(echo.address());
        TestProxy proxy =
            new TestProxy(
                TestProxy.with(
                    DataPlaneSettings.DEFAULT
                        .connections()
                        .withProxyHeaders(TrustedSenders.NONE.with(0, List.of("127.0.0.0/8")))),
                1,
                false,
                new TestTable().route("/", cluster(backend, Cluster.Protocol.HTTP1, EVERYTHING)));
        RawClient client = proxy.client()) {
      client.send("PROXY TCP6 2001:db8::7 2001:db8::8 5 443\r\n");

      assertThat(client.get("/").status()).isEqualTo(200);

      ProxyHeader header = only(backend);
      assertThat(header.source())
          .isEqualTo(new InetSocketAddress(InetAddress.ofLiteral("2001:db8::7"), 5));
      assertThat(header.destination())
          .isEqualTo(new InetSocketAddress(InetAddress.ofLiteral("2001:db8::8"), 443));
      assertThat(HeaderRequiringBackend.text(header, ProxyHeader.ALPN)).isEqualTo("http/1.1");
    }
  }

  @Test
  void http2TakesOneConnectionForEachClient() throws Exception {
    try (RecordingHttp2Backend h2 = new RecordingHttp2Backend();
        HeaderRequiringBackend backend = new HeaderRequiringBackend(h2.address());
        TestProxy proxy =
            TestProxy.start(
                new TestTable().route("/", cluster(backend, Cluster.Protocol.HTTP2, EVERYTHING)));
        RawClient one = proxy.client();
        RawClient two = proxy.client()) {
      assertThat(one.get("/").status()).isEqualTo(200);
      assertThat(two.get("/").status()).isEqualTo(200);
      assertThat(one.get("/").status()).isEqualTo(200);

      assertThat(backend.headers())
          .hasSize(2)
          .allMatch(header -> HeaderRequiringBackend.text(header, ProxyHeader.ALPN).equals("h2"));
    }
  }

  @Test
  void theHeaderGoesBeforeTlsAndNamesTheServerThatTheClientAskedFor() throws Exception {
    TestKeys keys = TestKeys.ec("backend.example");
    BackendTls tls =
        new BackendTls(new BackendTrust("backend.example", keys.chain(), List.of()), null);
    try (TlsBackend inner = new TlsBackend(TlsClient.context(keys));
        HeaderRequiringBackend backend = new HeaderRequiringBackend(inner.address());
        TestProxy proxy =
            new TestProxy(
                DataPlaneSettings.DEFAULT,
                1,
                true,
                new TestTable()
                    .route(
                        "/",
                        cluster(
                            backend,
                            Cluster.Protocol.NEGOTIATED,
                            ClusterPolicy.DEFAULT.with(EVERYTHING),
                            tls))
                    .certificate("shop.example", TlsClient.context(TestKeys.ec("shop.example"))));
        RawClient client = TlsClient.connect(proxy, "shop.example")) {
      assertThat(client.get("/a").body()).startsWith("GET /a HTTP/1.1");

      ProxyHeader header = only(backend);
      assertThat(HeaderRequiringBackend.text(header, ProxyHeader.AUTHORITY))
          .isEqualTo("shop.example");
      assertThat(HeaderRequiringBackend.text(header, ProxyHeader.ALPN)).isEmpty();
      assertThat(inner.serverNames()).containsExactly("backend.example");
    }
  }

  @Test
  void whatOneClientKeepsIdleMakesRoomForAnother() throws Exception {
    CircuitLimits one = new CircuitLimits(1, 10, Integer.MAX_VALUE, Integer.MAX_VALUE);
    ClusterPolicy standard = ClusterPolicy.DEFAULT;
    ClusterPolicy policy =
        new ClusterPolicy(
            standard.balance(),
            standard.outliers(),
            standard.budget(),
            one,
            null,
            null,
            new ProxyHeaderPolicy(1, Set.of()));
    try (RawBackend echo = RawBackend.echo();
        HeaderRequiringBackend backend = new HeaderRequiringBackend(echo.address());
        TestProxy proxy =
            TestProxy.start(
                new TestTable()
                    .route("/", cluster(backend, Cluster.Protocol.HTTP1, policy, null)));
        Socket first = proxy.connect();
        Socket second = proxy.connect()) {
      RawClient[] clients = {new RawClient(first), new RawClient(second)};
      for (int i = 0; i < 6; i++) {
        assertThat(clients[i % 2].get("/" + i).status()).isEqualTo(200);
      }

      assertThat(backend.headers()).hasSize(6);
      for (int i = 0; i < 6; i++) {
        assertIsOf(backend.headers().get(i), i % 2 == 0 ? first : second);
      }
    }
  }

  /** Six clients at two connections: all wait for each other again and again. */
  @Test
  void manyClientsGetThroughFewConnectionsAndNoneIsTakenForAnother() throws Exception {
    CircuitLimits two = new CircuitLimits(2, 100, Integer.MAX_VALUE, Integer.MAX_VALUE);
    ClusterPolicy standard = ClusterPolicy.DEFAULT;
    ClusterPolicy policy =
        new ClusterPolicy(
            standard.balance(), standard.outliers(), standard.budget(), two, null, null);
    try (RawBackend backend = new RawBackend(ProxyHeaderToBackendIT::answerWithHeader)) {
      Cluster cluster = TestTable.cluster(backend.address());
      cluster.policy(policy.with(new ProxyHeaderPolicy(1, Set.of())));
      try (TestProxy proxy = TestProxy.start(new TestTable().route("/", cluster))) {
        List<CompletableFuture<Set<String>>> clients =
            IntStream.range(0, 6).mapToObj(_ -> onThread(() -> toldTo(proxy, 20))).toList();

        for (CompletableFuture<Set<String>> client : clients) {
          assertThat(TestProxy.await(client)).containsExactly("mine");
        }
      }
    }
  }

  private static void answerWithHeader(RawBackend.Connection connection) throws IOException {
    StringBuilder line = new StringBuilder();
    for (int next = connection.in().read(); next != '\n'; next = connection.in().read()) {
      if (next < 0) {
        return;
      }
      line.append((char) next);
    }
    while (true) {
      connection.request();
      connection.send("HTTP/1.1 200 OK\r\nContent-Length: " + line.length() + "\r\n\r\n" + line);
    }
  }

  /** The different answers of a backend that says whom it takes the client for. */
  private static Set<String> toldTo(TestProxy proxy, int requests) throws IOException {
    Set<String> told = new TreeSet<>();
    try (Socket socket = proxy.connect()) {
      String mine =
          "PROXY TCP4 127.0.0.1 127.0.0.1 " + socket.getLocalPort() + " " + socket.getPort() + "\r";
      RawClient client = new RawClient(socket);
      for (int i = 0; i < requests; i++) {
        String body = client.get("/" + i).body();
        told.add(body.equals(mine) ? "mine" : body);
      }
    }
    return told;
  }

  private static <T> CompletableFuture<T> onThread(Callable<T> task) {
    CompletableFuture<T> done = new CompletableFuture<>();
    Thread.ofVirtual()
        .start(
            () -> {
              try {
                done.complete(task.call());
              } catch (Exception e) {
                done.completeExceptionally(e);
              }
            });
    return done;
  }

  @Test
  void aMirrorsCopiesAndChecksAreTheGatewaysOwn() throws Exception {
    ClusterPolicy standard = ClusterPolicy.DEFAULT;
    ClusterPolicy policy =
        new ClusterPolicy(
            standard.balance(),
            standard.outliers(),
            standard.budget(),
            standard.limits(),
            new CheckPolicy(new CheckPolicy.Http("/check", "x", Set.of(200)), 50, 5_000, 1, 1, 0),
            null,
            EVERYTHING);
    ActorTestKit kit = ActorTestKit.create();
    try (RawBackend echo = RawBackend.echo();
        HeaderRequiringBackend mirror = new HeaderRequiringBackend(echo.address());
        HeaderRequiringBackend checked = new HeaderRequiringBackend(echo.address());
        Prober prober = new Prober();
        TestProxy proxy =
            TestProxy.start(
                new TestTable()
                    .filtered(
                        "/",
                        TestTable.cluster(echo.address()),
                        new MirrorFilter(
                            FilterBackend.of(cluster(mirror, Cluster.Protocol.HTTP1, EVERYTHING)),
                            1,
                            1)));
        RawClient client = proxy.client()) {
      Cluster withChecks = cluster(checked, Cluster.Protocol.HTTP1, policy, null);
      SimpleMeterRegistry meters = new SimpleMeterRegistry();
      kit.spawn(CheckActor.create(() -> List.of(withChecks), prober, meters));

      assertThat(client.get("/").status()).isEqualTo(200);

      TestProxy.eventually("a copy", () -> mirror.headers().size() == 1);
      assertThat(only(mirror).source()).isNull();
      TestProxy.eventually(
          "a check that passed",
          () -> {
            var passed = meters.find("nantian.backend.checks").tag("result", "passed").counter();
            return passed != null && passed.count() > 0;
          });
      assertThat(checked.headers()).allMatch(header -> header.source() == null);
    } finally {
      kit.shutdownTestKit();
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 2})
  void aRelayedConnectionBeginsWithTheHeaderBeforeTheClientSaysAnything(int version)
      throws Exception {
    try (RawBackend greeting =
            new RawBackend(
                connection -> {
                  connection.send("220 ready\r\n");
                  connection.send(connection.head());
                });
        HeaderRequiringBackend backend = new HeaderRequiringBackend(greeting.address());
        TestProxy proxy = TestProxy.start(new TestTable())) {
      Cluster cluster =
          cluster(backend, Cluster.Protocol.OPAQUE, new ProxyHeaderPolicy(version, Set.of()));
      L4Target target = new L4Target("TCPRoute/test/route", TestTable.to(cluster));
      L4Socket socket =
          new L4Socket(TestProxy.ANY_PORT, L4Socket.Protocol.TCP, "test/gateway/l4", target);
      RuntimeConfig config = new RuntimeConfig(9, List.of(), List.of(socket));
      assertThat(TestProxy.await(proxy.plane().apply(config))).isEmpty();

      try (Socket client = new Socket(InetAddress.getLoopbackAddress(), port(proxy))) {
        client.setSoTimeout(60_000);
        assertThat(read(client, 11)).isEqualTo("220 ready\r\n");
        client.getOutputStream().write("hello\r\n\r\n".getBytes(StandardCharsets.US_ASCII));
        assertThat(read(client, 5)).isEqualTo("hello");

        assertIsOf(only(backend), client);
      }
    }
  }

  private static int port(TestProxy proxy) {
    String bound = proxy.plane().listenerViews().getFirst().bound();
    return Integer.parseInt(bound.substring(bound.lastIndexOf(':') + 1));
  }

  private static String read(Socket from, int length) throws IOException {
    return new String(from.getInputStream().readNBytes(length), StandardCharsets.US_ASCII);
  }

  @Test
  void relayedTlsPassedThroughAndEnded() throws Exception {
    SslContext inner = TlsClient.context(TestKeys.ec("through.example"));
    SslContext outer = TlsClient.context(TestKeys.ec("ends.example"));
    try (RawBackend echo = RawBackend.echo();
        TlsBackend tls = new TlsBackend(inner);
        HeaderRequiringBackend secure = new HeaderRequiringBackend(tls.address());
        HeaderRequiringBackend plain = new HeaderRequiringBackend(echo.address());
        TestProxy proxy =
            new TestProxy(
                DataPlaneSettings.DEFAULT,
                1,
                true,
                new CompiledListeners(
                    List.of(
                        listener("through.example", Mode.RELAY_ENCRYPTED, null, secure),
                        listener("ends.example", Mode.RELAY_DECRYPTED, outer, plain))));
        RawClient through = TlsClient.connect(proxy, "through.example");
        RawClient ends = TlsClient.connect(proxy, "ends.example")) {
      assertThat(through.get("/a").body()).startsWith("GET /a HTTP/1.1");
      assertThat(ends.get("/b").body()).startsWith("GET /b HTTP/1.1");

      assertThat(HeaderRequiringBackend.text(only(secure), ProxyHeader.AUTHORITY))
          .isEqualTo("through.example");
      assertThat(HeaderRequiringBackend.text(only(plain), ProxyHeader.AUTHORITY))
          .isEqualTo("ends.example");
      assertThat(Objects.requireNonNull(only(plain).source()).getAddress().isLoopbackAddress())
          .isTrue();
    }
  }

  private static CompiledListeners.Listener listener(
      String hostname,
      Mode mode,
      @Nullable SslContext certificate,
      HeaderRequiringBackend backend) {
    Cluster cluster = cluster(backend, Cluster.Protocol.OPAQUE, EVERYTHING);
    return new CompiledListeners.Listener(
        hostname,
        new ListenerEntry("test/gateway", hostname, 443, certificate, mode),
        ListenerRoutes.NONE,
        new L4Routes(Map.of(hostname, new L4Target("TLSRoute/test/route", TestTable.to(cluster)))));
  }
}
