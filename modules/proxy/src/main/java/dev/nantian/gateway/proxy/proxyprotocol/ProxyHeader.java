package dev.nantian.gateway.proxy.proxyprotocol;

import java.net.InetSocketAddress;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What a PROXY header says.
 *
 * @param version 1 or 2
 * @param source the client; null if the sender speaks for itself (LOCAL, a health check) or does
 *     not know (UNKNOWN, UNSPEC): then the connection's own address counts
 * @param destination where the client connected to; null with {@code source}
 * @param tlvs in the order received; version 2 only
 */
public record ProxyHeader(
    int version,
    @Nullable InetSocketAddress source,
    @Nullable InetSocketAddress destination,
    List<Tlv> tlvs) {
  /** PP2_TYPE_ALPN. */
  public static final int ALPN = 0x01;

  /** PP2_TYPE_AUTHORITY: the server name that the client asked for. */
  public static final int AUTHORITY = 0x02;

  /** PP2_TYPE_CRC32C. */
  public static final int CRC32C = 0x03;

  /** PP2_TYPE_UNIQUE_ID. */
  public static final int UNIQUE_ID = 0x05;

  /**
   * An extension.
   *
   * @param type 0 to 255
   */
  public record Tlv(int type, byte[] value) {}

  public ProxyHeader {
    tlvs = List.copyOf(tlvs);
  }
}
