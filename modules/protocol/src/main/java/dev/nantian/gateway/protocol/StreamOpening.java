package dev.nantian.gateway.protocol;

import com.google.protobuf.Struct;
import com.google.protobuf.Value;
import io.envoyproxy.envoy.config.core.v3.Node;

/**
 * When a proxy opened a stream, by its own clock, in the metadata of its {@code node}: replicas of
 * the control plane tell by it which of two streams of one proxy is the later. Stateless.
 */
public final class StreamOpening {
  private static final String FIELD = "stream_opened_millis";

  private StreamOpening() {}

  /** The node as it names itself on a stream opened then. */
  public static Node opened(Node node, long millis) {
    // Exact: a double holds integers up to 2^53.
    Value at = Value.newBuilder().setNumberValue((double) millis).build();
    return node.toBuilder()
        .setMetadata(Struct.newBuilder(node.getMetadata()).putFields(FIELD, at))
        .build();
  }

  /** When, in milliseconds; 0 if it does not say. */
  public static long openedMillis(Node node) {
    Value at = node.getMetadata().getFieldsOrDefault(FIELD, Value.getDefaultInstance());
    return (long) at.getNumberValue();
  }
}
