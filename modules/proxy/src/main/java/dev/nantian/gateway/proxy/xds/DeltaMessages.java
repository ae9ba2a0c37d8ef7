package dev.nantian.gateway.proxy.xds;

import com.google.protobuf.Any;
import com.google.rpc.Code;
import com.google.rpc.Status;
import dev.nantian.gateway.protocol.ResourceType;
import dev.nantian.gateway.protocol.StreamOpening;
import dev.nantian.gateway.protocol.config.v1.RejectedResource;
import dev.nantian.gateway.protocol.config.v1.RejectedResources;
import dev.nantian.gateway.proxy.config.ConfigStore;
import io.envoyproxy.envoy.service.discovery.v3.DeltaDiscoveryRequest;
import io.envoyproxy.envoy.service.discovery.v3.DeltaDiscoveryResponse;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;

/** The messages of the stream, made from and turned into ours. Pure. */
final class DeltaMessages {
  private static final String WILDCARD = "*";

  private DeltaMessages() {}

  /**
   * The first request for a type: all of it, and what is held already.
   *
   * @param openedMillis when the stream was opened
   */
  static DeltaDiscoveryRequest subscribeAll(
      NodeIdentity node, long openedMillis, ResourceType type, Map<String, String> held) {
    return DeltaDiscoveryRequest.newBuilder()
        .setNode(StreamOpening.opened(node.toNode(), openedMillis))
        .setTypeUrl(type.typeUrl())
        .addResourceNamesSubscribe(WILDCARD)
        .putAllInitialResourceVersions(held)
        .build();
  }

  /** Asks for resources to be sent again, whatever their version. */
  static DeltaDiscoveryRequest askAgain(ResourceType type, Collection<String> names) {
    return DeltaDiscoveryRequest.newBuilder()
        .setTypeUrl(type.typeUrl())
        .addAllResourceNamesSubscribe(names)
        .build();
  }

  static ConfigStore.Update update(ResourceType type, DeltaDiscoveryResponse response) {
    return new ConfigStore.Update(
        type,
        response.getResourcesList().stream()
            .map(
                resource ->
                    new ConfigStore.Received(
                        resource.getName(), resource.getVersion(), resource.getResource()))
            .toList(),
        response.getRemovedResourcesList());
  }

  /** ACK, or NACK that names the refused resources; all others of the response are in force. */
  static DeltaDiscoveryRequest answer(
      String typeUrl, String nonce, List<ConfigStore.Rejection> rejected) {
    DeltaDiscoveryRequest.Builder request =
        DeltaDiscoveryRequest.newBuilder().setTypeUrl(typeUrl).setResponseNonce(nonce);
    if (!rejected.isEmpty()) {
      RejectedResources.Builder details = RejectedResources.newBuilder();
      for (ConfigStore.Rejection rejection : rejected) {
        details.addResources(
            RejectedResource.newBuilder()
                .setName(rejection.name())
                .setVersion(rejection.version())
                .setReason(rejection.reason())
                .setMessage(rejection.message()));
      }
      request.setErrorDetail(
          invalid(
                  rejected.stream()
                      .map(ConfigStore.Rejection::message)
                      .collect(Collectors.joining("; ")))
              .addDetails(Any.pack(details.build())));
    }
    return request.build();
  }

  /** NACK of a response of a type that this proxy does not know. */
  static DeltaDiscoveryRequest unknownType(String typeUrl, String nonce) {
    return DeltaDiscoveryRequest.newBuilder()
        .setTypeUrl(typeUrl)
        .setResponseNonce(nonce)
        .setErrorDetail(invalid("type " + typeUrl + " (expected one that was asked for)"))
        .build();
  }

  private static Status.Builder invalid(String message) {
    return Status.newBuilder().setCode(Code.INVALID_ARGUMENT_VALUE).setMessage(message);
  }
}
