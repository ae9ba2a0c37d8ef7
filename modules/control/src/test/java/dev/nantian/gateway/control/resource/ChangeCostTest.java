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
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** A change is translated where it matters and nowhere else, however many routes there are. */
class ChangeCostTest {
  private static final ActorTestKit KIT = ActorTestKit.create();
  private static final int ROUTES = 500;
  private static final String SLICE =
      """
      apiVersion: discovery.k8s.io/v1
      kind: EndpointSlice
      metadata: {name: cart-1, namespace: shop, labels: {kubernetes.io/service-name: cart}}
      addressType: IPv4
      ports: [{name: "", port: 9000}]
      endpoints: [{addresses: [%s]}]
      """;
  private static final String ROUTE =
      """
      apiVersion: gateway.networking.k8s.io/v1
      kind: HTTPRoute
      metadata: {name: route-%d, namespace: shop, generation: %d}
      spec:
        parentRefs: [{name: web}]
        hostnames: [%s]
        rules: [{backendRefs: [{name: cart, port: 80}]}]
      """;
  private static final String SERVICE =
      """
      apiVersion: v1
      kind: Service
      metadata: {name: cart, namespace: shop, labels: {version: "%d"}}
      spec: {ports: [{port: 80}]}
      """;

  private final HandSource source = new HandSource();
  private final SimpleMeterRegistry meters = new SimpleMeterRegistry();
  private ControlPlane plane;

  @BeforeEach
  void start() throws Exception {
    plane =
        await(ControlPlane.start(KIT.system(), ControlPlaneSettings.defaults(), source, meters));
    source.apply(
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
        """);
    source.apply(SERVICE.formatted(1));
    source.apply(SLICE.formatted("10.0.0.1"));
    for (int i = 0; i < ROUTES; i++) {
      source.apply(ROUTE.formatted(i, 1, "h" + i + ".example"));
    }
    source.synced();
    await(plane.whenReady());
    // The Gateway is told of its first version only now.
    await(plane.settled());
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
  void aNewHostnameOfARouteReachesNoOtherRoute() throws Exception {
    double before = translations();

    source.apply(ROUTE.formatted(7, 2, "new.example"));
    await(plane.settled());

    // The route and its Gateway, which decides to whom a hostname belongs.
    assertThat(translations() - before).isEqualTo(2);
  }

  @Test
  void newEndpointsReachNoRoute() throws Exception {
    double before = translations();

    source.apply(SLICE.formatted("10.0.0.2"));
    await(plane.settled());

    // The slice and its Service.
    assertThat(translations() - before).isEqualTo(2);
  }

  @Test
  void aServiceThatStaysTheSameForRoutesWakesNone() throws Exception {
    double before = translations();

    source.apply(SERVICE.formatted(2));
    await(plane.settled());

    assertThat(translations() - before).isEqualTo(1);
  }

  @Test
  void anObjectThatIsDeletedAndMadeAgainAtOnceStays() throws Exception {
    source.delete(new ResourceKey(Kind.HTTP_ROUTE, "shop", "route-7"));
    source.apply(ROUTE.formatted(7, 1, "h7.example"));
    await(plane.settled());

    assertThat(await(plane.view().snapshot()).stream().map(resource -> resource.name()))
        .contains("shop/route-7");
    assertThat(await(plane.view().status(new ResourceKey(Kind.HTTP_ROUTE, "shop", "route-7"))))
        .isPresent();
  }

  @Test
  void nothingIsLeftOfAnObjectThatNobodyNeeds() throws Exception {
    ResourceKey route = new ResourceKey(Kind.HTTP_ROUTE, "shop", "route-7");

    source.delete(route);
    await(plane.settled());

    assertThat(plane.view().actor(route)).isEmpty();
    assertThat(await(plane.view().status(route))).isEmpty();
    assertThat(await(plane.view().snapshot())).noneMatch(r -> r.name().equals("shop/route-7"));
  }

  private double translations() {
    return meters.get("nantian.control.translations").functionCounter().count();
  }

  private static <T> T await(CompletionStage<T> stage) throws Exception {
    return stage.toCompletableFuture().get(30, TimeUnit.SECONDS);
  }
}
