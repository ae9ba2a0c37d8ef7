package dev.nantian.gateway.protocol;

import com.google.protobuf.Message;
import com.google.protobuf.Parser;
import dev.nantian.gateway.protocol.config.v1.Gateway;
import dev.nantian.gateway.protocol.config.v1.HttpRoute;
import dev.nantian.gateway.protocol.config.v1.L4Route;
import dev.nantian.gateway.protocol.config.v1.Service;
import io.envoyproxy.envoy.config.endpoint.v3.ClusterLoadAssignment;
import io.envoyproxy.envoy.extensions.transport_sockets.tls.v3.Secret;
import java.util.Optional;

/**
 * The resource types on the stream, declared in make-before-break order: what a resource may refer
 * to comes before it.
 *
 * <p>A control plane sends additions and changes in declaration order and removals in reverse, so
 * that a proxy never holds a route without the listener, service, endpoints and certificates that
 * it needs.
 */
public enum ResourceType {
  /** Certificates: name {@code namespace/name} of the Secret object. */
  SECRET(Secret.getDefaultInstance()),
  /** Services that routes use: name {@code namespace/name}. */
  SERVICE(Service.getDefaultInstance()),
  /**
   * Endpoints of one port of a Service: name {@code namespace/name:port}, equal to its {@code
   * cluster_name}.
   */
  ENDPOINTS(ClusterLoadAssignment.getDefaultInstance()),
  /** Gateways with their listeners: name {@code namespace/name}. */
  GATEWAY(Gateway.getDefaultInstance()),
  /** Routes with their attachments: name {@code namespace/name}. */
  HTTP_ROUTE(HttpRoute.getDefaultInstance()),
  /** Routes of layer 4: name {@code TCPRoute/namespace/name}, likewise UDPRoute and TLSRoute. */
  L4_ROUTE(L4Route.getDefaultInstance());

  private static final String PREFIX = "type.googleapis.com/";

  private final String typeUrl;
  private final Message prototype;

  ResourceType(Message prototype) {
    this.typeUrl = PREFIX + prototype.getDescriptorForType().getFullName();
    this.prototype = prototype;
  }

  /** The type URL of xDS requests, responses and {@code Any}s of this type. */
  public String typeUrl() {
    return typeUrl;
  }

  /** Parser of the message of this type. */
  public Parser<? extends Message> parser() {
    return prototype.getParserForType();
  }

  /** The type with this URL; empty if it is none of ours. */
  public static Optional<ResourceType> ofTypeUrl(String typeUrl) {
    for (ResourceType type : values()) {
      if (type.typeUrl.equals(typeUrl)) {
        return Optional.of(type);
      }
    }
    return Optional.empty();
  }
}
