package dev.nantian.gateway.proxy.proxyprotocol;

import io.netty.buffer.ByteBuf;
import java.net.Inet4Address;
import java.net.Inet6Address;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.UnknownHostException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.zip.CRC32C;
import org.jspecify.annotations.Nullable;

/**
 * Decodes a PROXY header, strictly: it decides whom access lists and logs take a client for.
 *
 * <p>The result does not depend on how the bytes were cut into reads. One for each connection,
 * touched by its event loop only.
 */
public final class ProxyHeaderDecoder {
  private static final byte[] V1 = "PROXY ".getBytes(StandardCharsets.US_ASCII);
  private static final byte[] V2 = {
    0x0d, 0x0a, 0x0d, 0x0a, 0x00, 0x0d, 0x0a, 0x51, 0x55, 0x49, 0x54, 0x0a
  };

  /** Section 2.1: with CRLF. */
  private static final int MAX_V1_BYTES = 107;

  private static final int V2_FIXED_BYTES = 16;

  /** Enough for a certificate chain's subject and every TLV in use; a length is 16 bits wide. */
  private static final int MAX_V2_BYTES = 4096;

  private final byte[] bytes = new byte[V2_FIXED_BYTES + MAX_V2_BYTES];
  private int length;
  private int wanted; // bytes of version 2, 0 until its length is known
  private @Nullable ProxyHeader header;
  private @Nullable String refusal;

  /** How far the decoder came. */
  public enum Result {
    INCOMPLETE,
    COMPLETE,
    REFUSED
  }

  /** The header after {@link Result#COMPLETE}. */
  public @Nullable ProxyHeader header() {
    return header;
  }

  /** What is wrong after {@link Result#REFUSED}, for the log; holds nothing of the bytes. */
  public @Nullable String refusal() {
    return refusal;
  }

  /**
   * Takes bytes; on {@link Result#COMPLETE} {@code in} stands at the first one after the header.
   */
  public Result decode(ByteBuf in) {
    while (in.isReadable()) {
      bytes[length++] = in.readByte();
      Result result = bytes[0] == 'P' ? afterByteOfV1() : afterByteOfV2();
      if (result != Result.INCOMPLETE) {
        return result;
      }
    }
    return Result.INCOMPLETE;
  }

  private Result refuse(String reason) {
    refusal = reason;
    return Result.REFUSED;
  }

  private Result complete(ProxyHeader decoded) {
    header = decoded;
    return Result.COMPLETE;
  }

  private Result afterByteOfV1() {
    if (length <= V1.length) {
      return bytes[length - 1] == V1[length - 1] ? Result.INCOMPLETE : refuse("no PROXY header");
    }
    byte last = bytes[length - 1];
    if (last == '\n') {
      return bytes[length - 2] == '\r' ? v1() : refuse("line not ended by CRLF");
    }
    if (bytes[length - 2] == '\r' || (last != '\r' && (last < ' ' || last > '~'))) {
      return refuse("control character");
    }
    return length == MAX_V1_BYTES ? refuse("line too long") : Result.INCOMPLETE;
  }

  private Result v1() {
    String line = new String(bytes, V1.length, length - V1.length - 2, StandardCharsets.US_ASCII);
    String[] words = line.split(" ", -1);
    if (words[0].equals("UNKNOWN")) {
      return complete(new ProxyHeader(1, null, null, List.of())); // the rest is to be ignored
    }
    boolean v6 = words[0].equals("TCP6");
    if (words.length != 5 || !(v6 || words[0].equals("TCP4"))) {
      return refuse("malformed line");
    }
    InetAddress source = address(words[1], v6);
    InetAddress destination = address(words[2], v6);
    int sourcePort = port(words[3]);
    int destinationPort = port(words[4]);
    if (source == null || destination == null || sourcePort < 0 || destinationPort < 0) {
      return refuse("malformed address or port");
    }
    return complete(
        new ProxyHeader(
            1,
            new InetSocketAddress(source, sourcePort),
            new InetSocketAddress(destination, destinationPort),
            List.of()));
  }

  private static @Nullable InetAddress address(String text, boolean v6) {
    boolean charactersFit =
        text.chars()
            .allMatch(
                c -> v6 ? Character.digit(c, 16) >= 0 || c == ':' || c == '.' : digitOrDot(c));
    if (!charactersFit || text.indexOf(':') >= 0 != v6) {
      return null;
    }
    try {
      if (!v6) {
        return ipv4(text);
      }
      InetAddress address = InetAddress.ofLiteral(text);
      // The library makes an IPv4 address of ::ffff:1.2.3.4, which TCP6 may carry.
      return address instanceof Inet6Address || text.startsWith("::") ? address : null;
    } catch (IllegalArgumentException e) {
      return null; // not an address: the caller says so
    }
  }

  private static boolean digitOrDot(int c) {
    return (c >= '0' && c <= '9') || c == '.';
  }

  /** Four decimal numbers; the library also takes fewer, which other parsers read differently. */
  private static @Nullable InetAddress ipv4(String text) {
    String[] parts = text.split("\\.", -1);
    byte[] address = new byte[4];
    if (parts.length != 4) {
      return null;
    }
    for (int i = 0; i < 4; i++) {
      int value = decimal(parts[i], 3, 255);
      if (value < 0) {
        return null;
      }
      address[i] = (byte) value;
    }
    return ofBytes(address);
  }

  private static int port(String text) {
    return decimal(text, 5, 65535);
  }

  /** A decimal number without leading zeros; -1 if it is none or too large. */
  private static int decimal(String text, int maxDigits, int max) {
    boolean wellFormed =
        !text.isEmpty()
            && text.length() <= maxDigits
            && text.chars().allMatch(c -> c >= '0' && c <= '9')
            && (text.length() == 1 || text.charAt(0) != '0');
    int value = wellFormed ? Integer.parseInt(text) : -1;
    return value <= max ? value : -1;
  }

  private Result afterByteOfV2() {
    if (length <= V2.length) {
      return bytes[length - 1] == V2[length - 1] ? Result.INCOMPLETE : refuse("no PROXY header");
    }
    if (length == V2.length + 1) {
      int versionAndCommand = bytes[12] & 0xff;
      return versionAndCommand == 0x20 || versionAndCommand == 0x21
          ? Result.INCOMPLETE
          : refuse("version or command not known");
    }
    if (length < V2_FIXED_BYTES) {
      return Result.INCOMPLETE;
    }
    if (length == V2_FIXED_BYTES) {
      int rest = unsignedShort(14);
      if (rest > MAX_V2_BYTES) {
        return refuse("header too long");
      }
      wanted = V2_FIXED_BYTES + rest;
    }
    return length == wanted ? v2() : Result.INCOMPLETE;
  }

  private Result v2() {
    boolean local = bytes[12] == 0x20;
    int family = bytes[13] & 0xff;
    int addressBytes =
        switch (family) {
          case 0x00 -> 0; // UNSPEC
          case 0x11 -> 4; // TCP over IPv4
          case 0x21 -> 16; // TCP over IPv6
          default -> -1;
        };
    if (local) {
      return complete(new ProxyHeader(2, null, null, List.of())); // the rest is to be ignored
    }
    if (addressBytes < 0) {
      return refuse("address family or transport not for this listener");
    }
    int ports = V2_FIXED_BYTES + 2 * addressBytes;
    int tlvsAt = addressBytes == 0 ? V2_FIXED_BYTES : ports + 4;
    if (tlvsAt > wanted) {
      return refuse("addresses longer than the header");
    }
    List<ProxyHeader.Tlv> tlvs = new ArrayList<>();
    String wrong = tlvs(tlvsAt, tlvs);
    if (wrong != null) {
      return refuse(wrong);
    }
    if (addressBytes == 0) {
      return complete(new ProxyHeader(2, null, null, tlvs));
    }
    return complete(
        new ProxyHeader(
            2,
            endpoint(V2_FIXED_BYTES, addressBytes, ports),
            endpoint(V2_FIXED_BYTES + addressBytes, addressBytes, ports + 2),
            tlvs));
  }

  private InetSocketAddress endpoint(int address, int addressBytes, int port) {
    return new InetSocketAddress(
        ofBytes(Arrays.copyOfRange(bytes, address, address + addressBytes)), unsignedShort(port));
  }

  private @Nullable String tlvs(int from, List<ProxyHeader.Tlv> tlvs) {
    int at = from;
    while (at < wanted) {
      if (at + 3 > wanted) {
        return "extension cut off";
      }
      int type = bytes[at] & 0xff;
      int end = at + 3 + unsignedShort(at + 1);
      if (end > wanted) {
        return "extension longer than the header";
      }
      if (type == ProxyHeader.CRC32C && !isChecksum(at + 3, end)) {
        return "checksum does not fit";
      }
      tlvs.add(new ProxyHeader.Tlv(type, Arrays.copyOfRange(bytes, at + 3, end)));
      at = end;
    }
    return null;
  }

  /** Section 2.2.3: over the header with the checksum's own bytes set to zero. */
  private boolean isChecksum(int from, int to) {
    if (to - from != 4) {
      return false;
    }
    CRC32C crc = new CRC32C();
    crc.update(bytes, 0, from);
    crc.update(new byte[4], 0, 4);
    crc.update(bytes, to, wanted - to);
    return (int) crc.getValue() == ByteBuffer.wrap(bytes, from, 4).getInt();
  }

  private int unsignedShort(int at) {
    return (bytes[at] & 0xff) << 8 | (bytes[at + 1] & 0xff);
  }

  private static InetAddress ofBytes(byte[] address) {
    try {
      return address.length == 4
          ? Inet4Address.getByAddress(address)
          : InetAddress.getByAddress(address);
    } catch (UnknownHostException e) {
      throw new IllegalArgumentException(e); // only for a length that is neither 4 nor 16
    }
  }
}
