package dev.nantian.gateway.control.kubernetes.infrastructure;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import org.junit.jupiter.api.Test;

class ProxyHostsTest {
  private static final ObjectMapper MAPPER = new ObjectMapper();

  private final ProxyHosts internal = hosts(HostSettings.Address.INTERNAL_IP, false);

  @Test
  void nodesWithAReadyProxyCount() throws Exception {
    internal.node("a", node("True", "10.0.0.1", "192.0.2.1"));
    internal.node("b", node("True", "10.0.0.2", "192.0.2.2"));
    internal.node("c", node("True", "10.0.0.3", "192.0.2.3"));

    internal.slice(
        "s", slice(endpoint("a", "10.1.0.1", "true"), endpoint("b", "10.1.0.2", "false")));

    assertThat(internal.addresses()).containsExactly("10.0.0.1");
  }

  @Test
  void aProxyOfWhichNothingIsSaidIsReady() throws Exception {
    internal.node("a", node("True", "10.0.0.1", "192.0.2.1"));

    internal.slice("s", slice("{\"addresses\":[\"10.1.0.1\"],\"nodeName\":\"a\"}"));

    assertThat(internal.addresses()).containsExactly("10.0.0.1");
  }

  @Test
  void aNodeThatIsNotReadyDoesNotCount() throws Exception {
    internal.slice("s", slice(endpoint("a", "10.1.0.1", "true")));

    internal.node("a", node("Unknown", "10.0.0.1", "192.0.2.1"));

    assertThat(internal.addresses()).isEmpty();
  }

  @Test
  void addressesAreOfTheTypeThatIsChosen() throws Exception {
    ProxyHosts external = hosts(HostSettings.Address.EXTERNAL_IP, false);
    external.slice("s", slice(endpoint("a", "10.1.0.1", "true")));

    external.node("a", node("True", "10.0.0.1", "192.0.2.1"));

    assertThat(external.addresses()).containsExactly("192.0.2.1");
  }

  @Test
  void ofEveryNodeThoseKeptFromLoadBalancersAreLeftOut() throws Exception {
    ProxyHosts every = hosts(HostSettings.Address.INTERNAL_IP, true);
    every.node("a", node("True", "10.0.0.1", "192.0.2.1"));

    every.node(
        "b",
        MAPPER.readTree(
            """
            {"metadata":{"labels":{"node.kubernetes.io/exclude-from-external-load-balancers":""}},
             "status":{"conditions":[{"type":"Ready","status":"True"}],
                       "addresses":[{"type":"InternalIP","address":"10.0.0.2"}]}}"""));

    assertThat(every.addresses()).containsExactly("10.0.0.1");
  }

  @Test
  void onTheHostsNetworkTheEndpointsAreTheHosts() throws Exception {
    ProxyHosts endpoints = hosts(HostSettings.Address.ENDPOINT, false);
    endpoints.slice("v4", slice(endpoint("b", "10.0.0.2", "true")));

    endpoints.slice(
        "v6", slice(endpoint("a", "2001:db8::1", "true"), endpoint("b", "2001:db8::2", "false")));

    assertThat(endpoints.addresses()).containsExactly("10.0.0.2", "2001:db8::1");
  }

  @Test
  void whatIsGoneCountsNoMore() throws Exception {
    internal.node("a", node("True", "10.0.0.1", "192.0.2.1"));
    internal.node("b", node("True", "10.0.0.2", "192.0.2.2"));
    internal.slice("s", slice(endpoint("a", "10.1.0.1", "true")));
    internal.slice("t", slice(endpoint("b", "10.1.0.2", "true")));

    internal.sliceGone("s");
    internal.nodeGone("b");

    assertThat(internal.addresses()).isEmpty();
  }

  @Test
  void thereAreNoMoreThanAStatusHolds() throws Exception {
    ProxyHosts every = hosts(HostSettings.Address.INTERNAL_IP, true);

    for (int i = 10; i < 40; i++) {
      every.node("n" + i, node("True", "10.0.0." + i, "192.0.2." + i));
    }

    assertThat(every.addresses())
        .hasSize(ProxyHosts.MOST_ADDRESSES)
        .startsWith("10.0.0.10")
        .endsWith("10.0.0.25");
  }

  @Test
  void endpointsOfNodesWithoutProxiesDoNotExist() {
    assertThatThrownBy(() -> hosts(HostSettings.Address.ENDPOINT, true))
        .isInstanceOf(IllegalArgumentException.class);
  }

  private static ProxyHosts hosts(HostSettings.Address address, boolean everyNode) {
    return new ProxyHosts(new HostSettings("nantian-proxy", address, everyNode));
  }

  private static JsonNode node(String ready, String internal, String external)
      throws JsonProcessingException {
    return MAPPER.readTree(
        """
        {"status":{
          "conditions":[{"type":"MemoryPressure","status":"False"},{"type":"Ready","status":"%s"}],
          "addresses":[{"type":"Hostname","address":"n"},{"type":"InternalIP","address":"%s"},
                       {"type":"ExternalIP","address":"%s"}]}}"""
            .formatted(ready, internal, external));
  }

  private static String endpoint(String node, String address, String ready) {
    return "{\"addresses\":[\"%s\"],\"nodeName\":\"%s\",\"conditions\":{\"ready\":%s}}"
        .formatted(address, node, ready);
  }

  private static JsonNode slice(String... endpoints) throws JsonProcessingException {
    return MAPPER.readTree("{\"endpoints\":[" + String.join(",", endpoints) + "]}");
  }
}
