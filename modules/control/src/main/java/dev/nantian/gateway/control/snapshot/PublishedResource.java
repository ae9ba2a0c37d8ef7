package dev.nantian.gateway.control.snapshot;

import com.google.protobuf.Any;
import com.google.protobuf.ByteString;
import com.google.protobuf.InvalidProtocolBufferException;
import com.google.protobuf.Message;
import dev.nantian.gateway.protocol.ResourceType;
import dev.nantian.gateway.protocol.ResourceVersion;
import io.envoyproxy.envoy.service.discovery.v3.Resource;
import java.time.Instant;

/**
 * One version of one resource, in the form in which every stream sends it.
 *
 * @param wire name, version and bytes; shared by all streams
 * @param causedAt when the source event arrived that led to this version
 */
public record PublishedResource(ResourceId id, Resource wire, Instant causedAt) {

  /** Serialises a message and derives its version from the bytes. */
  public static PublishedResource of(
      ResourceType type, String name, Message message, Instant causedAt) {
    ByteString bytes = ResourceVersion.bytesOf(message);
    Resource wire =
        Resource.newBuilder()
            .setName(name)
            .setVersion(ResourceVersion.of(bytes))
            .setResource(Any.newBuilder().setTypeUrl(type.typeUrl()).setValue(bytes))
            .build();
    return new PublishedResource(new ResourceId(type, name), wire, causedAt);
  }

  /** Content version: equal for equal bytes. */
  public String version() {
    return wire.getVersion();
  }

  /** Bytes of the message. */
  public int size() {
    return wire.getResource().getValue().size();
  }

  /** The message, parsed from its bytes. */
  public Message message() {
    try {
      return id.type().parser().parseFrom(wire.getResource().getValue());
    } catch (InvalidProtocolBufferException e) {
      throw new IllegalStateException(id + ": own bytes do not parse", e);
    }
  }
}
