package dev.nantian.gateway.control;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;

import dev.nantian.gateway.control.fixture.HandSource;
import dev.nantian.gateway.control.fixture.TestNode;
import dev.nantian.gateway.control.source.Kind;
import dev.nantian.gateway.control.source.ResourceKey;
import dev.nantian.gateway.control.status.ObjectStatus;
import dev.nantian.gateway.protocol.ResourceType;
import dev.nantian.gateway.protocol.config.v1.Gateway;
import dev.nantian.gateway.protocol.config.v1.HttpRoute;
import dev.nantian.gateway.protocol.config.v1.RejectedResource;
import io.envoyproxy.envoy.config.endpoint.v3.ClusterLoadAssignment;
import io.fabric8.kubernetes.api.model.Condition;
import io.fabric8.kubernetes.api.model.gatewayapi.v1.GatewayStatus;
import io.fabric8.kubernetes.api.model.gatewayapi.v1.HTTPRouteStatus;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.TimeUnit;
import java.util.function.Predicate;
import org.apache.pekko.actor.testkit.typed.javadsl.ActorTestKit;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** From source events to a node's stream over a real socket, and back to the statuses. */
class ControlPlaneIT {
  private static final ActorTestKit KIT = ActorTestKit.create();
  private static final String BASE =
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
      ---
      apiVersion: v1
      kind: Service
      metadata: {name: cart, namespace: shop}
      spec:
        ports: [{name: web, port: 80}]
      ---
      apiVersion: v1
      kind: Service
      metadata: {name: unused, namespace: shop}
      spec:
        ports: [{name: web, port: 80}]
      ---
      apiVersion: discovery.k8s.io/v1
      kind: EndpointSlice
      metadata: {name: cart-1, namespace: shop, labels: {kubernetes.io/service-name: cart}}
      addressType: IPv4
      ports: [{name: web, port: 9000}]
      endpoints: [{addresses: [127.0.0.1]}]
      """;
  private static final String ROUTE =
      """
      apiVersion: gateway.networking.k8s.io/v1
      kind: HTTPRoute
      metadata: {name: cart, namespace: shop, generation: %d}
      spec:
        parentRefs: [{name: web}]
        hostnames: [%s]
        rules:
        - backendRefs: [{name: %s, port: 80}]
      """;
  private static final ResourceKey GATEWAY = new ResourceKey(Kind.GATEWAY, "shop", "web");
  private static final ResourceKey ROUTE_KEY = new ResourceKey(Kind.HTTP_ROUTE, "shop", "cart");

  private final HandSource source = new HandSource();
  private ControlPlane plane;

  @BeforeEach
  void start() throws Exception {
    plane =
        await(
            ControlPlane.start(
                KIT.system(), ControlPlaneSettings.defaults(), source, new SimpleMeterRegistry()));
  }

  @AfterEach
  void stop() throws Exception {
    await(plane.stop());
  }

  @AfterAll
  static void stopSystem() {
    KIT.shutdownTestKit();
  }

  @Test
  void aRouteReachesTheNodeWithAllItNeedsBeforeIt() throws Exception {
    try (TestNode node = new TestNode(KIT.system(), plane.xdsAddress(), "node-a")) {
      source.apply(BASE + "---\n" + ROUTE.formatted(1, "shop.example", "cart"));
      source.synced();

      node.subscribeAll();
      node.ackUntil(state -> state.holds(ResourceType.HTTP_ROUTE, "shop/cart"));

      assertThat(node.held(ResourceType.SERVICE)).containsOnlyKeys("shop/cart");
      ClusterLoadAssignment endpoints =
          (ClusterLoadAssignment) node.message(ResourceType.ENDPOINTS, "shop/cart:80");
      assertThat(
              endpoints
                  .getEndpoints(0)
                  .getLbEndpoints(0)
                  .getEndpoint()
                  .getAddress()
                  .getSocketAddress()
                  .getPortValue())
          .isEqualTo(9000);
      Gateway gateway = (Gateway) node.message(ResourceType.GATEWAY, "shop/web");
      assertThat(gateway.getListenersList()).hasSize(1);
      HttpRoute route = (HttpRoute) node.message(ResourceType.HTTP_ROUTE, "shop/cart");
      assertThat(route.getAttachments(0).getHostnamesList()).containsExactly("shop.example");
      assertThat(route.getRules(0).getBackends(0).getService().getService()).isEqualTo("shop/cart");
    }
  }

  @Test
  void programmedFollowsTheAnswersOfTheNodes() throws Exception {
    source.apply(BASE + "---\n" + ROUTE.formatted(1, "shop.example", "cart"));
    source.synced();
    assertThat(condition(awaitStatus(GATEWAY, s -> true), "Programmed").getStatus())
        .isEqualTo("False");
    try (TestNode node = new TestNode(KIT.system(), plane.xdsAddress(), "node-a")) {
      node.subscribeAll();

      node.ackUntil(state -> state.holds(ResourceType.GATEWAY, "shop/web"));
      awaitStatus(GATEWAY, s -> condition(s, "Programmed").getStatus().equals("True"));

      source.apply(
          """
          apiVersion: gateway.networking.k8s.io/v1
          kind: Gateway
          metadata: {name: web, namespace: shop, generation: 2}
          spec:
            gatewayClassName: nantian
            listeners:
            - {name: http, port: 80, protocol: HTTP}
          """);
      var response = node.next();
      while (!response.getTypeUrl().equals(ResourceType.GATEWAY.typeUrl())) {
        node.ack(response);
        response = node.next();
      }
      node.nack(
          response,
          RejectedResource.Reason.ADDRESS_NOT_USABLE,
          "bind 0.0.0.0:80: permission denied");

      GatewayStatus refused =
          awaitStatus(
              GATEWAY, s -> condition(s, "Programmed").getReason().equals("AddressNotUsable"));
      assertThat(condition(refused, "Programmed").getMessage()).contains("permission denied");
      assertThat(refused.getConditions())
          .allSatisfy(condition -> assertThat(condition.getObservedGeneration()).isEqualTo(2));
    }
  }

  @Test
  void aNodeThatComesBackIsSentOnlyWhatDiffers() throws Exception {
    source.apply(BASE + "---\n" + ROUTE.formatted(1, "shop.example", "cart"));
    source.synced();
    TestNode first = new TestNode(KIT.system(), plane.xdsAddress(), "node-a");
    first.subscribeAll();
    first.ackUntil(state -> state.holds(ResourceType.HTTP_ROUTE, "shop/cart"));
    first.close();
    source.apply(ROUTE.formatted(2, "other.example", "cart"));
    await(plane.settled());

    try (TestNode second = new TestNode(KIT.system(), plane.xdsAddress(), "node-a")) {
      second.hold(first);
      second.subscribeAll();

      for (ResourceType type : ResourceType.values()) {
        var response = second.next();
        assertThat(response.getTypeUrl()).isEqualTo(type.typeUrl());
        assertThat(response.getResourcesList()).hasSize(type == ResourceType.HTTP_ROUTE ? 1 : 0);
        second.ack(response);
      }
    }
  }

  @Test
  void aServiceComesBeforeTheRouteThatNeedsItAndLeavesAfterIt() throws Exception {
    source.apply(BASE + "---\n" + ROUTE.formatted(1, "shop.example", "cart"));
    source.synced();
    try (TestNode node = new TestNode(KIT.system(), plane.xdsAddress(), "node-a")) {
      node.subscribeAll();
      node.ackUntil(state -> state.holds(ResourceType.HTTP_ROUTE, "shop/cart"));

      source.apply(ROUTE.formatted(2, "shop.example", "unused"));
      StringBuilder order = new StringBuilder();
      node.ackUntil(
          state -> {
            String target =
                ((HttpRoute) state.message(ResourceType.HTTP_ROUTE, "shop/cart"))
                    .getRules(0)
                    .getBackends(0)
                    .getService()
                    .getService();
            order.append(target).append(state.held(ResourceType.SERVICE).keySet()).append(' ');
            return !state.holds(ResourceType.SERVICE, "shop/cart");
          });

      assertThat(order.toString())
          .contains("shop/cart[shop/cart, shop/unused]")
          .contains("shop/unused[shop/cart, shop/unused]")
          .endsWith("shop/unused[shop/unused] ");
    }
  }

  @Test
  void nothingIsSentBeforeTheSourceHasBeenRead() throws Exception {
    source.apply(BASE);
    try (TestNode node = new TestNode(KIT.system(), plane.xdsAddress(), "node-a")) {
      node.subscribeAll();
      awaitThat(() -> await(plane.view().nodes()).size() == 1 && await(plane.settled()) == null);
      assertThat(await(plane.view().nodes()).getFirst().types()).isEmpty();

      source.apply(ROUTE.formatted(1, "shop.example", "cart"));
      source.synced();

      node.ackUntil(state -> state.holds(ResourceType.HTTP_ROUTE, "shop/cart"));
      assertThat(plane.isReady()).isTrue();
    }
  }

  @Test
  void aRestartedActorDisturbsNobody() throws Exception {
    source.apply(BASE + "---\n" + ROUTE.formatted(1, "shop.example", "cart"));
    source.synced();
    await(plane.whenReady());
    var before = await(plane.view().snapshot());

    for (ResourceKey key :
        List.of(GATEWAY, ROUTE_KEY, new ResourceKey(Kind.SERVICE, "shop", "cart"))) {
      assertThat(await(plane.view().restart(key))).isTrue();
    }
    await(plane.settled());

    assertThat(await(plane.view().snapshot())).isEqualTo(before);
    assertThat(plane.view().actor(ROUTE_KEY).orElseThrow().restarts()).isEqualTo(1);
    source.apply(ROUTE.formatted(2, "shop.example", "unused"));
    await(plane.settled());
    assertThat(await(plane.view().snapshot()).stream().map(ControlPlaneView.ResourceView::name))
        .containsExactly("shop/unused", "shop/unused:80", "shop/web", "shop/cart");
  }

  @Test
  void aDeletedServiceTurnsItsShareInto500AndComingBackHealsIt() throws Exception {
    source.apply(BASE + "---\n" + ROUTE.formatted(1, "shop.example", "cart"));
    source.synced();
    await(plane.whenReady());

    source.delete(new ResourceKey(Kind.SERVICE, "shop", "cart"));
    await(plane.settled());

    HTTPRouteStatus broken =
        (HTTPRouteStatus) requireNonNull(status(ROUTE_KEY).orElseThrow().status());
    assertThat(broken.getParents().getFirst().getConditions())
        .extracting(Condition::getType, Condition::getReason)
        .contains(org.assertj.core.groups.Tuple.tuple("ResolvedRefs", "BackendNotFound"));
    assertThat(await(plane.view().diagnostics()).getFirst().toString())
        .isEqualTo(
            "test.yaml:1: HTTPRoute shop/cart spec.rules[0].backendRefs[0].name: Service shop/cart"
                + " does not exist");
    assertThat(await(plane.view().snapshot()).stream().map(ControlPlaneView.ResourceView::type))
        .containsExactly("GATEWAY", "HTTP_ROUTE");

    source.apply(BASE);
    await(plane.settled());

    assertThat(await(plane.view().diagnostics())).isEmpty();
    assertThat(await(plane.view().snapshot()).stream().map(ControlPlaneView.ResourceView::type))
        .containsExactly("SERVICE", "ENDPOINTS", "GATEWAY", "HTTP_ROUTE");
  }

  @Test
  void theTimeFromEventToLiveCanBeRead() throws Exception {
    source.apply(BASE + "---\n" + ROUTE.formatted(1, "shop.example", "cart"));
    source.synced();
    try (TestNode node = new TestNode(KIT.system(), plane.xdsAddress(), "node-a")) {
      node.subscribeAll();
      node.ackUntil(state -> state.holds(ResourceType.HTTP_ROUTE, "shop/cart"));

      source.apply(ROUTE.formatted(2, "other.example", "cart"));
      node.ackUntil(
          state ->
              state
                  .message(ResourceType.HTTP_ROUTE, "shop/cart")
                  .toString()
                  .contains("other.example"));

      awaitThat(() -> route().liveAt().containsKey("node-a"));
      var route = route();
      Instant live = route.liveAt().get("node-a");
      System.out.printf(
          "edit to live: %d ms (event to snapshot %d ms)%n",
          Duration.between(route.sourceEventAt(), live).toMillis(),
          Duration.between(route.sourceEventAt(), route.snapshotAt()).toMillis());
      assertThat(live).isAfterOrEqualTo(route.snapshotAt());
      assertThat(route.snapshotAt()).isAfterOrEqualTo(route.sourceEventAt());
    }
  }

  private ControlPlaneView.ResourceView route() throws Exception {
    return await(plane.view().snapshot()).stream()
        .filter(resource -> resource.type().equals("HTTP_ROUTE"))
        .findFirst()
        .orElseThrow();
  }

  private Optional<ObjectStatus> status(ResourceKey key) throws Exception {
    return await(plane.view().status(key));
  }

  private GatewayStatus awaitStatus(ResourceKey key, Predicate<GatewayStatus> wanted)
      throws Exception {
    awaitThat(
        () -> {
          Optional<ObjectStatus> status = status(key);
          return status.isPresent()
              && status.get().status() instanceof GatewayStatus gateway
              && wanted.test(gateway);
        });
    return (GatewayStatus) requireNonNull(status(key).orElseThrow().status());
  }

  private static Condition condition(GatewayStatus status, String type) {
    return status.getConditions().stream()
        .filter(condition -> condition.getType().equals(type))
        .findFirst()
        .orElseThrow();
  }

  private interface Check {
    boolean holds() throws Exception;
  }

  private static void awaitThat(Check check) throws Exception {
    long deadline = System.nanoTime() + Duration.ofSeconds(20).toNanos();
    while (!check.holds()) {
      assertThat(System.nanoTime()).as("deadline").isLessThan(deadline);
      Thread.onSpinWait();
    }
  }

  private static <T> T await(CompletionStage<T> stage) throws Exception {
    return stage.toCompletableFuture().get(20, TimeUnit.SECONDS);
  }
}
