package dev.nantian.gateway.proxy.proxyprotocol;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * What backends of a cluster are told at the begin of a connection.
 *
 * @param version 1 or 2
 * @param extensions of version 2, each as far as its value is known
 */
public record ProxyHeaderPolicy(int version, Set<Extension> extensions) {
  private static final int TYPICAL_BYTES = 128;

  /** What a header of version 2 can say beside the addresses. */
  public enum Extension {
    /** The protocol that follows, by its name in ALPN. */
    ALPN,
    /** The server name that the client's TLS handshake asked for. */
    AUTHORITY,
    /** A checksum of the header. */
    CRC32C
  }

  public ProxyHeaderPolicy {
    extensions = Set.copyOf(extensions);
    if (version != 1 && version != 2) {
      throw new IllegalArgumentException("version: " + version + " (expected 1 or 2)");
    }
    if (version == 1 && !extensions.isEmpty()) {
      throw new IllegalArgumentException(
          "extensions: " + extensions + " (expected none with version 1)");
    }
  }

  /**
   * The header of a new connection.
   *
   * @param client whose connection it is; null for the gateway's own
   * @param protocol as in ALPN, that follows; null if that is not known yet
   */
  public ByteBuf header(
      ByteBufAllocator allocator, @Nullable ProxiedClient client, @Nullable String protocol) {
    ByteBuf out = allocator.directBuffer(TYPICAL_BYTES);
    ProxyHeader header =
        client == null
            ? new ProxyHeader(version, null, null, List.of())
            : new ProxyHeader(
                version, client.source(), client.destination(), extensions(client, protocol));
    ProxyHeaderWriter.write(header, extensions.contains(Extension.CRC32C), out);
    return out;
  }

  private List<ProxyHeader.Tlv> extensions(ProxiedClient client, @Nullable String protocol) {
    if (extensions.isEmpty()) {
      return List.of();
    }
    List<ProxyHeader.Tlv> values = new ArrayList<>();
    if (protocol != null && extensions.contains(Extension.ALPN)) {
      values.add(
          new ProxyHeader.Tlv(ProxyHeader.ALPN, protocol.getBytes(StandardCharsets.US_ASCII)));
    }
    byte[] name = client.serverName();
    if (name != null && name.length > 0 && extensions.contains(Extension.AUTHORITY)) {
      values.add(new ProxyHeader.Tlv(ProxyHeader.AUTHORITY, name));
    }
    return values;
  }
}
