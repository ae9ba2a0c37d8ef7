package dev.nantian.gateway.control.xds;

import dev.nantian.gateway.control.snapshot.ResourceId;
import dev.nantian.gateway.protocol.ResourceType;
import dev.nantian.gateway.protocol.config.v1.RejectedResource;
import io.envoyproxy.envoy.service.discovery.v3.DeltaDiscoveryResponse;
import java.util.List;
import java.util.Map;

/** What {@link DeltaStream} wants done or known, in this order. */
public sealed interface StreamOutput {

  /** Send this response. */
  record Send(ResourceType type, DeltaDiscoveryResponse response) implements StreamOutput {}

  /**
   * The node holds these versions, and no longer holds the removed: it has ACKed them, or said so
   * when it connected.
   *
   * @param answer whether this is the answer to a response
   */
  record Applied(
      ResourceType type, Map<ResourceId, String> versions, List<ResourceId> removed, boolean answer)
      implements StreamOutput {}

  /**
   * The node refused these versions and keeps what it had of each.
   *
   * @param error the node's message for the whole response
   */
  record Refused(ResourceType type, String error, List<Rejection> rejections)
      implements StreamOutput {}

  /** One refused version with the node's reason. */
  record Rejection(ResourceId id, String version, RejectedResource.Reason reason, String message) {}

  /** A request for a type that the control plane does not serve; it gets no answer. */
  record UnknownType(String typeUrl) implements StreamOutput {}
}
