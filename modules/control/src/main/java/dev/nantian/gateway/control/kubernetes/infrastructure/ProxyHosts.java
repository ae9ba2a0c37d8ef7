package dev.nantian.gateway.control.kubernetes.infrastructure;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;

/**
 * The hosts at which clients find the proxies, from the endpoints of the proxies' Service and the
 * cluster's Nodes. Plain; one owner.
 *
 * <p>Of Nodes only what counts here is kept: they name every image that they hold.
 */
final class ProxyHosts {
  /** A Gateway's status holds no more (Gateway API, {@code GatewayStatus.addresses}). */
  static final int MOST_ADDRESSES = 16;

  // Well-known labels of Kubernetes: who keeps load balancers off a node wants no clients there.
  private static final String EXCLUDED = "node.kubernetes.io/exclude-from-external-load-balancers";

  private record Endpoint(String node, List<String> addresses) {}

  private record Node(boolean ready, boolean excluded, List<String> addresses) {}

  private final HostSettings settings;
  private final Map<String, List<Endpoint>> slices = new HashMap<>();
  private final Map<String, Node> nodes = new TreeMap<>();

  ProxyHosts(HostSettings settings) {
    this.settings = settings;
  }

  /** A slice with proxies is new or has changed. */
  void slice(String name, JsonNode slice) {
    List<Endpoint> ready = new ArrayList<>();
    for (JsonNode endpoint : slice.path("endpoints")) {
      // Not said means ready (EndpointConditions).
      if (endpoint.at("/conditions/ready").asBoolean(true)) {
        List<String> addresses = new ArrayList<>();
        endpoint.path("addresses").forEach(address -> addresses.add(address.asText()));
        ready.add(new Endpoint(endpoint.path("nodeName").asText(), addresses));
      }
    }
    slices.put(name, ready);
  }

  /** A slice with proxies is gone. */
  void sliceGone(String name) {
    slices.remove(name);
  }

  /** A Node is new or has changed. */
  void node(String name, JsonNode node) {
    boolean ready = false;
    for (JsonNode condition : node.at("/status/conditions")) {
      ready |=
          condition.path("type").asText().equals("Ready")
              && condition.path("status").asText().equals("True");
    }
    List<String> addresses = new ArrayList<>();
    for (JsonNode address : node.at("/status/addresses")) {
      if (address.path("type").asText().equals(settings.address().apiName())) {
        addresses.add(address.path("address").asText());
      }
    }
    nodes.put(name, new Node(ready, node.at("/metadata/labels").has(EXCLUDED), addresses));
  }

  /** A Node is gone. */
  void nodeGone(String name) {
    nodes.remove(name);
  }

  /** IP addresses, always in the same order, no more than a status holds. */
  List<String> addresses() {
    Set<String> found = new TreeSet<>();
    Set<String> withProxy = new TreeSet<>();
    for (List<Endpoint> endpoints : slices.values()) {
      for (Endpoint endpoint : endpoints) {
        withProxy.add(endpoint.node());
        if (settings.address() == HostSettings.Address.ENDPOINT) {
          found.addAll(endpoint.addresses());
        }
      }
    }
    nodes.forEach(
        (name, node) -> {
          boolean counts = settings.everyNode() ? !node.excluded() : withProxy.contains(name);
          if (counts && node.ready()) {
            found.addAll(node.addresses());
          }
        });
    return found.stream().limit(MOST_ADDRESSES).toList();
  }
}
