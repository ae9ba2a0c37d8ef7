package dev.nantian.gateway.e2e;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.typesafe.config.ConfigFactory;
import dev.nantian.gateway.control.ControlPlane;
import dev.nantian.gateway.control.ControlPlaneSettings;
import dev.nantian.gateway.control.source.folder.FolderSource;
import dev.nantian.gateway.control.status.ObjectStatus;
import dev.nantian.gateway.proxy.DataPlaneSettings;
import dev.nantian.gateway.proxy.ProxyNode;
import dev.nantian.gateway.proxy.ProxySettings;
import dev.nantian.gateway.proxy.loop.LoopDispatchers;
import dev.nantian.gateway.proxy.xds.Backoff;
import dev.nantian.gateway.proxy.xds.ControlPlaneAddress;
import dev.nantian.gateway.proxy.xds.NodeIdentity;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.net.InetAddress;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.Collectors;
import org.apache.pekko.actor.typed.ActorSystem;
import org.apache.pekko.actor.typed.javadsl.Behaviors;

/** Both planes in this process, on a folder, with one event loop on the loopback address. */
final class Planes implements AutoCloseable {
  private static final ObjectMapper MAPPER = new ObjectMapper();
  private static final Duration PATIENCE = Duration.ofMinutes(3);

  /** A condition that may take the time of an answer to find out. */
  interface Condition {
    boolean holds() throws Exception;
  }

  private final ActorSystem<Void> system;
  private final ControlPlane control;
  private final ProxyNode proxy;

  private Planes(ActorSystem<Void> system, ControlPlane control, ProxyNode proxy) {
    this.system = system;
    this.control = control;
    this.proxy = proxy;
  }

  /** Starts both and waits until the proxy has a configuration. */
  static Planes start(Path folder) throws Exception {
    ActorSystem<Void> system =
        ActorSystem.create(
            Behaviors.empty(),
            "planes",
            LoopDispatchers.config(1).withFallback(ConfigFactory.load()).resolve());
    ControlPlane control =
        get(
            ControlPlane.start(
                system,
                ControlPlaneSettings.defaults(),
                new FolderSource(folder),
                new SimpleMeterRegistry()));
    ProxyNode proxy =
        ProxyNode.start(
            system,
            new ProxySettings(
                new ControlPlaneAddress("127.0.0.1", control.xdsAddress().getPort()),
                new NodeIdentity("planes", "test", ""),
                Backoff.DEFAULT,
                InetAddress.getLoopbackAddress(),
                Duration.ZERO,
                null,
                DataPlaneSettings.DEFAULT),
            new SimpleMeterRegistry());
    Planes planes = new Planes(system, control, proxy);
    await("ready", proxy::ready);
    return planes;
  }

  /** All statuses. */
  List<ObjectStatus> statuses() throws Exception {
    return get(control.view().statuses());
  }

  /** Waits until every consequence of what the source told is drawn. */
  void settled() throws Exception {
    get(control.settled());
  }

  /**
   * The conditions of a type in a status, wherever they stand in it: {@code STATUS/REASON message},
   * a line for each.
   */
  static String condition(ObjectStatus status, String type) {
    return MAPPER.<JsonNode>valueToTree(status.status()).findValues("conditions").stream()
        .flatMap(JsonNode::valueStream)
        .filter(condition -> condition.path("type").asText().equals(type))
        .map(
            condition ->
                condition.path("status").asText()
                    + "/"
                    + condition.path("reason").asText()
                    + " "
                    + condition.path("message").asText())
        .collect(Collectors.joining("\n"));
  }

  static void await(String what, Condition condition) throws Exception {
    long deadline = System.nanoTime() + PATIENCE.toNanos();
    while (!condition.holds()) {
      if (System.nanoTime() - deadline > 0) {
        throw new AssertionError("not " + what + " within " + PATIENCE);
      }
      LockSupport.parkNanos(1_000_000); // both planes share the processors with the test
    }
  }

  private static <T> T get(CompletionStage<T> stage) throws Exception {
    return stage.toCompletableFuture().get(PATIENCE.toSeconds(), TimeUnit.SECONDS);
  }

  @Override
  public void close() {
    proxy.drainAndStop(Duration.ZERO).toCompletableFuture().orTimeout(3, TimeUnit.MINUTES).join();
    control.stop().toCompletableFuture().orTimeout(3, TimeUnit.MINUTES).join();
    system.terminate();
  }
}
