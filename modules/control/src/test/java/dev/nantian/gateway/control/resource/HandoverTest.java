package dev.nantian.gateway.control.resource;

import static org.assertj.core.api.Assertions.assertThat;

import dev.nantian.gateway.control.ControlPlane;
import dev.nantian.gateway.control.ControlPlaneSettings;
import dev.nantian.gateway.control.fixture.HandSource;
import dev.nantian.gateway.control.fixture.TestNode;
import dev.nantian.gateway.control.source.Kind;
import dev.nantian.gateway.control.source.ResourceKey;
import dev.nantian.gateway.protocol.ResourceType;
import io.envoyproxy.envoy.service.discovery.v3.DeltaDiscoveryResponse;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.TimeUnit;
import org.apache.pekko.actor.testkit.typed.javadsl.ActorTestKit;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.RepeatedTest;
import org.junit.jupiter.api.Test;

/** A Service that passes from one route to another never leaves the configuration in between. */
class HandoverTest {
  private static final ActorTestKit KIT = ActorTestKit.create();
  private static final ResourceKey SERVICE = new ResourceKey(Kind.SERVICE, "shop", "cart");
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
        listeners: [{name: http, port: 8080, protocol: HTTP}]
      ---
      apiVersion: v1
      kind: Service
      metadata: {name: cart, namespace: shop}
      spec: {ports: [{port: 80}]}
      """;
  private static final String ROUTE =
      """
      apiVersion: gateway.networking.k8s.io/v1
      kind: HTTPRoute
      metadata: {name: %s, namespace: shop}
      spec:
        parentRefs: [{name: web}]
        rules: [{backendRefs: [{name: cart, port: 80}]}]
      """;

  private final HandSource source = new HandSource();

  @AfterAll
  static void stopSystem() {
    KIT.shutdownTestKit();
  }

  @RepeatedTest(20)
  void theLastUserGoesWhileTheNextOneOnlyBeginsToLook() throws Exception {
    ControlPlane plane = start();
    try (TestNode node = new TestNode(KIT.system(), plane.xdsAddress(), "node")) {
      node.subscribeAll();
      node.ackUntil(state -> state.holds(ResourceType.HTTP_ROUTE, "shop/a"));

      source.apply(ROUTE.formatted("b"));
      source.delete(new ResourceKey(Kind.HTTP_ROUTE, "shop", "a"));

      while (!node.holds(ResourceType.HTTP_ROUTE, "shop/b")
          || node.holds(ResourceType.HTTP_ROUTE, "shop/a")) {
        DeltaDiscoveryResponse response = node.next();
        assertThat(response.getRemovedResourcesList()).doesNotContain("shop/cart", "shop/cart:80");
        node.ack(response);
      }
    }
    await(plane.stop());
  }

  @Test
  void whatNobodyUsesAnyMoreLeaves() throws Exception {
    ControlPlane plane = start();

    source.delete(new ResourceKey(Kind.HTTP_ROUTE, "shop", "a"));
    await(plane.settled());

    assertThat(await(plane.view().snapshot()).stream().map(resource -> resource.name()))
        .containsExactly("shop/web");
    await(plane.stop());
  }

  @Test
  void aServiceThatGoesWithItsLastUserLeavesNothingBehind() throws Exception {
    ControlPlane plane = start();

    source.delete(SERVICE);
    source.delete(new ResourceKey(Kind.HTTP_ROUTE, "shop", "a"));
    await(plane.settled());

    assertThat(await(plane.view().snapshot()).stream().map(resource -> resource.name()))
        .containsExactly("shop/web");
    assertThat(plane.view().actor(SERVICE)).isEmpty();
    await(plane.stop());
  }

  private ControlPlane start() throws Exception {
    ControlPlane plane =
        await(
            ControlPlane.start(
                KIT.system(), ControlPlaneSettings.defaults(), source, new SimpleMeterRegistry()));
    source.apply(BASE + "---\n" + ROUTE.formatted("a"));
    source.synced();
    await(plane.whenReady());
    return plane;
  }

  private static <T> T await(CompletionStage<T> stage) throws Exception {
    return stage.toCompletableFuture().get(20, TimeUnit.SECONDS);
  }
}
