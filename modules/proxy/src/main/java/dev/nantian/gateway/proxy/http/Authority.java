package dev.nantian.gateway.proxy.http;

import io.netty.util.NetUtil;
import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;

/**
 * The Host field and its agreement with an absolute-form target (RFC 9112 section 3.2, RFC 9110
 * section 7.2).
 */
final class Authority {
  private Authority() {}

  /** Checks that there is exactly one good Host, lower-cases it in place and records it. */
  static @Nullable Refusal decode(RequestHead head) {
    int slot = head.indexOf(FieldNames.HOST, 0);
    if (slot < 0) {
      return Refusal.MISSING_HOST;
    }
    if (head.indexOf(FieldNames.HOST, slot + 1) >= 0) {
      return Refusal.SEVERAL_HOSTS;
    }
    byte[] bytes = head.bytes();
    int start = head.valueOffset(slot);
    int end = start + head.valueLength(slot);
    for (int i = start; i < end; i++) {
      bytes[i] = Octets.LOWER[bytes[i] & 0xff];
    }
    if (head.hostLength() > 0 && !agrees(head, start, end)) {
      return Refusal.HOST_DISAGREES;
    }
    int hostEnd = hostEnd(bytes, start, end);
    if (hostEnd < 0) {
      return Refusal.BAD_HOST;
    }
    int port = -1;
    if (hostEnd < end) {
      port = port(bytes, hostEnd, end);
      if (port < 0) {
        return Refusal.BAD_HOST;
      }
    }
    head.authority(start, hostEnd - start, port);
    return null;
  }

  private static boolean agrees(RequestHead head, int start, int end) {
    if (head.hostLength() != end - start) {
      return false;
    }
    byte[] bytes = head.bytes();
    for (int i = 0; i < head.hostLength(); i++) {
      if (Octets.LOWER[bytes[head.hostOffset() + i] & 0xff] != bytes[start + i]) {
        return false;
      }
    }
    return true;
  }

  /** Where the host ends, -1 if it is malformed or empty. */
  private static int hostEnd(byte[] bytes, int start, int end) {
    int at = start;
    if (at < end && bytes[at] == '[') {
      at++;
      int first = at;
      while (at < end
          && (Octets.is(bytes[at], Octets.HEX) || bytes[at] == ':' || bytes[at] == '.')) {
        at++;
      }
      boolean closed = at < end && bytes[at] == ']';
      return closed && isIpv6(bytes, first, at) ? at + 1 : -1;
    }
    while (at < end && Octets.is(bytes[at], Octets.HOST)) {
      at++;
    }
    return at == start ? -1 : at;
  }

  private static boolean isIpv6(byte[] bytes, int start, int end) {
    String text = new String(bytes, start, end - start, StandardCharsets.US_ASCII); // rare
    return NetUtil.isValidIpV6Address(text);
  }

  /** The port in {@code [colon, end)}, -1 if it is malformed. */
  private static int port(byte[] bytes, int colon, int end) {
    int digits = end - colon - 1;
    if (bytes[colon] != ':' || digits < 1 || digits > 5) {
      return -1;
    }
    int port = 0;
    for (int i = colon + 1; i < end; i++) {
      if (!Octets.is(bytes[i], Octets.DIGIT)) {
        return -1;
      }
      port = 10 * port + (bytes[i] - '0');
    }
    return port >= 1 && port <= 65535 ? port : -1;
  }
}
