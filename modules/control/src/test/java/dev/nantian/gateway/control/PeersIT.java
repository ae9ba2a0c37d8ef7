package dev.nantian.gateway.control;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;

import dev.nantian.gateway.control.address.AddressActor;
import dev.nantian.gateway.control.address.AddressBook;
import dev.nantian.gateway.control.address.AddressPlan;
import dev.nantian.gateway.control.address.AddressPool;
import dev.nantian.gateway.control.fixture.Acknowledger;
import dev.nantian.gateway.control.fixture.HandSource;
import dev.nantian.gateway.control.fixture.TestNode;
import dev.nantian.gateway.control.source.Kind;
import dev.nantian.gateway.control.source.ResourceKey;
import dev.nantian.gateway.control.source.ResourceSource;
import dev.nantian.gateway.control.status.StatusSink;
import dev.nantian.gateway.control.xds.NodeView;
import dev.nantian.gateway.protocol.ResourceType;
import dev.nantian.gateway.protocol.config.v1.RejectedResource;
import io.fabric8.kubernetes.api.model.Condition;
import io.fabric8.kubernetes.api.model.gatewayapi.v1.GatewayStatus;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Consumer;
import org.apache.pekko.actor.testkit.typed.javadsl.ActorTestKit;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Two replicas serve proxies; the one that leads knows what all of them have confirmed. */
class PeersIT {
  private static final ActorTestKit KIT = ActorTestKit.create();
  private static final ResourceKey GATEWAY = new ResourceKey(Kind.GATEWAY, "shop", "web");
  private static final String OBJECTS =
      """
      apiVersion: gateway.networking.k8s.io/v1
      kind: GatewayClass
      metadata: {name: nantian}
      spec: {controllerName: gateway.nantian.dev/controller}
      ---
      apiVersion: gateway.networking.k8s.io/v1
      kind: Gateway
      metadata: {name: web, namespace: shop}
      spec:
        gatewayClassName: nantian
        listeners:
        - {name: http, port: 8080, protocol: HTTP}
      """;

  private final Replica leader = new Replica();
  private final Replica follower = new Replica();

  @BeforeEach
  void start() throws Exception {
    leader.start();
    follower.start();
    follower.follow(leader.address());
  }

  @AfterEach
  void stop() throws Exception {
    follower.stop();
    leader.stop();
  }

  @AfterAll
  static void stopSystem() {
    KIT.shutdownTestKit();
  }

  @Test
  void aGatewayIsProgrammedWhenTheProxiesOfAllReplicasHaveConfirmedIt() throws Exception {
    try (var _ = new Acknowledger(KIT.system(), leader.address(), "node-a");
        var far = new TestNode(KIT.system(), follower.address(), "node-b")) {
      far.subscribeAll();
      leader.awaitNodes("node-a", "node-b");
      leader.awaitProgrammed("False", "node-b");

      far.ackUntil(node -> node.holds(ResourceType.GATEWAY, "shop/web"));

      leader.awaitProgrammed("True", "");
    }
  }

  @Test
  void whatAProxyOfAnotherReplicaRefusesIsInTheLeadersStatus() throws Exception {
    try (var far = new TestNode(KIT.system(), follower.address(), "node-b")) {
      far.subscribeAll();
      var response = far.next();
      while (!response.getTypeUrl().equals(ResourceType.GATEWAY.typeUrl())) {
        far.ack(response);
        response = far.next();
      }

      far.nack(response, RejectedResource.Reason.INVALID, "port 8080: taken");

      leader.awaitProgrammed("False", "port 8080: taken");
    }
  }

  @Test
  void aNewLeaderIsToldAllThatIsKnown() throws Exception {
    try (var _ = new Acknowledger(KIT.system(), leader.address(), "node-a")) {
      leader.awaitProgrammed("True", "");
      follower.awaitProgrammed("False", "");

      leader.follow(follower.address());

      follower.awaitProgrammed("True", "");
      follower.awaitNodes("node-a");
    }
  }

  @Test
  void theProxiesOfAReplicaThatDiesAreNotWaitedFor() throws Exception {
    try (var _ = new Acknowledger(KIT.system(), leader.address(), "node-a");
        var far = new TestNode(KIT.system(), follower.address(), "node-b")) {
      far.subscribeAll();
      leader.awaitNodes("node-a", "node-b");

      follower.stop();

      leader.awaitNodes("node-a");
      leader.awaitProgrammed("True", "");
    }
  }

  @Test
  void aProxyThatHasMovedToAnotherReplicaCountsOnce() throws Exception {
    try (var before = new TestNode(KIT.system(), follower.address(), "node-a")) {
      before.openedMillis(1_000);
      before.subscribeAll();
      leader.awaitNodes("node-a");

      try (var after = new TestNode(KIT.system(), leader.address(), "node-a")) {
        after.openedMillis(2_000);
        after.subscribeAll();
        after.ackUntil(node -> node.holds(ResourceType.GATEWAY, "shop/web"));

        leader.awaitProgrammed("True", "");
        leader.awaitNodes("node-a");
      }
    }
  }

  /** A control plane that is told by hand who leads. */
  private static final class Replica implements ControlPlaneBacking {
    private final HandSource source = new HandSource();
    private @Nullable ControlPlane plane;
    private @Nullable Consumer<Optional<InetSocketAddress>> follow;

    void start() throws Exception {
      plane =
          await(
              ControlPlane.start(
                  KIT.system(), ControlPlaneSettings.defaults(), this, new SimpleMeterRegistry()));
      source.apply(OBJECTS);
      source.synced();
      await(plane.whenReady());
    }

    void stop() throws Exception {
      ControlPlane running = plane;
      plane = null;
      if (running != null) {
        await(running.stop());
      }
    }

    void follow(InetSocketAddress address) {
      requireNonNull(follow).accept(Optional.of(address));
    }

    InetSocketAddress address() {
      return requireNonNull(plane).xdsAddress();
    }

    void awaitNodes(String... ids) throws Exception {
      awaitThat(
          () ->
              await(requireNonNull(plane).view().nodes()).stream()
                  .map(NodeView::id)
                  .sorted()
                  .toList()
                  .equals(List.of(ids)));
    }

    void awaitProgrammed(String status, String inMessage) throws Exception {
      awaitThat(
          () ->
              await(requireNonNull(plane).view().status(GATEWAY))
                  .filter(
                      found ->
                          found.status() instanceof GatewayStatus gateway
                              && programmed(gateway).getStatus().equals(status)
                              && programmed(gateway).getMessage().contains(inMessage))
                  .isPresent());
    }

    private static Condition programmed(GatewayStatus status) {
      return status.getConditions().stream()
          .filter(condition -> condition.getType().equals("Programmed"))
          .findFirst()
          .orElseThrow();
    }

    @Override
    public ResourceSource source() {
      return source;
    }

    @Override
    public AddressBook addressBook() {
      return new AddressPlan(AddressPool.parse(List.of()), List.of("127.0.0.1"));
    }

    @Override
    public StatusSink statusSink() {
      return StatusSink.NONE;
    }

    @Override
    public void connect(
        Consumer<AddressActor.Message> addresses, Consumer<Optional<InetSocketAddress>> leader) {
      follow = leader;
    }

    @Override
    public void settled() {}

    @Override
    public CompletionStage<Void> close() {
      requireNonNull(follow).accept(Optional.empty());
      return CompletableFuture.completedFuture(null);
    }
  }

  private interface Check {
    boolean holds() throws Exception;
  }

  private static void awaitThat(Check check) throws Exception {
    long deadline = System.nanoTime() + Duration.ofSeconds(30).toNanos();
    while (!check.holds()) {
      assertThat(System.nanoTime()).as("deadline").isLessThan(deadline);
      LockSupport.parkNanos(1_000_000);
    }
  }

  private static <T> T await(CompletionStage<T> stage) throws Exception {
    return stage.toCompletableFuture().get(20, TimeUnit.SECONDS);
  }
}
