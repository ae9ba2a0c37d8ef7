package dev.nantian.gateway.proxy;

import com.typesafe.config.ConfigFactory;
import dev.nantian.gateway.proxy.config.ListenerSocket;
import dev.nantian.gateway.proxy.config.RuntimeConfig;
import dev.nantian.gateway.proxy.listener.ConnectionSettings;
import dev.nantian.gateway.proxy.loop.LoopDispatchers;
import dev.nantian.gateway.proxy.loop.TransportChoice;
import dev.nantian.gateway.proxy.route.ListenerTable;
import io.micrometer.prometheusmetrics.PrometheusConfig;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import org.apache.pekko.actor.typed.ActorSystem;
import org.apache.pekko.actor.typed.javadsl.Behaviors;

/** A data plane on a free port of the loopback interface, with its own ActorSystem. */
final class TestProxy implements AutoCloseable {
  static final InetSocketAddress ANY_PORT =
      new InetSocketAddress(InetAddress.getLoopbackAddress(), 0);

  private final ActorSystem<Void> system;
  private final PrometheusMeterRegistry meters =
      new PrometheusMeterRegistry(PrometheusConfig.DEFAULT);
  private final DataPlane plane;
  private final boolean tls;
  private long revision;

  TestProxy(DataPlaneSettings settings, int loops, boolean tls, ListenerTable table) {
    system =
        ActorSystem.create(
            Behaviors.empty(),
            "test",
            LoopDispatchers.config(loops)
                .withFallback(ConfigFactory.parseString("pekko.log-dead-letters = off"))
                .withFallback(ConfigFactory.load()));
    plane = DataPlane.start(system, onTransportOfTest(settings), meters);
    this.tls = tls;
    apply(table);
  }

  /** All defaults but these. */
  static DataPlaneSettings with(ConnectionSettings connections) {
    DataPlaneSettings all = DataPlaneSettings.DEFAULT;
    return all.withConnections(connections);
  }

  private static DataPlaneSettings onTransportOfTest(DataPlaneSettings settings) {
    return settings.transport() == TransportChoice.AUTO
        ? settings.withTransport(OnEveryTransport.Transports.current())
        : settings;
  }

  ActorSystem<?> system() {
    return system;
  }

  /** What the meters show, in the text format. */
  String metrics() {
    return meters.scrape();
  }

  static TestProxy start(ListenerTable table) {
    return new TestProxy(DataPlaneSettings.DEFAULT, 1, false, table);
  }

  DataPlane plane() {
    return plane;
  }

  void apply(ListenerTable table) {
    RuntimeConfig config =
        new RuntimeConfig(++revision, List.of(new ListenerSocket(ANY_PORT, tls, table)));
    if (!await(plane.apply(config)).isEmpty()) {
      throw new IllegalStateException("not bound");
    }
  }

  int port() {
    String bound = plane.listenerViews().getFirst().bound();
    return Integer.parseInt(bound.substring(bound.lastIndexOf(':') + 1));
  }

  Socket connect() throws IOException {
    Socket socket = new Socket(InetAddress.getLoopbackAddress(), port());
    socket.setSoTimeout(60_000);
    return socket;
  }

  RawClient client() throws IOException {
    return new RawClient(connect());
  }

  static <T> T await(java.util.concurrent.CompletionStage<T> stage) {
    try {
      return stage.toCompletableFuture().get(60, TimeUnit.SECONDS);
    } catch (Exception e) {
      throw new AssertionError(e);
    }
  }

  /** Returns when the condition holds; fails after 60 s. */
  static void eventually(String what, BooleanSupplier condition) {
    long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(60);
    while (!condition.getAsBoolean()) {
      if (System.nanoTime() > deadline) {
        throw new AssertionError("not within 60 s: " + what);
      }
      java.util.concurrent.locks.LockSupport.parkNanos(1_000_000);
    }
  }

  @Override
  public void close() {
    await(plane.drainAndStop(Duration.ZERO));
    system.terminate();
    await(system.getWhenTerminated());
  }
}
