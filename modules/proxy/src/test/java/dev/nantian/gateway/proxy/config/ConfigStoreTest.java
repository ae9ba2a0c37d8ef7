package dev.nantian.gateway.proxy.config;

import static dev.nantian.gateway.proxy.config.Samples.endpoints;
import static dev.nantian.gateway.proxy.config.Samples.gateway;
import static dev.nantian.gateway.proxy.config.Samples.http;
import static dev.nantian.gateway.proxy.config.Samples.https;
import static dev.nantian.gateway.proxy.config.Samples.removal;
import static dev.nantian.gateway.proxy.config.Samples.route;
import static dev.nantian.gateway.proxy.config.Samples.secret;
import static dev.nantian.gateway.proxy.config.Samples.service;
import static dev.nantian.gateway.proxy.config.Samples.update;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.tuple;

import dev.nantian.gateway.protocol.ResourceType;
import dev.nantian.gateway.protocol.config.v1.Attachment;
import dev.nantian.gateway.protocol.config.v1.Gateway;
import dev.nantian.gateway.protocol.config.v1.HttpRoute;
import dev.nantian.gateway.protocol.config.v1.RejectedResource;
import dev.nantian.gateway.protocol.config.v1.Service;
import dev.nantian.gateway.protocol.config.v1.ServicePort;
import dev.nantian.gateway.proxy.route.ListenerEntry;
import dev.nantian.gateway.proxy.route.Requests;
import dev.nantian.gateway.proxy.route.RouteTarget;
import dev.nantian.gateway.proxy.route.WeightedBackends;
import dev.nantian.gateway.proxy.tls.TestKeys;
import dev.nantian.gateway.proxy.tls.TlsContexts;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

class ConfigStoreTest {
  private static final TestKeys KEYS = TestKeys.ec("a.example");
  private static final Instant NOW = Instant.parse("2026-01-01T00:00:00Z");

  private final ConfigStore store =
      new ConfigStore(InetAddress.getLoopbackAddress(), new TlsContexts());

  @Test
  void resourcesOfAllTypesCompileToOneServingConfiguration() {
    // When
    ConfigStore.Applied applied =
        apply(
            update(service("shop/cart", 80)),
            update(endpoints("shop/cart:80", "10.0.0.1:8080", "10.0.0.2:8080")),
            update(gateway("infra/gw", 8000)),
            update(route("shop/cart", "infra/gw", "/cart", "shop/cart")));
    // Then
    assertThat(applied.rejected()).isEmpty();
    assertThat(applied.config().revision()).isEqualTo(1);
    assertThat(applied.config().sockets())
        .singleElement()
        .extracting(ListenerSocket::address, ListenerSocket::tls)
        .containsExactly(new InetSocketAddress(InetAddress.getLoopbackAddress(), 8000), false);
    assertThat(clusterOf(match("a.example", "/cart/1")).endpoints())
        .extracting(e -> e.address().getAddress().getHostAddress() + ":" + e.address().getPort())
        .containsExactly("10.0.0.1:8080", "10.0.0.2:8080");
    assertThat(match("a.example", "/other")).isNull();
  }

  @Test
  void badRouteIsRefusedAloneAndItsLastGoodVersionServesOn() {
    // Given
    apply(
        update(gateway("infra/gw", 8000)),
        update(
            route("ns/good", "infra/gw", "/good", "ns/s"),
            route("ns/bad", "infra/gw", "/bad", "ns/s")));
    HttpRoute.Builder broken = route("ns/bad", "infra/gw", "/bad2", "ns/s").toBuilder();
    broken.getRulesBuilder(0).getBackendsBuilder(0).getServiceBuilder().setPort(70000);
    // When
    ConfigStore.Applied applied =
        apply(update(broken.build(), route("ns/good", "infra/gw", "/better", "ns/s")));
    // Then
    assertThat(applied.rejected())
        .extracting(ConfigStore.Rejection::name, ConfigStore.Rejection::message)
        .containsExactly(
            tuple(
                "ns/bad",
                "HTTPRoute ns/bad rules[0].backendRefs[0].port: 70000 (expected 1 to 65535)"));
    assertThat(match("h", "/bad")).isNotNull();
    assertThat(match("h", "/bad2")).isNull();
    assertThat(match("h", "/better")).isNotNull();
    assertThat(store.versions(ResourceType.HTTP_ROUTE)).containsOnlyKeys("ns/good");
    assertThat(store.view().resources())
        .filteredOn(r -> r.name().equals("ns/bad"))
        .singleElement()
        .satisfies(
            r -> {
              assertThat(r.version()).isNotNull();
              assertThat(r.problem()).contains("70000");
            });
  }

  @Test
  void endpointsChangeInPlaceWithoutANewConfiguration() {
    // Given
    apply(
        update(service("ns/s", 80)),
        update(gateway("infra/gw", 8000)),
        update(route("ns/r", "infra/gw", "/", "ns/s")));
    Cluster cluster = clusterOf(match("h", "/"));
    // When
    ConfigStore.Applied applied = apply(update(endpoints("ns/s:80", "10.0.0.9:1")));
    // Then
    assertThat(applied.changed()).isFalse();
    assertThat(cluster.endpoints()).hasSize(1);
    assertThat(clusterOf(match("h", "/"))).isSameAs(cluster);
  }

  @Test
  void routeThatCameBeforeItsServiceIsCompiledAgainWhenItComes() {
    // Given
    apply(update(gateway("infra/gw", 8000)), update(route("ns/r", "infra/gw", "/", "ns/s")));
    WeightedBackends.Backend before = backend(match("h", "/"));
    // When
    apply(update(service("ns/s", 80)));
    // Then
    assertThat(before.cluster()).isNull();
    assertThat(before.failureStatus()).isEqualTo(500);
    assertThat(before.failureReason()).isEqualTo("Service ns/s: not received");
    assertThat(backend(match("h", "/")).cluster()).isNotNull();
  }

  @Test
  void changedProtocolOfAPortMakesANewCluster() {
    // Given
    apply(
        update(service("ns/s", 80)),
        update(endpoints("ns/s:80", "10.0.0.9:1")),
        update(gateway("infra/gw", 8000)),
        update(route("ns/r", "infra/gw", "/", "ns/s")));
    // When
    apply(
        update(
            Service.newBuilder()
                .setName("ns/s")
                .addPorts(
                    ServicePort.newBuilder()
                        .setPort(80)
                        .setAppProtocol(ServicePort.AppProtocol.H2C))
                .build()));
    // Then
    Cluster cluster = clusterOf(match("h", "/"));
    assertThat(cluster.protocol()).isEqualTo(Cluster.Protocol.HTTP2);
    assertThat(cluster.endpoints()).hasSize(1);
  }

  @Test
  void removedRouteStopsServingAndEqualWritesAreNoOps() {
    // Given
    apply(
        update(gateway("infra/gw", 8000)),
        update(route("ns/a", "infra/gw", "/a", "ns/s"), route("ns/b", "infra/gw", "/b", "ns/s")));
    // When
    ConfigStore.Applied same = apply(update(route("ns/a", "infra/gw", "/a", "ns/s")));
    ConfigStore.Applied removed = apply(removal(ResourceType.HTTP_ROUTE, "ns/a"));
    // Then
    assertThat(same.changed()).isFalse();
    assertThat(removed.changed()).isTrue();
    assertThat(match("h", "/a")).isNull();
    assertThat(match("h", "/b")).isNotNull();
  }

  @Test
  void untouchedSocketsAndListenersStayTheSameObjects() {
    // Given
    apply(
        update(gateway("infra/one", 8001), gateway("infra/two", 8002)),
        update(route("ns/a", "infra/one", "/a", "ns/s")));
    List<ListenerSocket> before = store.config().sockets();
    // When
    apply(update(route("ns/b", "infra/two", "/b", "ns/s")));
    // Then
    List<ListenerSocket> after = store.config().sockets();
    assertThat(after.get(0)).isSameAs(before.get(0));
    assertThat(after.get(1)).isNotSameAs(before.get(1));
  }

  @Test
  void statsIdOfARouteNeverChanges() {
    // Given
    apply(
        update(gateway("infra/gw", 8000)),
        update(route("ns/a", "infra/gw", "/a", "ns/s"), route("ns/b", "infra/gw", "/b", "ns/s")));
    int before = Objects.requireNonNull(match("h", "/b")).action().statsId();
    // When
    apply(removal(ResourceType.HTTP_ROUTE, "ns/a"));
    apply(update(route("ns/b", "infra/gw", "/c", "ns/s")));
    // Then
    assertThat(before).isEqualTo(1);
    assertThat(Objects.requireNonNull(match("h", "/c")).action().statsId()).isEqualTo(before);
  }

  @Test
  void listenerWithoutItsSecretDoesNotServeUntilItComes() {
    // Given
    Gateway gateway =
        Gateway.newBuilder()
            .setName("infra/gw")
            .addListeners(http("http", 8000, ""))
            .addListeners(https("https", 8443, "a.example", "infra/cert"))
            .build();
    // When
    apply(update(gateway));
    Map<String, ConfigStore.GatewayProblem> without = store.gatewayProblems();
    int socketsWithout = store.config().sockets().size();
    apply(update(secret("infra/cert", KEYS)));
    // Then
    assertThat(without)
        .containsExactly(
            Map.entry(
                "infra/gw",
                new ConfigStore.GatewayProblem(
                    RejectedResource.Reason.INVALID,
                    "Gateway infra/gw listener https tls.certificateRefs: Secret infra/cert"
                        + " (expected one that was received and is good)")));
    assertThat(socketsWithout).isEqualTo(1);
    assertThat(store.gatewayProblems()).isEmpty();
    assertThat(store.config().sockets()).hasSize(2);
    assertThat(store.view().listeners().get(1).certificates())
        .singleElement()
        .satisfies(c -> assertThat(c.names()).containsExactly("a.example"));
    assertThat(store.view().toString()).doesNotContain("PRIVATE");
  }

  @Test
  void badSecretIsRefusedAndTheOldOneServesOn() {
    // Given
    Gateway gateway =
        Gateway.newBuilder()
            .setName("infra/gw")
            .addListeners(https("https", 8443, "", "infra/cert"))
            .build();
    apply(update(secret("infra/cert", KEYS)), update(gateway));
    ListenerSocket before = store.config().sockets().getFirst();
    // When
    ConfigStore.Applied applied =
        apply(update(secret("infra/cert", KEYS.chain(), TestKeys.ec("x").key())));
    // Then
    assertThat(applied.rejected())
        .extracting(ConfigStore.Rejection::message)
        .containsExactly("Secret infra/cert: the key does not belong to the certificate");
    assertThat(store.config().sockets()).containsExactly(before);
  }

  @Test
  void newCertificateGivesANewEntryOfTheSameListener() {
    // Given
    Gateway gateway =
        Gateway.newBuilder()
            .setName("infra/gw")
            .addListeners(https("https", 8443, "", "infra/cert"))
            .build();
    apply(update(secret("infra/cert", KEYS)), update(gateway));
    ListenerEntry before = entry("");
    // When
    apply(update(secret("infra/cert", TestKeys.ec("a.example"))));
    // Then
    assertThat(entry("").id()).isEqualTo(before.id());
    assertThat(entry("").tls()).isNotSameAs(before.tls());
  }

  @Test
  void gatewaysShareAPortUnlessTheyDisagree() {
    // When
    apply(
        update(
            gateway("infra/a", 8000).toBuilder().setCreatedMillis(1).build(),
            Gateway.newBuilder()
                .setName("infra/b")
                .setCreatedMillis(2)
                .addListeners(http("fits", 8000, "b.example"))
                .addListeners(http("same", 8000, ""))
                .addListeners(https("tls", 8000, "c.example", "infra/cert"))
                .build()),
        update(secret("infra/cert", KEYS)));
    // Then
    assertThat(store.config().sockets()).hasSize(1);
    assertThat(entry("b.example").name()).isEqualTo("fits");
    assertThat(entry("x.example").gateway()).isEqualTo("infra/a");
    ConfigStore.GatewayProblem problem =
        Objects.requireNonNull(store.gatewayProblems().get("infra/b"));
    assertThat(problem.reason()).isEqualTo(RejectedResource.Reason.ADDRESS_NOT_USABLE);
    assertThat(problem.message())
        .contains("listener same hostname: \"\" (expected another one on 127.0.0.1:8000")
        .contains("listener tls protocol: HTTPS (expected HTTP, for Gateway infra/a has");
  }

  @Test
  void socketThatCannotBeBoundIsAProblemOfItsGateway() {
    // Given
    apply(update(gateway("infra/gw", 8000)));
    // When
    store.bindFailures(
        Map.of(
            new InetSocketAddress(InetAddress.getLoopbackAddress(), 8000),
            "cannot bind 127.0.0.1:8000: address in use"));
    // Then
    assertThat(store.gatewayProblems())
        .containsEntry(
            "infra/gw",
            new ConfigStore.GatewayProblem(
                RejectedResource.Reason.ADDRESS_NOT_USABLE,
                "Gateway infra/gw listener http cannot bind 127.0.0.1:8000: address in use"));
    assertThat(store.versions(ResourceType.GATEWAY)).isEmpty();
  }

  @Test
  void externalNameTakesTheAddressesItResolvesTo() throws Exception {
    // Given
    apply(
        update(service("ns/s", 80).toBuilder().setExternalName("backend.example").build()),
        update(gateway("infra/gw", 8000)),
        update(route("ns/r", "infra/gw", "/", "ns/s")));
    // When
    store.resolved("backend.example", List.of(InetAddress.getByName("192.0.2.7")));
    // Then
    assertThat(store.externalNames()).containsExactly("backend.example");
    assertThat(clusterOf(match("h", "/")).endpoints())
        .extracting(e -> e.address().toString())
        .containsExactly("/192.0.2.7:80");
  }

  @Test
  void whatIsInForceRebuildsTheSameState() {
    // Given
    apply(
        update(service("ns/s", 80)),
        update(endpoints("ns/s:80", "10.0.0.9:1")),
        update(gateway("infra/gw", 8000)),
        update(route("ns/r", "infra/gw", "/", "ns/s")));
    ConfigStore copy = new ConfigStore(InetAddress.getLoopbackAddress(), new TlsContexts());
    // When
    ConfigStore.Applied applied = copy.apply(store.inForce(), NOW);
    // Then
    assertThat(applied.rejected()).isEmpty();
    for (ResourceType type : ResourceType.values()) {
      assertThat(copy.versions(type)).isEqualTo(store.versions(type));
    }
    assertThat(copy.config().sockets()).hasSameSizeAs(store.config().sockets());
  }

  @Test
  void routeWithOnlyHostnamesOfOneListenerTouchesNoOther() {
    // Given
    HttpRoute.Builder route = route("ns/r", "infra/gw", "/", "ns/s").toBuilder();
    route.setAttachments(
        0,
        Attachment.newBuilder()
            .setGateway("infra/gw")
            .setListener("http")
            .addHostnames("a.example")
            .addHostnames("*.b.example"));
    // When
    apply(update(gateway("infra/gw", 8000)), update(route.build()));
    // Then
    assertThat(match("a.example", "/")).isNotNull();
    assertThat(match("x.b.example", "/")).isNotNull();
    assertThat(match("b.example", "/")).isNull();
  }

  private ConfigStore.Applied apply(ConfigStore.Update... updates) {
    return store.apply(List.of(updates), NOW);
  }

  private ListenerEntry entry(String host) {
    byte[] bytes = host.getBytes(StandardCharsets.US_ASCII);
    return Objects.requireNonNull(
        store.config().sockets().getFirst().listeners().listener(bytes, 0, bytes.length));
  }

  private @Nullable RouteTarget match(String host, String path) {
    return store
        .config()
        .sockets()
        .getFirst()
        .listeners()
        .match(entry(host), Requests.request("GET", host, path));
  }

  private static WeightedBackends.Backend backend(@Nullable RouteTarget target) {
    return Objects.requireNonNull(target).action().backends().all().getFirst();
  }

  private static Cluster clusterOf(@Nullable RouteTarget target) {
    return Objects.requireNonNull(backend(target).cluster());
  }
}
