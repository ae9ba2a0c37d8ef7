package dev.nantian.gateway.proxy.config;

import com.google.protobuf.Any;
import com.google.protobuf.ByteString;
import com.google.protobuf.Message;
import dev.nantian.gateway.protocol.ResourceType;
import dev.nantian.gateway.protocol.ResourceVersion;
import dev.nantian.gateway.protocol.config.v1.Attachment;
import dev.nantian.gateway.protocol.config.v1.Gateway;
import dev.nantian.gateway.protocol.config.v1.HttpMatch;
import dev.nantian.gateway.protocol.config.v1.HttpRoute;
import dev.nantian.gateway.protocol.config.v1.HttpRule;
import dev.nantian.gateway.protocol.config.v1.L4Route;
import dev.nantian.gateway.protocol.config.v1.Listener;
import dev.nantian.gateway.protocol.config.v1.PathMatch;
import dev.nantian.gateway.protocol.config.v1.Service;
import dev.nantian.gateway.protocol.config.v1.ServicePort;
import dev.nantian.gateway.protocol.config.v1.ServiceRef;
import dev.nantian.gateway.protocol.config.v1.WeightedBackend;
import dev.nantian.gateway.proxy.tls.TestKeys;
import io.envoyproxy.envoy.config.core.v3.Address;
import io.envoyproxy.envoy.config.core.v3.DataSource;
import io.envoyproxy.envoy.config.core.v3.SocketAddress;
import io.envoyproxy.envoy.config.endpoint.v3.ClusterLoadAssignment;
import io.envoyproxy.envoy.config.endpoint.v3.Endpoint;
import io.envoyproxy.envoy.config.endpoint.v3.LbEndpoint;
import io.envoyproxy.envoy.config.endpoint.v3.LocalityLbEndpoints;
import io.envoyproxy.envoy.extensions.transport_sockets.tls.v3.Secret;
import io.envoyproxy.envoy.extensions.transport_sockets.tls.v3.TlsCertificate;
import java.util.List;

/** Configuration messages as a control plane sends them. */
public final class Samples {
  private Samples() {}

  /** A Gateway {@code ns/name} with one cleartext listener {@code http}. */
  public static Gateway gateway(String name, int port) {
    return Gateway.newBuilder().setName(name).addListeners(http("http", port, "")).build();
  }

  /** A cleartext listener. */
  public static Listener http(String name, int port, String hostname) {
    return Listener.newBuilder()
        .setName(name)
        .setPort(port)
        .setProtocol(Listener.Protocol.HTTP)
        .setHostname(hostname)
        .build();
  }

  /** A TLS listener. */
  public static Listener https(String name, int port, String hostname, String... secrets) {
    return http(name, port, hostname).toBuilder()
        .setProtocol(Listener.Protocol.HTTPS)
        .addAllCertificates(List.of(secrets))
        .build();
  }

  /** A route for every host of listener {@code http} with one prefix and one backend. */
  public static HttpRoute route(String name, String gateway, String prefix, String service) {
    return HttpRoute.newBuilder()
        .setName(name)
        .addAttachments(
            Attachment.newBuilder().setGateway(gateway).setListener("http").addHostnames(""))
        .addRules(rule(prefix, service))
        .build();
  }

  /** A route of layer 4 for one listener, with port 80 of one service. */
  public static L4Route l4Route(
      L4Route.Kind kind,
      String name,
      String gateway,
      String listener,
      String service,
      String... hostnames) {
    return L4Route.newBuilder()
        .setName(name)
        .setKind(kind)
        .addAttachments(
            Attachment.newBuilder()
                .setGateway(gateway)
                .setListener(listener)
                .addAllHostnames(List.of(hostnames)))
        .addBackends(
            WeightedBackend.newBuilder()
                .setWeight(1)
                .setService(ServiceRef.newBuilder().setService(service).setPort(80)))
        .build();
  }

  /** A listener of any protocol. */
  public static Listener listener(String name, int port, Listener.Protocol protocol) {
    return http(name, port, "").toBuilder().setProtocol(protocol).build();
  }

  /** A rule with one prefix and port 80 of one service. */
  public static HttpRule rule(String prefix, String service) {
    return HttpRule.newBuilder()
        .addMatches(HttpMatch.newBuilder().setPath(PathMatch.newBuilder().setPrefix(prefix)))
        .addBackends(
            WeightedBackend.newBuilder()
                .setWeight(1)
                .setService(ServiceRef.newBuilder().setService(service).setPort(80)))
        .build();
  }

  /** A service with HTTP/1.1 ports. */
  public static Service service(String name, int... ports) {
    Service.Builder service = Service.newBuilder().setName(name);
    for (int port : ports) {
      service.addPorts(ServicePort.newBuilder().setPort(port));
    }
    return service.build();
  }

  /** Endpoints {@code address:port} of one port of a service. */
  public static ClusterLoadAssignment endpoints(String cluster, String... addresses) {
    LocalityLbEndpoints.Builder locality = LocalityLbEndpoints.newBuilder();
    for (String address : addresses) {
      int colon = address.lastIndexOf(':');
      locality.addLbEndpoints(
          LbEndpoint.newBuilder()
              .setEndpoint(
                  Endpoint.newBuilder()
                      .setAddress(
                          Address.newBuilder()
                              .setSocketAddress(
                                  SocketAddress.newBuilder()
                                      .setAddress(address.substring(0, colon))
                                      .setPortValue(
                                          Integer.parseInt(address.substring(colon + 1)))))));
    }
    return ClusterLoadAssignment.newBuilder()
        .setClusterName(cluster)
        .addEndpoints(locality)
        .build();
  }

  /** A certificate. */
  public static Secret secret(String name, TestKeys keys) {
    return secret(name, keys.chain(), keys.key());
  }

  /** A certificate from any text. */
  public static Secret secret(String name, String chain, String key) {
    return Secret.newBuilder()
        .setName(name)
        .setTlsCertificate(
            TlsCertificate.newBuilder()
                .setCertificateChain(
                    DataSource.newBuilder().setInlineBytes(ByteString.copyFromUtf8(chain)))
                .setPrivateKey(
                    DataSource.newBuilder().setInlineBytes(ByteString.copyFromUtf8(key))))
        .build();
  }

  /** As it travels; the version is that of its content. */
  public static ConfigStore.Received received(Message message) {
    ByteString bytes = ResourceVersion.bytesOf(message);
    return new ConfigStore.Received(
        nameOf(message),
        ResourceVersion.of(bytes),
        Any.newBuilder()
            .setTypeUrl("type.googleapis.com/" + message.getDescriptorForType().getFullName())
            .setValue(bytes)
            .build());
  }

  /** New or changed resources of one type. */
  public static ConfigStore.Update update(Message... messages) {
    return new ConfigStore.Update(
        typeOf(messages[0]), List.of(messages).stream().map(Samples::received).toList(), List.of());
  }

  /** Removed resources. */
  public static ConfigStore.Update removal(ResourceType type, String... names) {
    return new ConfigStore.Update(type, List.of(), List.of(names));
  }

  /** The type of a message. */
  public static ResourceType typeOf(Message message) {
    return ResourceType.ofTypeUrl(
            "type.googleapis.com/" + message.getDescriptorForType().getFullName())
        .orElseThrow();
  }

  /** The resource name of a message. */
  public static String nameOf(Message message) {
    return switch (message) {
      case Gateway gateway -> gateway.getName();
      case HttpRoute route -> route.getName();
      case L4Route route -> route.getName();
      case Service service -> service.getName();
      case Secret secret -> secret.getName();
      case ClusterLoadAssignment assignment -> assignment.getClusterName();
      default -> throw new IllegalArgumentException(message.getClass().getName());
    };
  }
}
