package dev.nantian.gateway.proxy.proxyprotocol;

import io.netty.buffer.ByteBuf;
import java.net.Inet4Address;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.zip.CRC32C;

/** Writes the PROXY header of a connection that we open. Stateless. */
public final class ProxyHeaderWriter {
  private static final byte[] V2 = {
    0x0d, 0x0a, 0x0d, 0x0a, 0x00, 0x0d, 0x0a, 0x51, 0x55, 0x49, 0x54, 0x0a
  };
  private static final int LOCAL = 0x20;
  private static final int PROXY = 0x21;
  private static final int TCP_OVER_IPV4 = 0x11;
  private static final int TCP_OVER_IPV6 = 0x21;
  private static final int TLV_HEAD_BYTES = 3;

  private ProxyHeaderWriter() {}

  /**
   * Writes a header.
   *
   * <p>One without addresses is UNKNOWN in version 1 and LOCAL in version 2, whose extensions the
   * receiver would have to ignore: they are left out. Addresses of two families are both written as
   * IPv6, as there is room for one.
   *
   * @param checksum adds PP2_TYPE_CRC32C after the other extensions; version 2 only
   */
  public static void write(ProxyHeader header, boolean checksum, ByteBuf out) {
    InetSocketAddress source = header.source();
    InetSocketAddress destination = header.destination();
    if (source == null || destination == null) {
      if (header.version() == 1) {
        out.writeCharSequence("PROXY UNKNOWN\r\n", StandardCharsets.US_ASCII);
      } else {
        out.writeBytes(V2);
        out.writeByte(LOCAL);
        out.writeByte(0);
        out.writeShort(0);
      }
    } else if (header.version() == 1) {
      out.writeCharSequence(line(source, destination), StandardCharsets.US_ASCII);
    } else {
      binary(source, destination, header.tlvs(), checksum, out);
    }
  }

  private static void binary(
      InetSocketAddress source,
      InetSocketAddress destination,
      List<ProxyHeader.Tlv> tlvs,
      boolean checksum,
      ByteBuf out) {
    int start = out.writerIndex();
    out.writeBytes(V2);
    out.writeByte(PROXY);
    boolean v4 = isV4(source) && isV4(destination);
    out.writeByte(v4 ? TCP_OVER_IPV4 : TCP_OVER_IPV6);
    int lengthAt = out.writerIndex();
    out.writeShort(0);
    out.writeBytes(bytes(source.getAddress(), v4));
    out.writeBytes(bytes(destination.getAddress(), v4));
    out.writeShort(source.getPort());
    out.writeShort(destination.getPort());
    for (ProxyHeader.Tlv tlv : tlvs) {
      out.writeByte(tlv.type());
      out.writeShort(tlv.value().length);
      out.writeBytes(tlv.value());
    }
    int rest = out.writerIndex() - lengthAt - Short.BYTES;
    out.setShort(lengthAt, checksum ? rest + TLV_HEAD_BYTES + Integer.BYTES : rest);
    if (checksum) {
      checksum(start, out);
    }
  }

  /** Section 2.2.3: over the whole header, with zeros where the checksum will be. */
  private static void checksum(int start, ByteBuf out) {
    out.writeByte(ProxyHeader.CRC32C);
    out.writeShort(Integer.BYTES);
    out.writeInt(0);
    CRC32C crc = new CRC32C();
    crc.update(out.nioBuffer(start, out.writerIndex() - start));
    out.setInt(out.writerIndex() - Integer.BYTES, (int) crc.getValue());
  }

  private static String line(InetSocketAddress source, InetSocketAddress destination) {
    boolean v4 = isV4(source) && isV4(destination);
    return (v4 ? "PROXY TCP4 " : "PROXY TCP6 ")
        + text(source.getAddress(), v4)
        + " "
        + text(destination.getAddress(), v4)
        + " "
        + source.getPort()
        + " "
        + destination.getPort()
        + "\r\n";
  }

  private static boolean isV4(InetSocketAddress address) {
    return address.getAddress() instanceof Inet4Address;
  }

  private static String text(InetAddress address, boolean v4) {
    if (!v4 && address instanceof Inet4Address) {
      return "::ffff:" + address.getHostAddress();
    }
    String text = address.getHostAddress();
    int zone = text.indexOf('%');
    return zone < 0 ? text : text.substring(0, zone);
  }

  /** An IPv4 address as IPv6 is ::ffff:a.b.c.d (RFC 4291 section 2.5.5.2). */
  private static byte[] bytes(InetAddress address, boolean v4) {
    byte[] own = address.getAddress();
    if (v4 || own.length == 16) {
      return own;
    }
    byte[] mapped = new byte[16];
    mapped[10] = (byte) 0xff;
    mapped[11] = (byte) 0xff;
    System.arraycopy(own, 0, mapped, 12, 4);
    return mapped;
  }
}
