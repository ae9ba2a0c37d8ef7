package dev.nantian.gateway.proxy;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.typesafe.config.ConfigFactory;
import dev.nantian.gateway.proxy.config.Cluster;
import dev.nantian.gateway.proxy.config.L4Socket;
import dev.nantian.gateway.proxy.config.L4Socket.Protocol;
import dev.nantian.gateway.proxy.config.ListenerSocket;
import dev.nantian.gateway.proxy.config.RuntimeConfig;
import dev.nantian.gateway.proxy.loop.LoopDispatchers;
import dev.nantian.gateway.proxy.loop.TransportChoice;
import dev.nantian.gateway.proxy.route.L4Target;
import dev.nantian.gateway.proxy.takeover.InheritedSockets;
import dev.nantian.gateway.proxy.takeover.LentSocket;
import dev.nantian.gateway.proxy.takeover.Predecessor;
import dev.nantian.gateway.proxy.takeover.Successor;
import dev.nantian.gateway.proxy.takeover.TakeoverException;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.netty.channel.epoll.Epoll;
import java.io.IOException;
import java.net.DatagramPacket;
import java.net.DatagramSocket;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import org.apache.pekko.actor.typed.ActorSystem;
import org.apache.pekko.actor.typed.javadsl.Behaviors;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Data planes that follow each other on the same sockets, over a real Unix domain socket. */
final class TakeoverIT {
  private static final InetAddress LOOPBACK = InetAddress.getLoopbackAddress();

  private final Path folder;

  TakeoverIT(@TempDir Path scratch) {
    this.folder = scratch.resolve("takeover");
  }

  @BeforeEach
  void needsEpoll() {
    org.junit.jupiter.api.Assumptions.assumeTrue(Epoll.isAvailable(), "the machine has no epoll");
  }

  @Test
  void noConnectionIsLostToFewerAndToMoreLoops() throws Exception {
    try (RawBackend backend = RawBackend.echo()) {
      RuntimeConfig config = http(backend);
      Plane first = new Plane(2, null, config);
      int port = first.port();
      try (var load = new Connections(port)) {
        TestProxy.eventually("under load", () -> load.served.get() > 200);

        Plane second = first.followedBy(1, config);
        int atSecond = load.served.get();
        TestProxy.eventually("served by the second", () -> load.served.get() > atSecond + 500);
        Plane third = second.followedBy(3, config);
        int atThird = load.served.get();
        TestProxy.eventually("served by the third", () -> load.served.get() > atThird + 500);

        assertThat(load.stop()).isEmpty();
        assertThat(third.port()).isEqualTo(port);
        third.close();
      }
    }
  }

  @Test
  void anIdleConnectionIsServedOnceMore() throws Exception {
    try (RawBackend backend = RawBackend.echo()) {
      RuntimeConfig config = http(backend);
      Plane first = new Plane(1, null, config);
      try (RawClient idle = first.client();
          RawClient silent = first.client()) {
        assertThat(idle.get("/before").field("connection")).isNull();

        Plane second = first.followedBy(1, config);

        assertThat(idle.get("/after").field("connection")).isEqualTo("close");
        assertThat(silent.get("/first").field("connection")).isEqualTo("close");
        assertThat(TestProxy.await(first.ended)).isZero();
        second.close();
      }
    }
  }

  @Test
  void aProcessThatEndsBeforeItIsReadyChangesNothing() throws Exception {
    try (RawBackend backend = RawBackend.echo()) {
      RuntimeConfig config = http(backend);
      Plane first = new Plane(2, null, config);
      try (RawClient client = first.client()) {
        Successor failing = Successor.greet(folder).orElseThrow();
        Plane other = new Plane(2, failing.sockets(), config);

        failing.close();
        other.close();

        TestProxy.eventually("given up", () -> first.thawed.get() == 1);
        assertThat(client.get("/kept").status()).isEqualTo(200);
        for (int i = 0; i < 20; i++) {
          try (RawClient fresh = first.client()) {
            assertThat(fresh.get("/new").status()).isEqualTo(200);
          }
        }
        Plane second = first.followedBy(2, config);
        second.close();
      }
    }
  }

  @Test
  void datagramsGoToTheNewProcessAndLateAnswersStillArrive() throws Exception {
    try (DatagramSocket backend = new DatagramSocket(0, LOOPBACK);
        DatagramSocket client = new DatagramSocket(0, LOOPBACK)) {
      backend.setSoTimeout(60_000);
      client.setSoTimeout(60_000);
      RuntimeConfig config = layer4(Protocol.UDP, backend.getLocalPort());
      Plane first = new Plane(2, null, config);
      InetSocketAddress proxy = new InetSocketAddress(LOOPBACK, first.port());
      send(client, "before", proxy);
      DatagramPacket before = receive(backend);

      Plane second = first.followedBy(1, config);
      send(backend, "late answer", (InetSocketAddress) before.getSocketAddress());
      DatagramPacket late = receive(client);
      // A read that the old process has begun may still take one batch.
      DatagramPacket after = before;
      for (int i = 0; i < 10 && after.getSocketAddress().equals(before.getSocketAddress()); i++) {
        send(client, "after", proxy);
        after = receive(backend);
      }
      send(backend, "answer", (InetSocketAddress) after.getSocketAddress());
      DatagramPacket answer = receive(client);

      assertThat(text(late)).isEqualTo("late answer");
      assertThat(late.getSocketAddress()).isEqualTo(proxy);
      assertThat(text(after)).isEqualTo("after");
      assertThat(after.getSocketAddress()).isNotEqualTo(before.getSocketAddress());
      assertThat(text(answer)).isEqualTo("answer");
      second.close();
    }
  }

  @Test
  void aRelayedConnectionGoesOnInTheOldProcess() throws Exception {
    try (RawBackend backend = RawBackend.echo()) {
      RuntimeConfig config = layer4(Protocol.TCP, backend.address().getPort());
      Plane first = new Plane(2, null, config);
      try (RawClient relayed = first.client()) {
        assertThat(relayed.get("/before").status()).isEqualTo(200);

        Plane second = first.followedBy(2, config);

        assertThat(relayed.get("/after").status()).isEqualTo(200);
        try (RawClient fresh = second.client()) {
          assertThat(fresh.get("/new").status()).isEqualTo(200);
        }
        assertThat(first.ended).isNotDone();
        relayed.socket().close();
        assertThat(TestProxy.await(first.ended)).isZero();
        second.close();
      }
    }
  }

  @Test
  void aFolderThatOthersMayEnterIsRefused() throws IOException {
    Files.createDirectories(folder);
    Files.setPosixFilePermissions(folder, PosixFilePermissions.fromString("rwxr-xr-x"));

    assertThatThrownBy(() -> Predecessor.listen(folder, new Nothing()))
        .isInstanceOf(TakeoverException.class)
        .hasMessageStartingWith(folder + ": rwxr-xr-x (expected a folder with mode 0700");
  }

  @Test
  void aSecondProcessDoesNotTakeTheSocketItself() throws Exception {
    try (Predecessor one = Predecessor.listen(folder, new Nothing())) {
      assertThat(one).isNotNull();

      assertThatThrownBy(() -> Predecessor.listen(folder, new Nothing()))
          .hasMessageContaining("another process waits there");
    }
    assertThat(Successor.greet(folder)).isEmpty();
  }

  @Test
  void thePlaceIsPrivate() throws Exception {
    try (Predecessor one = Predecessor.listen(folder, new Nothing())) {
      assertThat(one).isNotNull();
      assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(folder)))
          .isEqualTo("rwx------");
      assertThat(
              PosixFilePermissions.toString(
                  Files.getPosixFilePermissions(folder.resolve("socket"))))
          .isEqualTo("rw-------");
    }
  }

  private static RuntimeConfig http(RawBackend backend) {
    return new RuntimeConfig(
        1,
        List.of(
            new ListenerSocket(
                TestProxy.ANY_PORT,
                false,
                new TestTable().route("/", TestTable.cluster(backend.address())))));
  }

  private static RuntimeConfig layer4(Protocol protocol, int port) {
    Cluster cluster = TestTable.cluster(new InetSocketAddress(LOOPBACK, port));
    return new RuntimeConfig(
        1,
        List.of(),
        List.of(
            new L4Socket(
                TestProxy.ANY_PORT,
                protocol,
                "test/gateway/l4",
                new L4Target("TCPRoute/test/route", TestTable.to(cluster)))));
  }

  private static void send(DatagramSocket from, String text, InetSocketAddress to)
      throws IOException {
    byte[] bytes = text.getBytes(US_ASCII);
    from.send(new DatagramPacket(bytes, bytes.length, to));
  }

  private static DatagramPacket receive(DatagramSocket at) throws IOException {
    DatagramPacket packet = new DatagramPacket(new byte[100], 100);
    at.receive(packet);
    return packet;
  }

  private static String text(DatagramPacket packet) {
    return new String(packet.getData(), 0, packet.getLength(), US_ASCII);
  }

  /** Serves nothing. */
  private static final class Nothing implements Predecessor.Serving {
    @Override
    public CompletionStage<List<LentSocket>> freeze() {
      return CompletableFuture.completedFuture(List.of());
    }

    @Override
    public void thaw() {}

    @Override
    public CompletionStage<Void> release() {
      return CompletableFuture.completedFuture(null);
    }

    @Override
    public void leave() {}
  }

  /** A data plane as one of the processes that follow each other. */
  private final class Plane implements Predecessor.Serving {
    private final ActorSystem<Void> system;
    private final DataPlane plane;
    private final AtomicInteger thawed = new AtomicInteger();
    private final CompletableFuture<Integer> ended = new CompletableFuture<>();
    private @Nullable Predecessor waiting;

    Plane(int loops, @Nullable InheritedSockets inherited, RuntimeConfig config)
        throws TakeoverException {
      system =
          ActorSystem.create(
              Behaviors.empty(),
              "test",
              LoopDispatchers.config(loops)
                  .withFallback(ConfigFactory.parseString("pekko.log-dead-letters = off"))
                  .withFallback(ConfigFactory.load()));
      plane =
          DataPlane.start(
              system,
              DataPlaneSettings.DEFAULT.withTransport(TransportChoice.EPOLL),
              new SimpleMeterRegistry(),
              inherited);
      assertThat(TestProxy.await(plane.apply(config))).isEmpty();
      if (inherited == null) {
        waiting = Predecessor.listen(folder, this);
      }
    }

    Plane followedBy(int loops, RuntimeConfig config) throws TakeoverException {
      try (Successor successor = Successor.greet(folder).orElseThrow()) {
        Plane next = new Plane(loops, successor.sockets(), config);
        successor.ready();
        TestProxy.await(next.plane.accept());
        successor.awaitRelease();
        next.waiting = Predecessor.listen(folder, next);
        return next;
      }
    }

    int port() {
      String bound = plane.listenerViews().getFirst().bound();
      return Integer.parseInt(bound.substring(bound.lastIndexOf(':') + 1));
    }

    RawClient client() throws IOException {
      Socket socket = new Socket(LOOPBACK, port());
      socket.setSoTimeout(60_000);
      return new RawClient(socket);
    }

    @Override
    public CompletionStage<List<LentSocket>> freeze() {
      return CompletableFuture.completedFuture(plane.lend());
    }

    @Override
    public void thaw() {
      thawed.incrementAndGet();
    }

    @Override
    public CompletionStage<Void> release() {
      return plane.handedOver();
    }

    @Override
    public void leave() {
      stop(Duration.ofSeconds(60));
    }

    private void stop(Duration drain) {
      var unused =
          plane
              .drainAndStop(drain)
              .whenComplete(
                  (cut, error) -> {
                    system.terminate();
                    if (waiting != null) {
                      waiting.close();
                    }
                    if (error == null) {
                      ended.complete(cut);
                    } else {
                      ended.completeExceptionally(error);
                    }
                  });
    }

    void close() {
      stop(Duration.ZERO);
      TestProxy.await(ended);
    }
  }

  /** Clients that open a connection for every other request. */
  private static final class Connections implements AutoCloseable {
    private final AtomicInteger served = new AtomicInteger();
    private final AtomicBoolean on = new AtomicBoolean(true);
    private final ConcurrentLinkedQueue<String> failures = new ConcurrentLinkedQueue<>();
    private final List<Thread> clients = new ArrayList<>();

    Connections(int port) {
      for (int i = 0; i < 4; i++) {
        clients.add(Thread.startVirtualThread(() -> run(port)));
      }
    }

    private void run(int port) {
      while (on.get()) {
        try (Socket socket = new Socket(LOOPBACK, port);
            RawClient client = new RawClient(socket)) {
          socket.setSoTimeout(60_000);
          RawClient.Response first = client.get("/1");
          boolean last = "close".equals(first.field("connection"));
          if (first.status() != 200 || (!last && client.get("/2").status() != 200)) {
            failures.add("not 200");
          }
          served.incrementAndGet();
        } catch (IOException e) {
          failures.add(e.toString());
        }
      }
    }

    List<String> stop() throws InterruptedException {
      on.set(false);
      for (Thread client : clients) {
        client.join();
      }
      return List.copyOf(failures);
    }

    @Override
    public void close() {
      on.set(false);
    }
  }
}
