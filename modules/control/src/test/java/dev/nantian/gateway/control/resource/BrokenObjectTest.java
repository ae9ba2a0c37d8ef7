package dev.nantian.gateway.control.resource;

import static org.assertj.core.api.Assertions.assertThat;

import dev.nantian.gateway.control.ControlPlane;
import dev.nantian.gateway.control.ControlPlaneSettings;
import dev.nantian.gateway.control.fixture.HandSource;
import dev.nantian.gateway.control.source.Kind;
import dev.nantian.gateway.control.source.ResourceKey;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.TimeUnit;
import org.apache.pekko.actor.testkit.typed.javadsl.ActorTestKit;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;

/** An object that no translator can read does not keep its actor restarting for ever. */
class BrokenObjectTest {
  private static final ActorTestKit KIT = ActorTestKit.create();

  @AfterAll
  static void stopSystem() {
    KIT.shutdownTestKit();
  }

  @Test
  void aRouteWithoutSpecFailsByItself() throws Exception {
    HandSource source = new HandSource();
    ControlPlane plane =
        await(
            ControlPlane.start(
                KIT.system(), ControlPlaneSettings.defaults(), source, new SimpleMeterRegistry()));
    ResourceKey key = new ResourceKey(Kind.HTTP_ROUTE, "shop", "cart");

    source.apply(
        """
        apiVersion: gateway.networking.k8s.io/v1
        kind: HTTPRoute
        metadata: {name: cart, namespace: shop}
        """);
    source.synced();
    await(plane.whenReady());

    ActorView actor = plane.view().actor(key).orElseThrow();
    assertThat(actor.state()).isEqualTo("Failed");
    assertThat(actor.restarts()).isZero();
    assertThat(await(plane.view().status(key)).orElseThrow().problems()).hasSize(1);
    await(plane.stop());
  }

  private static <T> T await(CompletionStage<T> stage) throws Exception {
    return stage.toCompletableFuture().get(10, TimeUnit.SECONDS);
  }
}
