package dev.nantian.gateway.proxy.http;

import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;

/**
 * The request target (RFC 9112 section 3.2): origin-form, absolute-form, and {@code *} for OPTIONS.
 *
 * <p>An absolute-form target leaves its authority in the head's authority (not yet checked), to be
 * compared with Host when that is known. What the path means is {@link CanonicalPath}'s to judge,
 * when the head is complete.
 */
final class RequestTarget {
  private static final byte[] OPTIONS = "OPTIONS".getBytes(StandardCharsets.US_ASCII);
  private static final byte[] CONNECT = "CONNECT".getBytes(StandardCharsets.US_ASCII);
  private static final byte[] SLASH = {'/'};
  private static final byte[] ASTERISK = {'*'};

  private RequestTarget() {}

  /** Checks {@code [start, end)}, not empty, and records path and query. */
  static @Nullable Refusal decode(RequestHead head, int start, int end) {
    byte[] bytes = head.bytes();
    if (head.methodIs(CONNECT)) {
      return Refusal.CONNECT;
    }
    if (bytes[start] == '/') {
      return pathAndQuery(head, start, end);
    }
    if (bytes[start] == '*') {
      if (end - start != 1 || !head.methodIs(OPTIONS)) {
        return Refusal.BAD_TARGET;
      }
      head.path(start, 1);
      return null;
    }
    int authority = afterScheme(bytes, start, end);
    return authority < 0 ? Refusal.BAD_TARGET : absolute(head, authority, end);
  }

  private static int afterScheme(byte[] bytes, int start, int end) {
    if (end - start > 7 && Octets.equalsIgnoreCase(bytes, start, 7, "http://")) {
      return start + 7;
    }
    if (end - start > 8 && Octets.equalsIgnoreCase(bytes, start, 8, "https://")) {
      return start + 8;
    }
    return -1;
  }

  private static @Nullable Refusal absolute(RequestHead head, int authority, int end) {
    byte[] bytes = head.bytes();
    int at = authority;
    while (at < end && bytes[at] != '/' && bytes[at] != '?' && bytes[at] != '#') {
      at++;
    }
    if (at == authority) {
      return Refusal.BAD_TARGET;
    }
    head.authority(authority, at - authority, -1);
    if (at < end && bytes[at] == '/') {
      return pathAndQuery(head, at, end);
    }
    // RFC 9110 section 4.2.3: an empty path is "/"; for OPTIONS of a whole server it is "*".
    // The constant goes over the byte before the query or the blank before the version, which
    // are parsed already: the head's bytes are not to grow while lines are still arriving.
    if (at < end && bytes[at] == '#') {
      return Refusal.FRAGMENT;
    }
    boolean wholeServer = at == end && head.methodIs(OPTIONS);
    bytes[at] = wholeServer ? ASTERISK[0] : SLASH[0];
    head.path(at, 1);
    return at == end ? null : query(head, at + 1, end);
  }

  private static @Nullable Refusal pathAndQuery(RequestHead head, int start, int end) {
    byte[] bytes = head.bytes();
    int at = start;
    while (at < end && (bytes[at] < 0 || Octets.is(bytes[at], Octets.PATH))) {
      at++;
    }
    head.path(start, at - start);
    if (at == end) {
      return null;
    }
    return switch (bytes[at]) {
      case '?' -> query(head, at + 1, end);
      case '#' -> Refusal.FRAGMENT;
      default -> Refusal.BAD_TARGET;
    };
  }

  private static @Nullable Refusal query(RequestHead head, int start, int end) {
    byte[] bytes = head.bytes();
    for (int at = start; at < end; at++) {
      byte b = bytes[at];
      if (b >= 0 && !Octets.is(b, Octets.QUERY)) {
        return b == '#' ? Refusal.FRAGMENT : Refusal.BAD_TARGET;
      }
      if (b == '%' && escaped(bytes, at, end) < 0) {
        return Refusal.BAD_PERCENT_ESCAPE;
      }
    }
    head.query(start, end - start);
    return null;
  }

  /** Value of the escape whose percent sign is at {@code at}; -1 if it is malformed. */
  static int escaped(byte[] bytes, int at, int end) {
    if (at + 2 >= end) {
      return -1;
    }
    int high = Octets.hex(bytes[at + 1]);
    int low = Octets.hex(bytes[at + 2]);
    return high < 0 || low < 0 ? -1 : high << 4 | low;
  }
}
