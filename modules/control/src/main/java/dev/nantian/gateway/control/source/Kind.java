package dev.nantian.gateway.control.source;

import dev.nantian.gateway.control.policy.BackendLBPolicy;
import dev.nantian.gateway.control.policy.HTTPFilter;
import io.fabric8.kubernetes.api.model.ConfigMap;
import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.Namespace;
import io.fabric8.kubernetes.api.model.Secret;
import io.fabric8.kubernetes.api.model.Service;
import io.fabric8.kubernetes.api.model.discovery.v1.EndpointSlice;
import io.fabric8.kubernetes.api.model.gatewayapi.v1.BackendTLSPolicy;
import io.fabric8.kubernetes.api.model.gatewayapi.v1.GRPCRoute;
import io.fabric8.kubernetes.api.model.gatewayapi.v1.Gateway;
import io.fabric8.kubernetes.api.model.gatewayapi.v1.GatewayClass;
import io.fabric8.kubernetes.api.model.gatewayapi.v1.HTTPRoute;
import io.fabric8.kubernetes.api.model.gatewayapi.v1.ListenerSet;
import io.fabric8.kubernetes.api.model.gatewayapi.v1.ReferenceGrant;
import io.fabric8.kubernetes.api.model.gatewayapi.v1.TLSRoute;
import io.fabric8.kubernetes.api.model.gatewayapi.v1alpha2.TCPRoute;
import io.fabric8.kubernetes.api.model.gatewayapi.v1alpha2.UDPRoute;
import java.util.List;
import java.util.Optional;

/** The kinds of Kubernetes object that the control plane reads. */
public enum Kind {
  GATEWAY_CLASS(Kind.GATEWAY_API, "GatewayClass", false, GatewayClass.class, "v1", "v1beta1"),
  GATEWAY(Kind.GATEWAY_API, "Gateway", true, Gateway.class, "v1", "v1beta1"),
  LISTENER_SET(Kind.GATEWAY_API, "ListenerSet", true, ListenerSet.class, "v1"),
  HTTP_ROUTE(Kind.GATEWAY_API, "HTTPRoute", true, HTTPRoute.class, "v1", "v1beta1"),
  GRPC_ROUTE(Kind.GATEWAY_API, "GRPCRoute", true, GRPCRoute.class, "v1"),
  TLS_ROUTE(Kind.GATEWAY_API, "TLSRoute", true, TLSRoute.class, "v1"),
  TCP_ROUTE(Kind.GATEWAY_API, "TCPRoute", true, TCPRoute.class, "v1alpha2"),
  UDP_ROUTE(Kind.GATEWAY_API, "UDPRoute", true, UDPRoute.class, "v1alpha2"),
  BACKEND_TLS_POLICY(Kind.GATEWAY_API, "BackendTLSPolicy", true, BackendTLSPolicy.class, "v1"),
  BACKEND_LB_POLICY(Kind.GATEWAY_API, "BackendLBPolicy", true, BackendLBPolicy.class, "v1alpha2"),
  HTTP_FILTER("gateway.nantian.dev", "HTTPFilter", true, HTTPFilter.class, "v1alpha1"),
  SERVICE("", "Service", true, Service.class, "v1"),
  ENDPOINT_SLICE("discovery.k8s.io", "EndpointSlice", true, EndpointSlice.class, "v1"),
  SECRET("", "Secret", true, Secret.class, "v1"),
  CONFIG_MAP("", "ConfigMap", true, ConfigMap.class, "v1"),
  NAMESPACE("", "Namespace", false, Namespace.class, "v1"),
  REFERENCE_GRANT(Kind.GATEWAY_API, "ReferenceGrant", true, ReferenceGrant.class, "v1", "v1beta1");

  /** The API group of the Gateway API. */
  public static final String GATEWAY_API = "gateway.networking.k8s.io";

  private final String group;
  private final String kindName;
  private final boolean namespaced;
  private final Class<? extends HasMetadata> model;

  @SuppressWarnings("ImmutableEnumChecker") // made by List.of
  private final List<String> versions;

  Kind(
      String group,
      String kindName,
      boolean namespaced,
      Class<? extends HasMetadata> model,
      String... versions) {
    this.group = group;
    this.kindName = kindName;
    this.namespaced = namespaced;
    this.model = model;
    this.versions = List.of(versions);
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
    return versions.stream().map(version -> prefix + version).toList();
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
