package dev.nantian.gateway.proxy;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.typesafe.config.ConfigFactory;
import dev.nantian.gateway.proxy.balance.BalancePolicy;
import dev.nantian.gateway.proxy.balance.HashKey;
import dev.nantian.gateway.proxy.config.Cluster;
import dev.nantian.gateway.proxy.config.ClusterPolicy;
import dev.nantian.gateway.proxy.config.L4Socket;
import dev.nantian.gateway.proxy.config.L4Socket.Protocol;
import dev.nantian.gateway.proxy.config.RuntimeConfig;
import dev.nantian.gateway.proxy.l4.L4Settings;
import dev.nantian.gateway.proxy.loop.LoopDispatchers;
import dev.nantian.gateway.proxy.loop.TransportChoice;
import dev.nantian.gateway.proxy.proxyprotocol.TrustedSenders;
import dev.nantian.gateway.proxy.route.L4Target;
import io.micrometer.prometheusmetrics.PrometheusConfig;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import io.netty.channel.epoll.Epoll;
import io.netty.channel.uring.IoUring;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.DatagramPacket;
import java.net.DatagramSocket;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.SocketException;
import java.net.SocketTimeoutException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.stream.Stream;
import org.apache.pekko.actor.typed.ActorSystem;
import org.apache.pekko.actor.typed.javadsl.Behaviors;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Layer 4 on real sockets: what TCP and UDP clients see through the proxy. */
final class RelayIT {
  private static final InetAddress LOOPBACK = InetAddress.getLoopbackAddress();

  private final PrometheusMeterRegistry meters =
      new PrometheusMeterRegistry(PrometheusConfig.DEFAULT);
  private @Nullable ActorSystem<Void> system;
  private @Nullable DataPlane plane;
  private long revision;

  static Stream<TransportChoice> transports() {
    return Stream.of(
            TransportChoice.NIO,
            Epoll.isAvailable() ? TransportChoice.EPOLL : null,
            IoUring.isAvailable() ? TransportChoice.IO_URING : null)
        .filter(java.util.Objects::nonNull);
  }

  @AfterEach
  void stop() {
    if (plane != null && system != null) {
      TestProxy.await(plane.drainAndStop(Duration.ZERO));
      system.terminate();
      TestProxy.await(system.getWhenTerminated());
    }
  }

  @ParameterizedTest
  @MethodSource("transports")
  void passesBytesBothWaysAndTheEndOfEach(TransportChoice transport) throws Exception {
    start(DataPlaneSettings.DEFAULT.withTransport(transport), 2);
    byte[] sent = new byte[3 << 20];
    new Random(1).nextBytes(sent);
    try (ServerSocket server = new ServerSocket(0, 50, LOOPBACK)) {
      // Answers only after the client's FIN, so that a lost half-close would hang.
      var answered = onThread(() -> echoAfterEnd(server));
      int port = serve(Protocol.TCP, cluster(server.getLocalPort()));

      byte[] received;
      try (Socket client = new Socket(LOOPBACK, port)) {
        client.setSoTimeout(60_000);
        OutputStream out = client.getOutputStream();
        out.write(sent);
        client.shutdownOutput();
        received = client.getInputStream().readAllBytes();
      }

      assertThat(received).isEqualTo(sent);
      answered.get();
    }
    TestProxy.eventually("no connection left", () -> connections() == 0);
    assertThat(meters.scrape())
        .contains("nantian_l4_received_bytes_total{route=\"TCPRoute/test/route\"} 3145728.0")
        .contains("nantian_l4_connections_total{route=\"TCPRoute/test/route\"} 1.0");
  }

  @Test
  void letsTheServerSpeakFirst() throws Exception {
    start(DataPlaneSettings.DEFAULT, 1);
    try (ServerSocket server = new ServerSocket(0, 50, LOOPBACK)) {
      var greeted =
          onThread(
              () -> {
                try (Socket socket = server.accept()) {
                  socket.getOutputStream().write("220 ready\r\n".getBytes(US_ASCII));
                }
              });
      int port = serve(Protocol.TCP, cluster(server.getLocalPort()));

      String greeting;
      try (Socket client = new Socket(LOOPBACK, port)) {
        client.setSoTimeout(60_000);
        greeting = new String(client.getInputStream().readAllBytes(), US_ASCII);
      }

      assertThat(greeting).isEqualTo("220 ready\r\n");
      greeted.get();
    }
  }

  @Test
  void aSlowReaderStopsTheWriterInsteadOfFillingMemory() throws Exception {
    start(DataPlaneSettings.DEFAULT, 1);
    try (ServerSocket server = new ServerSocket(0, 50, LOOPBACK)) {
      CompletableFuture<Socket> accepted = new CompletableFuture<>();
      var unused = onThread(() -> accepted.complete(server.accept()));
      int port = serve(Protocol.TCP, cluster(server.getLocalPort()));
      try (Socket client = new Socket(LOOPBACK, port);
          Socket backend = accepted.get()) {
        java.util.concurrent.atomic.AtomicLong written =
            new java.util.concurrent.atomic.AtomicLong();
        var writer =
            onThread(
                () -> {
                  byte[] part = new byte[64 << 10];
                  try {
                    while (written.get() < 256L << 20) {
                      client.getOutputStream().write(part);
                      written.addAndGet(part.length);
                    }
                  } catch (SocketException e) {
                    // closed by the test below
                  }
                });
        long[] last = {-1, 0};
        TestProxy.eventually(
            "the writer stands still",
            () -> {
              long now = written.get();
              last[1] = now == last[0] ? last[1] + 1 : 0;
              last[0] = now;
              return now > 0 && last[1] > 300; // for 300 polls of a millisecond
            });

        assertThat(written.get()).isLessThan(64L << 20);

        assertThat(writer).isNotDone();
        assertThat(backend.getReceiveBufferSize()).isPositive();
      }
    }
  }

  @Test
  void triesAnotherEndpointWhenOneRefuses() throws Exception {
    start(DataPlaneSettings.DEFAULT, 1);
    int dead = Ports.free();
    try (ServerSocket server = new ServerSocket(0, 50, LOOPBACK)) {
      int port = serve(Protocol.TCP, cluster(dead, server.getLocalPort()));
      for (int i = 0; i < 8; i++) {
        var echo = onThread(() -> echoAfterEnd(server));

        try (Socket client = new Socket(LOOPBACK, port)) {
          client.setSoTimeout(60_000);
          client.getOutputStream().write('x');
          client.shutdownOutput();
          assertThat(client.getInputStream().readAllBytes()).containsExactly('x');
        }
        echo.get();
      }
    }
  }

  @Test
  void resetsAClientWhenNoBackendTakesIt() throws Exception {
    start(DataPlaneSettings.DEFAULT, 1);
    int port = serve(Protocol.TCP, cluster(Ports.free()));

    try (Socket client = new Socket(LOOPBACK, port)) {
      client.setSoTimeout(60_000);
      InputStream in = client.getInputStream();
      assertThatThrownBy(in::read).isInstanceOf(SocketException.class);
    }

    assertThat(meters.scrape())
        .contains("nantian_l4_refused_total{route=\"TCPRoute/test/route\"} 1.0");
  }

  @Test
  void aResetOfTheBackendIsAResetForTheClient() throws Exception {
    start(DataPlaneSettings.DEFAULT, 1);
    try (ServerSocket server = new ServerSocket(0, 50, LOOPBACK)) {
      var unused =
          onThread(
              () -> {
                Socket socket = server.accept();
                socket.getInputStream().read();
                socket.setSoLinger(true, 0);
                socket.close();
              });
      int port = serve(Protocol.TCP, cluster(server.getLocalPort()));

      try (Socket client = new Socket(LOOPBACK, port)) {
        client.setSoTimeout(60_000);
        client.getOutputStream().write('x');
        InputStream in = client.getInputStream();
        assertThatThrownBy(in::read).isInstanceOf(SocketException.class);
      }
    }
  }

  @Test
  void anIdleConnectionIsCut() throws Exception {
    start(DataPlaneSettings.DEFAULT.withL4(new L4Settings(1_000, 1, 100, 100, 10)), 1);
    try (ServerSocket server = new ServerSocket(0, 50, LOOPBACK)) {
      var unused = onThread(() -> server.accept());
      int port = serve(Protocol.TCP, cluster(server.getLocalPort()));

      try (Socket client = new Socket(LOOPBACK, port)) {
        client.setSoTimeout(60_000);
        InputStream in = client.getInputStream();
        assertThatThrownBy(in::read).isInstanceOf(SocketException.class);
      }
    }
  }

  @Test
  void drainingLetsAConnectionEndByItself() throws Exception {
    start(DataPlaneSettings.DEFAULT, 1);
    try (ServerSocket server = new ServerSocket(0, 50, LOOPBACK)) {
      var echo = onThread(() -> echoAfterEnd(server));
      int port = serve(Protocol.TCP, cluster(server.getLocalPort()));
      try (Socket client = new Socket(LOOPBACK, port)) {
        client.setSoTimeout(60_000);
        client.getOutputStream().write('x');
        TestProxy.eventually("relayed", () -> connections() == 1);

        DataPlane draining = java.util.Objects.requireNonNull(plane);
        var cut = draining.drainAndStop(Duration.ofSeconds(60));
        client.shutdownOutput();

        assertThat(client.getInputStream().readAllBytes()).containsExactly('x');
        assertThat(TestProxy.await(cut)).isZero();
        plane = null;
        java.util.Objects.requireNonNull(system).terminate();
      }
      echo.get();
    }
  }

  @ParameterizedTest
  @MethodSource("transports")
  void passesDatagramsAndTheirAnswers(TransportChoice transport) throws Exception {
    start(DataPlaneSettings.DEFAULT.withTransport(transport), 2);
    try (DatagramSocket server = udpEcho()) {
      int port = serve(Protocol.UDP, cluster(server.getLocalPort()));
      byte[] large = new byte[60_000];
      new Random(2).nextBytes(large);

      try (DatagramSocket one = udpClient();
          DatagramSocket other = udpClient()) {
        assertThat(exchange(one, port, "one".getBytes(US_ASCII)))
            .isEqualTo("one".getBytes(US_ASCII));
        assertThat(exchange(other, port, large)).isEqualTo(large);
        assertThat(exchange(one, port, "two".getBytes(US_ASCII)))
            .isEqualTo("two".getBytes(US_ASCII));
      }
      assertThat(connections()).isEqualTo(2);
    }
  }

  @Test
  void aSessionFollowsTheEndpointsThatAreThere() throws Exception {
    start(DataPlaneSettings.DEFAULT, 1);
    DatagramSocket first = udpEcho();
    try (DatagramSocket second = udpEcho();
        DatagramSocket client = udpClient()) {
      Cluster cluster = cluster(first.getLocalPort());
      int port = serve(Protocol.UDP, cluster);
      exchange(client, port, new byte[] {1});
      cluster.endpoints(cluster(second.getLocalPort()).endpoints());
      first.close();

      byte[] answer = exchange(client, port, new byte[] {2});

      assertThat(answer).containsExactly(2);
      assertThat(connections()).isEqualTo(1);
    }
  }

  @Test
  void udpSessionsEndWhenIdleAndAreLimited() throws Exception {
    start(DataPlaneSettings.DEFAULT.withL4(new L4Settings(1_000, 1, 60_000, 3_000, 1)), 1);
    try (DatagramSocket server = udpEcho();
        DatagramSocket one = udpClient();
        DatagramSocket other = udpClient()) {
      int port = serve(Protocol.UDP, cluster(server.getLocalPort()));
      exchange(one, port, new byte[] {1});
      other.setSoTimeout(200);

      assertThatThrownBy(() -> exchange(other, port, new byte[] {2}))
          .isInstanceOf(SocketTimeoutException.class);

      TestProxy.eventually("the session ended", () -> connections() == 0);
      other.setSoTimeout(60_000);
      assertThat(exchange(other, port, new byte[] {3})).containsExactly(3);
    }
  }

  private interface Body {
    void run() throws Exception;
  }

  private static CompletableFuture<Void> onThread(Body body) {
    CompletableFuture<Void> done = new CompletableFuture<>();
    Thread.ofPlatform()
        .daemon()
        .start(
            () -> {
              try {
                body.run();
                done.complete(null);
              } catch (Throwable e) {
                done.completeExceptionally(e);
              }
            });
    return done;
  }

  private static DataPlaneSettings askingForHeaders(String trusted, int headMillis) {
    return TestProxy.with(
        DataPlaneSettings.DEFAULT
            .connections()
            .withTimeouts(headMillis, 60_000, 60_000)
            .withProxyHeaders(TrustedSenders.NONE.with(0, List.of(trusted))));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "PROXY TCP4 203.0.113.%d 5.6.7.8 1 2\r\n",
        "\r\n\r\n\u0000\r\nQUIT\n!\u0011\u0000\u000c\u00cb\u0000q%c\u0005\u0006\u0007\u0008"
            + "\u0000\u0001\u0000\u0002",
      })
  void aProxyHeaderSaysWhomAConnectionIsFrom(String header) throws Exception {
    start(askingForHeaders("127.0.0.0/8", 60_000), 1);
    try (RawBackend one = saying("one");
        RawBackend other = saying("two")) {
      Cluster cluster = cluster(one.address().getPort(), other.address().getPort());
      ClusterPolicy standard = ClusterPolicy.DEFAULT;
      cluster.policy(
          new ClusterPolicy(
              BalancePolicy.hashing(BalancePolicy.Algorithm.MAGLEV, new HashKey.SourceIp()),
              standard.outliers(),
              standard.budget(),
              standard.limits(),
              standard.checks(),
              standard.session()));
      int port = serve(Protocol.TCP, cluster);
      List<String> first = new ArrayList<>();
      List<String> second = new ArrayList<>();

      for (int client = 1; client <= 40; client++) {
        first.add(told(port, header.formatted(client)));
        second.add(told(port, header.formatted(client)));
      }

      assertThat(second).as("the same client, the same backend").isEqualTo(first);
      assertThat(first).as("as many clients as addresses in headers").contains("one x", "two x");
    }
  }

  /** Says its name and the first byte that it got. */
  private static RawBackend saying(String name) throws IOException {
    return new RawBackend(
        connection -> connection.send(name + " " + (char) connection.in().read()));
  }

  private static String told(int port, String header) throws IOException {
    try (Socket client = new Socket(LOOPBACK, port)) {
      client.setSoTimeout(60_000);
      client.getOutputStream().write((header + "x").getBytes(ISO_8859_1));
      return new String(client.getInputStream().readAllBytes(), US_ASCII);
    }
  }

  @ParameterizedTest
  @CsvSource({"127.0.0.1, GET / HTTP/1.1", "127.0.0.1, PROX", "10.0.0.0/8, PROXY UNKNOWN"})
  void aConnectionWithoutAGoodProxyHeaderFromATrustedAddressIsClosed(String trusted, String bytes)
      throws Exception {
    start(askingForHeaders(trusted, 2_000), 1);
    try (RawBackend backend = saying("one")) {
      int port = serve(Protocol.TCP, cluster(backend.address().getPort()));
      try (Socket client = new Socket(LOOPBACK, port)) {
        client.setSoTimeout(60_000);
        int read;
        try {
          client.getOutputStream().write((bytes + "\r\n").getBytes(US_ASCII));
          read = client.getInputStream().read();
        } catch (SocketException e) {
          read = -1; // closed with bytes of ours unread
        }
        assertThat(read).isNegative();
      }
      assertThat(backend.accepted()).isZero();
      assertThat(meters.scrape()).contains("nantian_proxy_header_refusals_total 1.0");
    }
  }

  private static void echoAfterEnd(ServerSocket server) throws IOException {
    try (Socket socket = server.accept()) {
      byte[] all = socket.getInputStream().readAllBytes();
      socket.getOutputStream().write(all);
    }
  }

  private static DatagramSocket udpEcho() throws IOException {
    DatagramSocket server = new DatagramSocket(0, LOOPBACK);
    var unused =
        onThread(
            () -> {
              byte[] buffer = new byte[65_536];
              while (!server.isClosed()) {
                DatagramPacket packet = new DatagramPacket(buffer, buffer.length);
                server.receive(packet);
                server.send(packet);
              }
            });
    return server;
  }

  private static DatagramSocket udpClient() throws IOException {
    DatagramSocket client = new DatagramSocket(0, LOOPBACK);
    client.setSoTimeout(60_000);
    return client;
  }

  private static byte[] exchange(DatagramSocket client, int port, byte[] payload)
      throws IOException {
    client.send(new DatagramPacket(payload, payload.length, LOOPBACK, port));
    DatagramPacket answer = new DatagramPacket(new byte[65_536], 65_536);
    client.receive(answer);
    return Arrays.copyOf(answer.getData(), answer.getLength());
  }

  private static Cluster cluster(int... ports) {
    return TestTable.cluster(
        Arrays.stream(ports)
            .mapToObj(port -> new InetSocketAddress(LOOPBACK, port))
            .toArray(InetSocketAddress[]::new));
  }

  private void start(DataPlaneSettings settings, int loops) {
    system =
        ActorSystem.create(
            Behaviors.empty(),
            "relay",
            LoopDispatchers.config(loops)
                .withFallback(ConfigFactory.parseString("pekko.log-dead-letters = off"))
                .withFallback(ConfigFactory.load()));
    plane = DataPlane.start(system, settings, meters);
  }

  private int serve(Protocol protocol, Cluster cluster) {
    DataPlane running = java.util.Objects.requireNonNull(plane);
    L4Target target = new L4Target("TCPRoute/test/route", TestTable.to(cluster));
    var socket = new L4Socket(TestProxy.ANY_PORT, protocol, "test/gateway/l4", target);
    assertThat(
            TestProxy.await(
                running.apply(new RuntimeConfig(++revision, List.of(), List.of(socket)))))
        .isEmpty();
    String bound = running.listenerViews().getFirst().bound();
    return Integer.parseInt(bound.substring(bound.lastIndexOf(':') + 1));
  }

  private int connections() {
    return java.util.Objects.requireNonNull(plane).listenerViews().stream()
        .mapToInt(view -> view.connections())
        .sum();
  }
}
