package dev.nantian.gateway.control.resource;

import static org.assertj.core.api.Assertions.assertThat;

import dev.nantian.gateway.control.ControlPlane;
import dev.nantian.gateway.control.ControlPlaneSettings;
import dev.nantian.gateway.control.fixture.HandSource;
import dev.nantian.gateway.control.fixture.Objects;
import dev.nantian.gateway.control.source.Kind;
import dev.nantian.gateway.control.source.ResourceKey;
import dev.nantian.gateway.control.source.SourceEvent;
import dev.nantian.gateway.control.source.SourcedObject;
import io.fabric8.kubernetes.api.model.gatewayapi.v1.GatewayStatus;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.TimeUnit;
import org.apache.pekko.actor.testkit.typed.javadsl.ActorTestKit;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;

/**
 * Many routes share one Gateway, one Service and one namespace: what all of them refer to must not
 * be translated anew for each.
 */
class ManyRoutesTest {
  private static final ActorTestKit KIT = ActorTestKit.create();
  private static final int ROUTES = 2_000;
  private static final String SHARED =
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
        - {name: other, port: 8081, protocol: HTTP}
      ---
      apiVersion: v1
      kind: Service
      metadata: {name: cart, namespace: shop}
      spec: {ports: [{port: 80}]}
      """;

  @AfterAll
  static void stopSystem() {
    KIT.shutdownTestKit();
  }

  @Test
  void allAreCountedAndWhatTheyShareIsTranslatedInBatches() throws Exception {
    HandSource source = new HandSource();
    SimpleMeterRegistry meters = new SimpleMeterRegistry();
    ControlPlane plane =
        await(ControlPlane.start(KIT.system(), ControlPlaneSettings.defaults(), source, meters));
    List<SourcedObject> objects = new ArrayList<>(Objects.parse(SHARED));
    for (int i = 0; i < ROUTES; i++) {
      objects.addAll(
          Objects.parse(
              """
              apiVersion: gateway.networking.k8s.io/v1
              kind: HTTPRoute
              metadata: {name: route-%d, namespace: shop}
              spec:
                parentRefs: [{name: web}]
                hostnames: [h%d.example]
                rules: [{backendRefs: [{name: cart, port: 80}]}]
              """
                  .formatted(i, i)));
    }

    objects.forEach(object -> source.send(new SourceEvent.Applied(object)));
    source.synced();
    await(plane.whenReady());
    assertThat(
            await(plane.view().status(new ResourceKey(Kind.GATEWAY, "shop", "web")))
                .orElseThrow()
                .status())
        .isInstanceOfSatisfying(
            GatewayStatus.class,
            status ->
                assertThat(status.getListeners())
                    .hasSize(2)
                    .allSatisfy(
                        listener -> assertThat(listener.getAttachedRoutes()).isEqualTo(ROUTES)));
    // One at a time it is six for each route, and that of the Gateway costs the number of routes.
    assertThat(meters.get("nantian.control.translations").functionCounter().count())
        .isLessThan(4.0 * ROUTES);
    await(plane.stop());
  }

  private static <T> T await(CompletionStage<T> stage) throws Exception {
    return stage.toCompletableFuture().get(120, TimeUnit.SECONDS);
  }
}
