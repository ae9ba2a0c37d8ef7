package dev.nantian.gateway.control.source;

import io.fabric8.kubernetes.api.model.ConfigMap;
import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.Namespace;
import io.fabric8.kubernetes.api.model.Secret;
import io.fabric8.kubernetes.api.model.Service;
import io.fabric8.kubernetes.api.model.discovery.v1.EndpointSlice;
import io.fabric8.kubernetes.api.model.gatewayapi.v1.Gateway;
import io.fabric8.kubernetes.api.model.gatewayapi.v1.GatewayClass;
import io.fabric8.kubernetes.api.model.gatewayapi.v1.HTTPRoute;
import io.fabric8.kubernetes.api.model.gatewayapi.v1.ReferenceGrant;
import io.fabric8.kubernetes.api.model.gatewayapi.v1.TLSRoute;
import io.fabric8.kubernetes.api.model.gatewayapi.v1alpha2.TCPRoute;
import io.fabric8.kubernetes.api.model.gatewayapi.v1alpha2.UDPRoute;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;

/** The kinds of Kubernetes object that the control plane reads. */
public enum Kind {
  GATEWAY_CLASS(Kind.GATEWAY_API, "GatewayClass", true, false, GatewayClass.class),
  GATEWAY(Kind.GATEWAY_API, "Gateway", true, true, Gateway.class),
  HTTP_ROUTE(Kind.GATEWAY_API, "HTTPRoute", true, true, HTTPRoute.class),
  TLS_ROUTE(Kind.GATEWAY_API, "TLSRoute", "v1", true, TLSRoute.class),
  TCP_ROUTE(Kind.GATEWAY_API, "TCPRoute", "v1alpha2", true, TCPRoute.class),
  UDP_ROUTE(Kind.GATEWAY_API, "UDPRoute", "v1alpha2", true, UDPRoute.class),
  SERVICE("", "Service", false, true, Service.class),
  ENDPOINT_SLICE("discovery.k8s.io", "EndpointSlice", false, true, EndpointSlice.class),
  SECRET("", "Secret", false, true, Secret.class),
  CONFIG_MAP("", "ConfigMap", false, true, ConfigMap.class),
  NAMESPACE("", "Namespace", false, false, Namespace.class),
  REFERENCE_GRANT(Kind.GATEWAY_API, "ReferenceGrant", true, true, ReferenceGrant.class);

  /** The API group of the Gateway API. */
  public static final String GATEWAY_API = "gateway.networking.k8s.io";

  private final String group;
  private final String kindName;
  private final String versions;
  private final boolean namespaced;
  private final Class<? extends HasMetadata> model;

  Kind(
      String group,
      String kindName,
      boolean beta,
      boolean namespaced,
      Class<? extends HasMetadata> model) {
    this(group, kindName, beta ? "v1 v1beta1" : "v1", namespaced, model);
  }

  Kind(
      String group,
      String kindName,
      String versions,
      boolean namespaced,
      Class<? extends HasMetadata> model) {
    this.group = group;
    this.kindName = kindName;
    this.versions = versions;
    this.namespaced = namespaced;
    this.model = model;
  }

  /** The API group, empty for the core group. */
  public String group() {
    return group;
  }

  /** The name in an object's {@code kind} field. */
  public String kindName() {
    return kindName;
  }

  /**
   * The {@code apiVersion} values that are accepted, the preferred first; all have the same fields.
   */
  public List<String> apiVersions() {
    String prefix = group.isEmpty() ? "" : group + "/";
    return Arrays.stream(versions.split(" ")).map(version -> prefix + version).toList();
  }

  /** Whether objects of this kind live in a namespace. */
  public boolean namespaced() {
    return namespaced;
  }

  /** The class that an object of this kind is an instance of. */
  public Class<? extends HasMetadata> model() {
    return model;
  }

  /** The kind of this group and kind name, or empty if the control plane does not read it. */
  public static Optional<Kind> of(String group, String kindName) {
    for (Kind kind : values()) {
      if (kind.group.equals(group) && kind.kindName.equals(kindName)) {
        return Optional.of(kind);
      }
    }
    return Optional.empty();
  }

  @Override
  public String toString() {
    return kindName;
  }
}
