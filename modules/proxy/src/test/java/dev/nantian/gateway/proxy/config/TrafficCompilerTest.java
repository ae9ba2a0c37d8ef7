package dev.nantian.gateway.proxy.config;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.protobuf.Duration;
import dev.nantian.gateway.protocol.config.v1.CircuitLimits;
import dev.nantian.gateway.protocol.config.v1.HealthCheck;
import dev.nantian.gateway.protocol.config.v1.LoadBalancing;
import dev.nantian.gateway.protocol.config.v1.OutlierDetection;
import dev.nantian.gateway.protocol.config.v1.ProxyProtocol;
import dev.nantian.gateway.protocol.config.v1.Retry;
import dev.nantian.gateway.protocol.config.v1.Service;
import dev.nantian.gateway.protocol.config.v1.ServicePort;
import dev.nantian.gateway.protocol.config.v1.SessionPersistence;
import dev.nantian.gateway.protocol.config.v1.TrafficPolicy;
import dev.nantian.gateway.proxy.balance.BalancePolicy.Algorithm;
import dev.nantian.gateway.proxy.health.EndpointHealth;
import dev.nantian.gateway.proxy.health.Outcome;
import dev.nantian.gateway.proxy.retry.RetryPolicy;
import io.envoyproxy.envoy.config.core.v3.Address;
import io.envoyproxy.envoy.config.core.v3.SocketAddress;
import io.envoyproxy.envoy.config.endpoint.v3.ClusterLoadAssignment;
import io.envoyproxy.envoy.config.endpoint.v3.LbEndpoint;
import io.envoyproxy.envoy.config.endpoint.v3.LocalityLbEndpoints;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;

class TrafficCompilerTest {
  private static ClusterPolicy policy(TrafficPolicy.Builder traffic)
      throws InvalidResourceException {
    return TrafficCompiler.policy("Service shop/cart", "cart", traffic.build());
  }

  @Test
  void whatIsAbsentIsTheDefault() throws InvalidResourceException {
    assertThat(policy(TrafficPolicy.newBuilder())).isEqualTo(ClusterPolicy.DEFAULT);
    assertThat(TrafficCompiler.retry("rules[0].retry", null)).isSameAs(RetryPolicy.DEFAULT);
  }

  @Test
  void whatCannotBeUsedIsNamed() {
    Map<String, TrafficPolicy.Builder> cases = new TreeMap<>();
    cases.put(
        "Service shop/cart loadBalancing: RING_HASH: no hash key (expected one)",
        TrafficPolicy.newBuilder()
            .setLoadBalancing(
                LoadBalancing.newBuilder().setAlgorithm(LoadBalancing.Algorithm.RING_HASH)));
    cases.put(
        "Service shop/cart loadBalancing: tableSize: 65536 (expected a prime up to 5000011)",
        TrafficPolicy.newBuilder()
            .setLoadBalancing(LoadBalancing.newBuilder().setTableSize(65_536)));
    cases.put(
        "Service shop/cart outlierDetection: counts 2/0/3 (expected 0 or more), slow 0 ms, ejection"
            + " 2000 to 30000 ms, percentages 50, 25 (expected 0 to 100), recovery 3 (expected 1 or"
            + " more)",
        TrafficPolicy.newBuilder()
            .setOutlierDetection(OutlierDetection.newBuilder().setConsecutiveSlow(3)));
    cases.put(
        "Service shop/cart circuitLimits: maxConnections 0, maxRequests 2147483647 (expected 1 or"
            + " more), maxPending 2147483647, maxRetries 2147483647 (expected 0 or more)",
        TrafficPolicy.newBuilder()
            .setCircuitLimits(CircuitLimits.newBuilder().setMaxConnections(0)));
    cases.put(
        "Service shop/cart healthCheck.interval: 1 (expected at least 100 milliseconds)",
        TrafficPolicy.newBuilder()
            .setHealthCheck(
                HealthCheck.newBuilder()
                    .setTcp(HealthCheck.Tcp.getDefaultInstance())
                    .setInterval(Duration.newBuilder().setNanos(1))));
    cases.put(
        "Service shop/cart sessionPersistence: key of 0 octets (expected 32)",
        TrafficPolicy.newBuilder()
            .setSessionPersistence(SessionPersistence.newBuilder().setName("s")));
    cases.put(
        "Service shop/cart proxyProtocol: version: 3 (expected 1 or 2)",
        TrafficPolicy.newBuilder().setProxyProtocol(ProxyProtocol.newBuilder().setVersion(3)));
    cases.put(
        "Service shop/cart proxyProtocol: extensions: [ALPN] (expected none with version 1)",
        TrafficPolicy.newBuilder()
            .setProxyProtocol(
                ProxyProtocol.newBuilder()
                    .setVersion(1)
                    .addExtensions(ProxyProtocol.Extension.ALPN)));
    cases.put(
        "Service shop/cart proxyProtocol.extensions[0]: 9 (expected one that this proxy knows)",
        TrafficPolicy.newBuilder()
            .setProxyProtocol(ProxyProtocol.newBuilder().setVersion(2).addExtensionsValue(9)));
    cases.forEach(
        (message, traffic) ->
            assertThatThrownBy(() -> policy(traffic))
                .isInstanceOf(InvalidResourceException.class)
                .hasMessage(message));
    assertThatThrownBy(
            () ->
                TrafficCompiler.retry(
                    "HTTPRoute shop/cart rules[0].retry", Retry.newBuilder().addCodes(200).build()))
        .hasMessage("HTTPRoute shop/cart rules[0].retry.codes: status 200 (expected 400 to 599)");
  }

  private static Service service(ServicePort.AppProtocol protocol, LoadBalancing.Algorithm by) {
    return Service.newBuilder()
        .setName("shop/cart")
        .addPorts(ServicePort.newBuilder().setPort(80).setAppProtocol(protocol))
        .setTraffic(
            TrafficPolicy.newBuilder()
                .setLoadBalancing(LoadBalancing.newBuilder().setAlgorithm(by)))
        .build();
  }

  private static ClusterLoadAssignment endpoints(String... addresses) {
    LocalityLbEndpoints.Builder locality = LocalityLbEndpoints.newBuilder();
    for (String address : addresses) {
      LbEndpoint.Builder endpoint = LbEndpoint.newBuilder();
      endpoint
          .getEndpointBuilder()
          .setAddress(
              Address.newBuilder()
                  .setSocketAddress(
                      SocketAddress.newBuilder().setAddress(address).setPortValue(8080)));
      endpoint.getLoadBalancingWeightBuilder().setValue(3);
      locality.addLbEndpoints(endpoint);
    }
    return ClusterLoadAssignment.newBuilder()
        .setClusterName("shop/cart:80")
        .addEndpoints(locality)
        .build();
  }

  private static ClusterState state(Clusters clusters) {
    return clusters.all().getFirst().state();
  }

  @Test
  void healthOutlivesChangesOfEverythingElse() throws InvalidResourceException {
    // Given
    Clusters clusters = new Clusters();
    clusters.put(service(ServicePort.AppProtocol.HTTP1, LoadBalancing.Algorithm.RANDOM));
    clusters.put("shop/cart:80", endpoints("10.0.0.1", "10.0.0.2"));
    EndpointHealth first = state(clusters).health().getFirst();
    first.report(Outcome.CONNECTION_ERROR, 0);
    first.report(Outcome.CONNECTION_ERROR, 0);
    assertThat(first.state()).isEqualTo(EndpointHealth.State.EJECTED);
    // When
    clusters.put("shop/cart:80", endpoints("10.0.0.3", "10.0.0.1", "10.0.0.4"));
    clusters.put(service(ServicePort.AppProtocol.H2C, LoadBalancing.Algorithm.ROUND_ROBIN));
    // Then
    assertThat(state(clusters).policy().balance().algorithm()).isEqualTo(Algorithm.ROUND_ROBIN);
    assertThat(state(clusters).weights()).containsExactly(3, 3, 3);
    assertThat(state(clusters).health()).element(1).isSameAs(first);
    assertThat(first.isUsable()).isFalse();
  }
}
