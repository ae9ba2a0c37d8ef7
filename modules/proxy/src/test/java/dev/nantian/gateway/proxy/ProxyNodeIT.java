package dev.nantian.gateway.proxy;

import static dev.nantian.gateway.proxy.TestProxy.await;
import static dev.nantian.gateway.proxy.TestProxy.eventually;
import static dev.nantian.gateway.proxy.config.Samples.endpoints;
import static dev.nantian.gateway.proxy.config.Samples.gateway;
import static dev.nantian.gateway.proxy.config.Samples.received;
import static dev.nantian.gateway.proxy.config.Samples.route;
import static dev.nantian.gateway.proxy.config.Samples.service;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.tuple;

import com.google.rpc.Code;
import com.typesafe.config.ConfigFactory;
import dev.nantian.gateway.protocol.ResourceType;
import dev.nantian.gateway.protocol.config.v1.HttpRoute;
import dev.nantian.gateway.protocol.config.v1.RejectedResource;
import dev.nantian.gateway.protocol.config.v1.RejectedResources;
import dev.nantian.gateway.proxy.config.ConfigView;
import dev.nantian.gateway.proxy.loop.LoopDispatchers;
import dev.nantian.gateway.proxy.route.Explanation;
import dev.nantian.gateway.proxy.tls.TlsContexts;
import dev.nantian.gateway.proxy.view.BackendRow;
import dev.nantian.gateway.proxy.view.ExplainRequest;
import dev.nantian.gateway.proxy.view.RouteRow;
import dev.nantian.gateway.proxy.xds.Backoff;
import dev.nantian.gateway.proxy.xds.ControlPlaneAddress;
import dev.nantian.gateway.proxy.xds.NodeIdentity;
import dev.nantian.gateway.proxy.xds.ScriptedControlPlane;
import io.envoyproxy.envoy.service.discovery.v3.DeltaDiscoveryRequest;
import io.envoyproxy.envoy.service.discovery.v3.DeltaDiscoveryResponse;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.apache.pekko.actor.typed.ActorSystem;
import org.apache.pekko.actor.typed.javadsl.Behaviors;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A whole proxy against a scripted control plane, over real gRPC and HTTP sockets. */
class ProxyNodeIT {
  private final Path folder;

  ProxyNodeIT(@TempDir Path folder) {
    this.folder = folder;
  }

  @Test
  void responseIsAcknowledgedWhenItIsServed() throws Exception {
    try (ScriptedControlPlane control = new ScriptedControlPlane(0);
        RawBackend backend = RawBackend.echo();
        Running proxy = new Running(control.address(), null)) {
      // Given
      int port = Ports.free();
      ScriptedControlPlane.Stream stream = control.stream();
      Map<ResourceType, DeltaDiscoveryRequest> greetings = stream.greetings();
      assertThat(greetings.keySet()).containsExactly(ResourceType.values());
      DeltaDiscoveryRequest greeting = greetings.values().iterator().next();
      assertThat(greeting.getResourceNamesSubscribeList()).containsExactly("*");
      assertThat(greeting.getNode().getId()).isEqualTo("proxy-1");
      assertThat(greeting.getNode().getMetadata().getFieldsOrThrow("version").getStringValue())
          .isEqualTo("test");
      assertThat(proxy.node.ready()).isFalse();
      // When
      DeltaDiscoveryRequest last = sendAll(stream, port, backend);
      // Then
      assertThat(last.hasErrorDetail()).isFalse();
      assertThat(get(port, "/cart/1").status()).isEqualTo(200);
      assertThat(get(port, "/other").status()).isEqualTo(404);
      eventually("ready", proxy.node::ready);
      assertThat(proxy.node.view().status().controlPlane().connected()).isTrue();
      assertThat(proxy.registry.get("nantian.config.revision").gauge().value()).isEqualTo(2);
      assertThat(
              proxy
                  .registry
                  .get("nantian.config.applied")
                  .tag("type", "http_route")
                  .counter()
                  .count())
          .isEqualTo(1);
      assertThat(proxy.registry.get("nantian.xds.connected").gauge().value()).isEqualTo(1);
    }
  }

  @Test
  void badResourceIsRefusedAloneAndTheRestIsServed() throws Exception {
    try (ScriptedControlPlane control = new ScriptedControlPlane(0);
        RawBackend backend = RawBackend.echo();
        Running proxy = new Running(control.address(), null)) {
      // Given
      int port = Ports.free();
      ScriptedControlPlane.Stream stream = control.stream();
      stream.greetings();
      sendAll(stream, port, backend);
      HttpRoute.Builder bad = route("shop/bad", "infra/gw", "/bad", "shop/cart").toBuilder();
      bad.getRulesBuilder(0).getMatchesBuilder(0).getPathBuilder().setRegex("(");
      // When
      DeltaDiscoveryRequest nack =
          stream.exchange(bad.build(), route("shop/good", "infra/gw", "/good", "shop/cart"));
      // Then
      assertThat(nack.getErrorDetail().getCode()).isEqualTo(Code.INVALID_ARGUMENT_VALUE);
      List<RejectedResource> rejected =
          nack.getErrorDetail().getDetails(0).unpack(RejectedResources.class).getResourcesList();
      assertThat(rejected)
          .singleElement()
          .satisfies(
              r -> {
                assertThat(r.getName()).isEqualTo("shop/bad");
                assertThat(r.getVersion()).isEqualTo(received(bad.build()).version());
                assertThat(r.getMessage())
                    .startsWith("HTTPRoute shop/bad rules[0].matches[0].path.value: \"(\"");
              });
      assertThat(get(port, "/good").status()).isEqualTo(200);
      assertThat(get(port, "/cart").status()).isEqualTo(200);
      assertThat(
              proxy
                  .registry
                  .get("nantian.config.rejected")
                  .tag("type", "http_route")
                  .counter()
                  .count())
          .isEqualTo(1);
    }
  }

  @Test
  void removedResourceIsServedNoMore() throws Exception {
    try (ScriptedControlPlane control = new ScriptedControlPlane(0);
        RawBackend backend = RawBackend.echo();
        Running proxy = new Running(control.address(), null)) {
      // Given
      int port = Ports.free();
      ScriptedControlPlane.Stream stream = control.stream();
      stream.greetings();
      sendAll(stream, port, backend);
      // When
      DeltaDiscoveryRequest ack =
          stream.answer(stream.remove(ResourceType.HTTP_ROUTE, "shop/cart"));
      // Then
      assertThat(ack.hasErrorDetail()).isFalse();
      assertThat(get(port, "/cart").status()).isEqualTo(404);
      assertThat(proxy.node.view().routes()).isEmpty();
    }
  }

  @Test
  void responseOfAnUnknownTypeIsRefusedAndTheStreamGoesOn() throws Exception {
    try (ScriptedControlPlane control = new ScriptedControlPlane(0);
        Running proxy = new Running(control.address(), null)) {
      // Given
      ScriptedControlPlane.Stream stream = control.stream();
      stream.greetings();
      // When
      DeltaDiscoveryRequest nack =
          stream.answer(
              stream.send(
                  DeltaDiscoveryResponse.newBuilder()
                      .setTypeUrl("type.googleapis.com/some.Other")));
      // Then
      assertThat(nack.getErrorDetail().getMessage())
          .isEqualTo("type type.googleapis.com/some.Other (expected one that was asked for)");
      assertThat(stream.exchange(service("shop/cart", 80)).hasErrorDetail()).isFalse();
      assertThat(proxy.node.ready()).isFalse();
    }
  }

  @Test
  void newStreamBeginsWithTheVersionsInForceAndTrafficGoesOnBetween() throws Exception {
    try (RawBackend backend = RawBackend.echo()) {
      ScriptedControlPlane control = new ScriptedControlPlane(0);
      try (Running proxy = new Running(control.address(), null)) {
        // Given
        int port = Ports.free();
        ScriptedControlPlane.Stream stream = control.stream();
        stream.greetings();
        sendAll(stream, port, backend);
        HttpRoute.Builder bad = route("shop/bad", "infra/gw", "bad", "shop/cart").toBuilder();
        assertThat(stream.exchange(bad.build()).hasErrorDetail()).isTrue();
        // When
        control.close();
        eventually("disconnected", () -> !proxy.node.view().status().controlPlane().connected());
        int between = get(port, "/cart").status();
        control = new ScriptedControlPlane(control.address().port());
        Map<ResourceType, DeltaDiscoveryRequest> greetings = control.stream().greetings();
        // Then
        assertThat(between).isEqualTo(200);
        assertThat(versions(greetings, ResourceType.HTTP_ROUTE))
            .containsOnly(
                Map.entry(
                    "shop/cart",
                    received(route("shop/cart", "infra/gw", "/cart", "shop/cart")).version()));
        assertThat(versions(greetings, ResourceType.GATEWAY)).containsOnlyKeys("infra/gw");
        assertThat(versions(greetings, ResourceType.ENDPOINTS)).containsOnlyKeys("shop/cart:80");
      } finally {
        control.close();
      }
    }
  }

  @Test
  void proxyServesFromDiskBeforeItHasReachedAControlPlane() throws Exception {
    try (RawBackend backend = RawBackend.echo()) {
      // Given
      int port = Ports.free();
      ControlPlaneAddress address;
      try (ScriptedControlPlane control = new ScriptedControlPlane(0);
          Running proxy = new Running(control.address(), folder)) {
        address = control.address();
        ScriptedControlPlane.Stream stream = control.stream();
        stream.greetings();
        sendAll(stream, port, backend);
        assertThat(proxy.node.ready()).isTrue();
      }
      // When
      try (Running proxy = new Running(address, folder)) {
        eventually("ready", proxy.node::ready);
        // Then
        assertThat(get(port, "/cart").status()).isEqualTo(200);
        assertThat(proxy.node.view().status().controlPlane().connected()).isFalse();
        try (ScriptedControlPlane control = new ScriptedControlPlane(address.port())) {
          assertThat(versions(control.stream().greetings(), ResourceType.HTTP_ROUTE))
              .containsOnlyKeys("shop/cart");
        }
      }
      assertThat(
              PosixFilePermissions.toString(
                  Files.getPosixFilePermissions(folder.resolve("snapshot.bin"))))
          .isEqualTo("rw-------");
    }
  }

  @Test
  void damagedSnapshotIsNotUsed() throws Exception {
    // Given
    Files.writeString(folder.resolve("snapshot.bin"), "NANTIANS and then something else entirely");
    try (ScriptedControlPlane control = new ScriptedControlPlane(0)) {
      // When
      try (Running proxy = new Running(control.address(), folder)) {
        Map<ResourceType, DeltaDiscoveryRequest> greetings = control.stream().greetings();
        // Then
        assertThat(proxy.node.ready()).isFalse();
        assertThat(versions(greetings, ResourceType.HTTP_ROUTE)).isEmpty();
      }
    }
  }

  @Test
  void portThatIsTakenRefusesTheGatewayUntilItIsFree() throws Exception {
    try (ScriptedControlPlane control = new ScriptedControlPlane(0);
        Running proxy = new Running(control.address(), null)) {
      // Given
      ScriptedControlPlane.Stream stream = control.stream();
      stream.greetings();
      DeltaDiscoveryRequest nack;
      int port;
      try (ServerSocket taken = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
        port = taken.getLocalPort();
        nack = stream.exchange(gateway("infra/gw", port));
      }
      // When
      DeltaDiscoveryRequest again = stream.request();
      DeltaDiscoveryRequest ack = stream.exchange(gateway("infra/gw", port));
      // Then
      assertThat(nack.getErrorDetail().getMessage())
          .startsWith("Gateway infra/gw listener http cannot bind 127.0.0.1:" + port);
      assertThat(again.getResourceNamesSubscribeList()).containsExactly("infra/gw");
      assertThat(ack.hasErrorDetail()).isFalse();
      assertThat(get(port, "/").status()).isEqualTo(404);
      assertThat(await(proxy.node.view().config()).listeners())
          .extracting(ConfigView.Listener::problem)
          .containsOnlyNulls();
    }
  }

  @Test
  void externalNameIsResolved() throws Exception {
    try (ScriptedControlPlane control = new ScriptedControlPlane(0);
        RawBackend backend = RawBackend.echo();
        Running proxy = new Running(control.address(), null)) {
      // Given
      int port = Ports.free();
      ScriptedControlPlane.Stream stream = control.stream();
      stream.greetings();
      int backendPort = backend.address().getPort();
      HttpRoute.Builder route = route("shop/r", "infra/gw", "/", "shop/ext").toBuilder();
      route.getRulesBuilder(0).getBackendsBuilder(0).getServiceBuilder().setPort(backendPort);
      // When
      stream.exchange(
          service("shop/ext", backendPort).toBuilder().setExternalName("localhost").build());
      stream.exchange(gateway("infra/gw", port));
      stream.exchange(route.build());
      // Then
      eventually(
          "resolved",
          () ->
              await(proxy.node.view().backends()).stream()
                  .anyMatch(row -> !row.endpoints().isEmpty()));
      assertThat(get(port, "/").status()).isEqualTo(200);
    }
  }

  @Test
  void viewsSayWhatIsServedAndWhy() throws Exception {
    try (ScriptedControlPlane control = new ScriptedControlPlane(0);
        RawBackend backend = RawBackend.echo();
        Running proxy = new Running(control.address(), null)) {
      // Given
      int port = Ports.free();
      ScriptedControlPlane.Stream stream = control.stream();
      stream.greetings();
      sendAll(stream, port, backend);
      get(port, "/cart");
      // When
      ConfigView config = await(proxy.node.view().config());
      List<RouteRow> routes = proxy.node.view().routes();
      List<BackendRow> backends = await(proxy.node.view().backends());
      Explanation explained =
          proxy
              .node
              .view()
              .explain(
                  new ExplainRequest(null, port, "GET", "A.example", "/cart/%7e?x=1", List.of()));
      Explanation refused =
          proxy.node.view().explain(new ExplainRequest(null, port, "GET", "a", "/a b", List.of()));
      // Then
      assertThat(config.resources())
          .extracting(ConfigView.Resource::name)
          .containsExactly("shop/cart", "shop/cart:80", "infra/gw", "shop/cart");
      assertThat(config.listeners())
          .extracting(ConfigView.Listener::address, ConfigView.Listener::problem)
          .containsExactly(tuple("127.0.0.1:" + port, null));
      assertThat(routes)
          .extracting(RouteRow::route, RouteRow::path, RouteRow::action)
          .containsExactly(tuple("shop/cart", "PathPrefix /cart", "shop/cart:80"));
      assertThat(backends.getFirst().endpoints().getFirst().connects()).isEqualTo(1);
      assertThat(explained.decision()).isNotNull();
      assertThat(explained.listener()).isNotNull();
      assertThat(explained.outcome()).startsWith("forwarded as GET a.example/cart/");
      assertThat(refused.outcome()).startsWith("refused by the codec");
    }
  }

  private static Map<String, String> versions(
      Map<ResourceType, DeltaDiscoveryRequest> greetings, ResourceType type) {
    DeltaDiscoveryRequest greeting = greetings.get(type);
    return greeting == null ? Map.of() : greeting.getInitialResourceVersionsMap();
  }

  /** Types of which {@link #sendAll} has no resource. */
  private static final Set<ResourceType> NONE =
      EnumSet.complementOf(
          EnumSet.of(
              ResourceType.SERVICE,
              ResourceType.ENDPOINTS,
              ResourceType.GATEWAY,
              ResourceType.HTTP_ROUTE));

  private static DeltaDiscoveryRequest sendAll(
      ScriptedControlPlane.Stream stream, int port, RawBackend backend) throws Exception {
    // It is ready when it has heard of every type.
    for (ResourceType none : NONE) {
      stream.answer(stream.remove(none));
    }
    stream.exchange(service("shop/cart", 80));
    stream.exchange(endpoints("shop/cart:80", "127.0.0.1:" + backend.address().getPort()));
    stream.exchange(gateway("infra/gw", port));
    return stream.exchange(route("shop/cart", "infra/gw", "/cart", "shop/cart"));
  }

  private static RawClient.Response get(int port, String path) throws IOException {
    Socket socket = new Socket(InetAddress.getLoopbackAddress(), port);
    socket.setSoTimeout(60_000);
    try (RawClient client = new RawClient(socket)) {
      return client.get(path);
    }
  }

  /** A proxy with its ActorSystem. */
  private static final class Running implements AutoCloseable {
    private final ActorSystem<Void> system;
    private final SimpleMeterRegistry registry = new SimpleMeterRegistry();
    private final ProxyNode node;

    private Running(ControlPlaneAddress control, @Nullable Path folder) {
      system =
          ActorSystem.create(
              Behaviors.empty(),
              "proxy",
              LoopDispatchers.config(1)
                  .withFallback(ConfigFactory.parseString("pekko.log-dead-letters = off"))
                  .withFallback(ConfigFactory.load()));
      node =
          ProxyNode.start(
              system,
              new ProxySettings(
                  control,
                  new NodeIdentity("proxy-1", "host-1", "test"),
                  new Backoff(Duration.ofMillis(50), Duration.ofMillis(500)),
                  InetAddress.getLoopbackAddress(),
                  TlsContexts.TICKET_ROTATION,
                  folder,
                  DataPlaneSettings.DEFAULT),
              registry);
    }

    @Override
    public void close() {
      await(node.drainAndStop(Duration.ZERO));
      system.terminate();
      await(system.getWhenTerminated());
    }
  }
}
