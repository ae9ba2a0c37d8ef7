package dev.nantian.gateway.proxy.proxyprotocol;

import io.netty.buffer.ByteBuf;
import java.net.Inet4Address;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;

/** Writes the PROXY header of a connection that we open for a client. */
public final class ProxyHeaderWriter {
  private static final byte[] V2 = {
    0x0d, 0x0a, 0x0d, 0x0a, 0x00, 0x0d, 0x0a, 0x51, 0x55, 0x49, 0x54, 0x0a
  };

  private ProxyHeaderWriter() {}

  /**
   * Version 1. Addresses of two families are both written as IPv6, as the line has room for one.
   */
  public static void v1(InetSocketAddress source, InetSocketAddress destination, ByteBuf out) {
    boolean v4 = isV4(source) && isV4(destination);
    String line =
        "PROXY "
            + (v4 ? "TCP4 " : "TCP6 ")
            + text(source.getAddress(), v4)
            + " "
            + text(destination.getAddress(), v4)
            + " "
            + source.getPort()
            + " "
            + destination.getPort()
            + "\r\n";
    out.writeCharSequence(line, StandardCharsets.US_ASCII);
  }

  /** Version 2, without extensions. */
  public static void v2(InetSocketAddress source, InetSocketAddress destination, ByteBuf out) {
    boolean v4 = isV4(source) && isV4(destination);
    out.writeBytes(V2);
    out.writeByte(0x21);
    out.writeByte(v4 ? 0x11 : 0x21);
    out.writeShort(v4 ? 12 : 36);
    out.writeBytes(bytes(source.getAddress(), v4));
    out.writeBytes(bytes(destination.getAddress(), v4));
    out.writeShort(source.getPort());
    out.writeShort(destination.getPort());
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
