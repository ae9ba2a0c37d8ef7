package dev.nantian.gateway.control.kubernetes.infrastructure;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.nantian.gateway.control.address.Frontage;
import dev.nantian.gateway.control.source.Kind;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/** The objects that are made for a Gateway, and how they are known again. Pure. */
final class Manifests {
  private static final JsonNodeFactory JSON = JsonNodeFactory.instance;
  static final String MANAGER = "nantian-gateway";
  private static final String MANAGED_BY = "app.kubernetes.io/managed-by";
  // GEP-1762: in-cluster gateway deployments.
  private static final String GATEWAY_NAME = "gateway.networking.k8s.io/gateway-name";
  private static final String CLASS_NAME = "gateway.networking.k8s.io/gateway-class-name";
  private static final String SLICE_MANAGED_BY = "endpointslice.kubernetes.io/managed-by";
  private static final String SLICE_SERVICE = "kubernetes.io/service-name";
  private static final String APPLIED = "gateway.nantian.dev/applied";
  // metav1: a label's value
  private static final int LONGEST_LABEL = 63;

  private Manifests() {}

  static ObjectNode service(WantedService wanted, InfrastructureSettings settings) {
    ObjectNode service = JSON.objectNode().put("apiVersion", "v1").put("kind", "Service");
    ObjectNode metadata = metadata(wanted, wanted.serviceName());
    service.set("metadata", metadata);
    ObjectNode spec = service.putObject("spec").put("type", settings.serviceType().apiName());
    ArrayNode ports = spec.putArray("ports");
    wanted
        .targets()
        .forEach(
            (entrance, target) ->
                ports
                    .addObject()
                    .put("name", entrance.toString())
                    .put("port", entrance.port())
                    .put("protocol", entrance.udp() ? "UDP" : "TCP")
                    .put("targetPort", target));
    if (!wanted.requested().isEmpty()
        && settings.serviceType() == InfrastructureSettings.ServiceType.LOAD_BALANCER) {
      // Deprecated, and still what every load balancer reads.
      spec.put("loadBalancerIP", wanted.requested().getFirst());
    }
    String digest = Integer.toHexString(service.toString().hashCode());
    metadata.withObjectProperty("annotations").put(APPLIED, digest);
    return service;
  }

  /** Whether a Service is as {@link #service} made it, as far as that matters. */
  static boolean isApplied(ObjectNode wanted, JsonNode present) {
    return present
            .at("/metadata/annotations")
            .path(APPLIED)
            .equals(wanted.at("/metadata/annotations").path(APPLIED))
        && targets(wanted).equals(targets(present))
        && wanted
            .at("/spec/loadBalancerIP")
            .asText("")
            .equals(present.at("/spec/loadBalancerIP").asText(""));
  }

  /**
   * The slice of a Gateway's Service: the proxies, at the Gateway's targets.
   *
   * @param addressType IPv4 or IPv6
   */
  static ObjectNode slice(WantedService wanted, String addressType, ArrayNode endpoints) {
    ObjectNode slice =
        JSON.objectNode().put("apiVersion", "discovery.k8s.io/v1").put("kind", "EndpointSlice");
    String name = wanted.serviceName() + "-" + addressType.toLowerCase(Locale.ROOT);
    ObjectNode metadata = metadata(wanted, name);
    metadata
        .withObjectProperty("labels")
        .put(SLICE_MANAGED_BY, MANAGER)
        .put(SLICE_SERVICE, wanted.serviceName());
    slice.set("metadata", metadata);
    slice.put("addressType", addressType);
    slice.set("endpoints", endpoints);
    ArrayNode ports = slice.putArray("ports");
    wanted
        .targets()
        .forEach(
            (entrance, target) ->
                ports
                    .addObject()
                    .put("name", entrance.toString())
                    .put("port", target)
                    .put("protocol", entrance.udp() ? "UDP" : "TCP"));
    return slice;
  }

  static boolean isSameSlice(ObjectNode wanted, JsonNode present) {
    return wanted.path("endpoints").equals(endpoints(List.of(present)))
        && wanted.path("ports").equals(present.path("ports"));
  }

  /** The endpoints of slices of one address type, as they go into another slice. */
  static ArrayNode endpoints(Collection<? extends JsonNode> slices) {
    Map<String, ObjectNode> byAddress = new TreeMap<>();
    for (JsonNode slice : slices) {
      for (JsonNode endpoint : slice.path("endpoints")) {
        ObjectNode copy = JSON.objectNode();
        for (String field : List.of("addresses", "conditions", "nodeName", "targetRef", "zone")) {
          if (endpoint.has(field)) {
            copy.set(field, endpoint.get(field));
          }
        }
        byAddress.put(endpoint.path("addresses").toString(), copy);
      }
    }
    return JSON.arrayNode().addAll(new ArrayList<>(byAddress.values()));
  }

  private static ObjectNode metadata(WantedService wanted, String name) {
    ObjectNode metadata = JSON.objectNode().put("name", name).put("namespace", wanted.namespace());
    ObjectNode labels = metadata.putObject("labels");
    new TreeMap<>(wanted.infrastructure().labels()).forEach(labels::put);
    labels.put(MANAGED_BY, MANAGER);
    putLabel(labels, GATEWAY_NAME, wanted.gatewayName());
    putLabel(labels, CLASS_NAME, wanted.infrastructure().gatewayClass());
    ObjectNode annotations = metadata.putObject("annotations");
    new TreeMap<>(wanted.infrastructure().annotations()).forEach(annotations::put);
    metadata
        .putArray("ownerReferences")
        .addObject()
        .put("apiVersion", Kind.GATEWAY.apiVersions().getFirst())
        .put("kind", Kind.GATEWAY.kindName())
        .put("name", wanted.gatewayName())
        .put("uid", wanted.infrastructure().uid())
        .put("controller", true)
        .put("blockOwnerDeletion", false);
    return metadata;
  }

  private static void putLabel(ObjectNode labels, String name, String value) {
    if (value.length() <= LONGEST_LABEL) {
      labels.put(name, value);
    }
  }

  /** The Gateway ({@code namespace/name}) that an object was made for; empty if we did not. */
  static Optional<String> gatewayOf(JsonNode object) {
    JsonNode metadata = object.path("metadata");
    if (!metadata.path("labels").path(MANAGED_BY).asText().equals(MANAGER)) {
      return Optional.empty();
    }
    for (JsonNode owner : metadata.path("ownerReferences")) {
      if (owner.path("kind").asText().equals(Kind.GATEWAY.kindName())
          && owner.path("controller").asBoolean()) {
        return Optional.of(metadata.path("namespace").asText() + "/" + owner.path("name").asText());
      }
    }
    return Optional.empty();
  }

  /** The Service whose endpoints a slice holds. */
  static String serviceOf(JsonNode slice) {
    return slice.path("metadata").path("labels").path(SLICE_SERVICE).asText();
  }

  /** What a Service of ours is for clients. */
  static Frontage frontage(String gateway, JsonNode service) {
    List<String> addresses = new ArrayList<>();
    for (JsonNode ingress : service.at("/status/loadBalancer/ingress")) {
      addresses.add(
          ingress.hasNonNull("ip")
              ? ingress.path("ip").asText()
              : ingress.path("hostname").asText());
    }
    if (service.at("/spec/type").asText().equals("ClusterIP")) {
      addresses.add(service.at("/spec/clusterIP").asText());
    }
    addresses.removeIf(String::isEmpty);
    return new Frontage(
        gateway,
        "Service "
            + service.at("/metadata/namespace").asText()
            + "/"
            + service.at("/metadata/name").asText(),
        targets(service),
        addresses);
  }

  private static Map<Frontage.Entrance, Integer> targets(JsonNode service) {
    Map<Frontage.Entrance, Integer> targets = new HashMap<>();
    for (JsonNode port : service.at("/spec/ports")) {
      if (port.path("targetPort").isInt()) {
        targets.put(
            new Frontage.Entrance(
                port.path("port").asInt(), port.path("protocol").asText().equals("UDP")),
            port.path("targetPort").asInt());
      }
    }
    return targets;
  }
}
