package dev.nantian.gateway.proxy.config;

import static dev.nantian.gateway.proxy.config.Samples.endpoints;
import static dev.nantian.gateway.proxy.config.Samples.http;
import static dev.nantian.gateway.proxy.config.Samples.l4Route;
import static dev.nantian.gateway.proxy.config.Samples.listener;
import static dev.nantian.gateway.proxy.config.Samples.removal;
import static dev.nantian.gateway.proxy.config.Samples.service;
import static dev.nantian.gateway.proxy.config.Samples.update;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.tuple;

import dev.nantian.gateway.protocol.ResourceType;
import dev.nantian.gateway.protocol.config.v1.Gateway;
import dev.nantian.gateway.protocol.config.v1.L4Route;
import dev.nantian.gateway.protocol.config.v1.Listener;
import dev.nantian.gateway.proxy.route.L4Target;
import dev.nantian.gateway.proxy.route.ListenerEntry;
import dev.nantian.gateway.proxy.route.ListenerTable;
import dev.nantian.gateway.proxy.tls.TlsContexts;
import java.net.InetAddress;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/** TCPRoute, UDPRoute and TLSRoute in the compiled configuration. */
final class L4ConfigTest {
  private final ConfigStore store =
      new ConfigStore(InetAddress.getLoopbackAddress(), new TlsContexts());

  @Test
  void tcpAndUdpOfOnePortAreTwoSocketsWithTheirOwnRoutes() {
    ConfigStore.Applied applied =
        apply(
            update(service("ns/dns", 80)),
            update(endpoints("ns/dns:80", "10.0.0.1:53")),
            update(
                Gateway.newBuilder()
                    .setName("infra/gw")
                    .addListeners(listener("tcp", 53, Listener.Protocol.TCP))
                    .addListeners(listener("udp", 53, Listener.Protocol.UDP))
                    .build()),
            update(
                l4Route(L4Route.Kind.TCP, "TCPRoute/ns/a", "infra/gw", "tcp", "ns/dns", ""),
                l4Route(L4Route.Kind.UDP, "UDPRoute/ns/a", "infra/gw", "udp", "ns/dns", "")));

    assertThat(applied.rejected()).isEmpty();
    assertThat(applied.config().sockets()).isEmpty();
    assertThat(applied.config().l4Sockets())
        .extracting(
            L4Socket::protocol, L4Socket::listener, s -> Objects.requireNonNull(s.target()).route())
        .containsExactly(
            tuple(L4Socket.Protocol.TCP, "infra/gw/tcp", "TCPRoute/ns/a"),
            tuple(L4Socket.Protocol.UDP, "infra/gw/udp", "UDPRoute/ns/a"));
  }

  @Test
  void theOldestRouteOfAListenerServesAndTheNextOneTakesOver() {
    apply(
        update(gateway(listener("tcp", 53, Listener.Protocol.TCP))),
        update(
            created(2, l4Route(L4Route.Kind.TCP, "TCPRoute/ns/a", "infra/gw", "tcp", "ns/s", "")),
            created(1, l4Route(L4Route.Kind.TCP, "TCPRoute/ns/z", "infra/gw", "tcp", "ns/s", "")),
            created(1, l4Route(L4Route.Kind.TCP, "TCPRoute/ns/b", "infra/gw", "tcp", "ns/s", ""))));
    assertThat(only().route()).isEqualTo("TCPRoute/ns/b");

    apply(removal(ResourceType.L4_ROUTE, "TCPRoute/ns/b"));

    assertThat(only().route()).isEqualTo("TCPRoute/ns/z");
  }

  @Test
  void aServiceThatComesLaterIsFound() {
    apply(
        update(gateway(listener("tcp", 53, Listener.Protocol.TCP))),
        update(l4Route(L4Route.Kind.TCP, "TCPRoute/ns/a", "infra/gw", "tcp", "ns/s", "")));
    assertThat(only().backends().all().getFirst().cluster()).isNull();

    apply(update(service("ns/s", 80)));

    assertThat(only().backends().all().getFirst().cluster()).isNotNull();
  }

  @Test
  void listenersThatOpenDifferentlyCannotShareAPort() {
    apply(
        update(
            Gateway.newBuilder()
                .setName("infra/gw")
                .addListeners(http("http", 80, ""))
                .addListeners(listener("tcp", 80, Listener.Protocol.TCP))
                .addListeners(listener("udp", 80, Listener.Protocol.UDP))
                .build()));

    assertThat(Objects.requireNonNull(store.gatewayProblems().get("infra/gw")).message())
        .isEqualTo(
            "Gateway infra/gw listener tcp protocol: TCP (expected HTTP, for Gateway infra/gw has"
                + " 127.0.0.1:80)");
    assertThat(store.config().l4Sockets())
        .extracting(L4Socket::protocol)
        .containsExactly(L4Socket.Protocol.UDP);
  }

  @Test
  void tlsListenersChooseTheirRouteByServerName() {
    Listener tls =
        listener("tls", 443, Listener.Protocol.TLS).toBuilder()
            .setTlsMode(Listener.TlsMode.PASSTHROUGH)
            .build();
    apply(
        update(gateway(tls)),
        update(
            l4Route(
                L4Route.Kind.TLS, "TLSRoute/ns/exact", "infra/gw", "tls", "ns/s", "a.example.com"),
            l4Route(
                L4Route.Kind.TLS, "TLSRoute/ns/wild", "infra/gw", "tls", "ns/s", "*.example.com")));
    ListenerTable table = store.config().sockets().getFirst().listeners();

    assertThat(table.listener("a.example.com".getBytes(StandardCharsets.US_ASCII), 0, 13))
        .extracting(ListenerEntry::mode)
        .isEqualTo(ListenerEntry.Mode.RELAY_ENCRYPTED);
    assertThat(relay(table, "a.example.com")).isEqualTo("TLSRoute/ns/exact");
    assertThat(relay(table, "b.c.example.com")).isEqualTo("TLSRoute/ns/wild");
    assertThat(relay(table, "example.com")).isNull();
    assertThat(relay(table, "")).isNull();
  }

  @Test
  void aBadRouteIsRefusedWithItsReason() {
    L4Route nameless = l4Route(L4Route.Kind.TCP, "UDPRoute/ns/a", "infra/gw", "tcp", "ns/s", "");
    L4Route heavy = l4Route(L4Route.Kind.TCP, "TCPRoute/ns/b", "infra/gw", "tcp", "ns/s", "");
    heavy =
        heavy.toBuilder().setBackends(0, heavy.getBackends(0).toBuilder().setWeight(-1)).build();

    ConfigStore.Applied applied = apply(update(nameless, heavy));

    assertThat(applied.rejected())
        .extracting(ConfigStore.Rejection::message)
        .containsExactly(
            "UDPRoute/ns/a kind: \"TCP\" (expected that of its name)",
            "TCPRoute ns/b rules[0].backendRefs[0].weight: 4294967295 (expected 0 to 1000000)");
  }

  private static L4Route created(long millis, L4Route route) {
    return route.toBuilder().setCreatedMillis(millis).build();
  }

  private static Gateway gateway(Listener listener) {
    return Gateway.newBuilder().setName("infra/gw").addListeners(listener).build();
  }

  private L4Target only() {
    return Objects.requireNonNull(store.config().l4Sockets().getFirst().target());
  }

  private static @Nullable String relay(ListenerTable table, String serverName) {
    byte[] name = serverName.getBytes(StandardCharsets.US_ASCII);
    L4Target target =
        table.relay(Objects.requireNonNull(table.listener(name, 0, name.length)), serverName);
    return target == null ? null : target.route();
  }

  private ConfigStore.Applied apply(ConfigStore.Update... updates) {
    return store.apply(List.of(updates), Instant.EPOCH);
  }
}
