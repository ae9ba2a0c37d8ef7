package dev.nantian.gateway.proxy.http;

import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;

/**
 * The request target (RFC 9112 section 3.2): origin-form, absolute-form, and {@code *} for OPTIONS.
 *
 * <p>An absolute-form target leaves its authority in the head's authority (not yet checked), to be
 * compared with Host when that is known.
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
    int at = start + 1;
    int segment = at;
    boolean suspicious = false; // only a path with a percent or a dot segment needs the slow look
    while (at < end) {
      int b = bytes[at] & 0xff;
      if ((Octets.CLASS[b] & Octets.PATH) == 0) {
        break;
      }
      if (b == '/') {
        segment = at + 1;
      } else if (b == '%' || (b == '.' && at == segment)) {
        suspicious = true;
      }
      at++;
    }
    if (suspicious) {
      Refusal wrong = checkPath(bytes, start, at);
      if (wrong != null) {
        return wrong;
      }
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
      if (!Octets.is(b, Octets.QUERY)) {
        return b == '#' ? Refusal.FRAGMENT : Refusal.BAD_TARGET;
      }
      if (b == '%' && escaped(bytes, at, end) < 0) {
        return Refusal.BAD_PERCENT_ESCAPE;
      }
    }
    head.query(start, end - start);
    return null;
  }

  /**
   * Escapes must be well-formed and not NUL; no segment may be one or two dots, where a dot may be
   * written {@code %2e} and a segment may also end at {@code %2f} or {@code %5c}, because some next
   * hops decode before they resolve.
   */
  private static @Nullable Refusal checkPath(byte[] bytes, int start, int end) {
    int dots = 0;
    boolean onlyDots = true;
    int at = start + 1;
    while (true) {
      int c = at < end ? bytes[at] & 0xff : '/';
      int width = 1;
      if (at < end && c == '%') {
        c = escaped(bytes, at, end);
        if (c <= 0) {
          return Refusal.BAD_PERCENT_ESCAPE;
        }
        width = 3;
      }
      if (c == '/' || c == '\\') {
        if (onlyDots && (dots == 1 || dots == 2)) {
          return Refusal.DOT_SEGMENT;
        }
        if (at >= end) {
          return null;
        }
        dots = 0;
        onlyDots = true;
      } else if (c == '.') {
        dots++;
      } else {
        onlyDots = false;
      }
      at += width;
    }
  }

  /** Value of the escape whose percent sign is at {@code at}; -1 if it is malformed. */
  private static int escaped(byte[] bytes, int at, int end) {
    if (at + 2 >= end) {
      return -1;
    }
    int high = Octets.hex(bytes[at + 1]);
    int low = Octets.hex(bytes[at + 2]);
    return high < 0 || low < 0 ? -1 : high << 4 | low;
  }
}
