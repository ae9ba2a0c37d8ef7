package dev.nantian.gateway.proxy.xds;

import com.google.protobuf.Struct;
import com.google.protobuf.Value;
import io.envoyproxy.envoy.config.core.v3.Node;

/**
 * Who this proxy says it is.
 *
 * @param id unique among the proxies of a control plane
 * @param hostname of the machine or pod
 * @param version of this program
 */
public record NodeIdentity(String id, String hostname, String version) {
  public NodeIdentity {
    if (id.isBlank()) {
      throw new IllegalArgumentException("node id: \"" + id + "\" (expected a name)");
    }
  }

  Node toNode() {
    return Node.newBuilder()
        .setId(id)
        .setUserAgentName("nantian")
        .setUserAgentVersion(version)
        .setMetadata(
            Struct.newBuilder()
                .putFields("hostname", Value.newBuilder().setStringValue(hostname).build())
                .putFields("version", Value.newBuilder().setStringValue(version).build()))
        .build();
  }
}
