package dev.nantian.gateway.proxy.filter;

import dev.nantian.gateway.proxy.http.HeaderName;
import dev.nantian.gateway.proxy.http.RequestHead;
import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;

/**
 * The request's head, as filters may see and change it.
 *
 * <p>For the exchange's event loop only. Changes after the head has left the filter have no effect
 * that can be relied on.
 */
public final class FilterRequest extends HeaderFields {
  private static final HeaderName HOST = HeaderName.of("host");

  private final RequestHead head;

  /** A view of {@code head}. */
  public FilterRequest(RequestHead head) {
    super(head);
    this.head = head;
  }

  /** Case-sensitive. */
  public String method() {
    return head.text(head.methodOffset(), head.methodLength());
  }

  /** The path as it stands, without query: in canonical form, starts with {@code /} or is *. */
  public String path() {
    return head.text(head.pathOffset(), head.pathLength());
  }

  /** The query without its {@code ?}; null if there is none. */
  public @Nullable String query() {
    return head.queryLength() < 0 ? null : head.text(head.queryOffset(), head.queryLength());
  }

  /** Host of the authority, lower case, without port; may be empty (HTTP/1.0). */
  public String host() {
    return head.text(head.hostOffset(), head.hostLength());
  }

  /** HTTP/1 minor version of the client; 1 for HTTP/2. */
  public int minorVersion() {
    return head.minorVersion();
  }

  /** Value of Content-Length; -1 if the client did not say. */
  public long contentLength() {
    return head.contentLength();
  }

  /**
   * Replaces the method of the forwarded request.
   *
   * @param method a token
   */
  public void method(String method) {
    byte[] bytes = method.getBytes(StandardCharsets.ISO_8859_1);
    boolean token = bytes.length > 0 && bytes.length <= 32 && !method.equals("CONNECT");
    for (byte b : bytes) {
      token &= ((b | 0x20) >= 'a' && (b | 0x20) <= 'z') || b == '-' || b == '_';
    }
    if (!token) {
      throw new IllegalArgumentException(
          "method: " + printable(method) + " (expected letters, - and _, not CONNECT)");
    }
    head.method(head.append(bytes), bytes.length);
  }

  /**
   * Replaces the path of the forwarded request; the route stays.
   *
   * @param path starts with {@code /}, has neither query nor dot segments, and is escaped
   */
  public void path(String path) {
    boolean valid = path.startsWith("/") && visible(path) && path.indexOf('?') < 0;
    if (!valid || (path + "/").contains("/../") || (path + "/").contains("/./")) {
      throw new IllegalArgumentException(
          "path: "
              + printable(path)
              + " (expected an absolute path without query and dot segments)");
    }
    byte[] bytes = path.getBytes(StandardCharsets.US_ASCII);
    head.path(head.append(bytes), bytes.length);
  }

  /** Replaces the query of the forwarded request; null removes it. */
  public void query(@Nullable String query) {
    if (query == null) {
      head.query(0, -1);
      return;
    }
    if (!visible(query)) {
      throw new IllegalArgumentException(
          "query: " + printable(query) + " (expected escaped characters)");
    }
    byte[] bytes = query.getBytes(StandardCharsets.US_ASCII);
    head.query(head.append(bytes), bytes.length);
  }

  /**
   * Replaces the authority of the forwarded request; the route stays.
   *
   * @param authority host, maybe with port
   */
  public void host(String authority) {
    boolean valid = !authority.isEmpty();
    for (int i = 0; i < authority.length(); i++) {
      char c = authority.charAt(i);
      valid &=
          (c >= 'a' && c <= 'z')
              || (c >= 'A' && c <= 'Z')
              || (c >= '0' && c <= '9')
              || ".-_[]:".indexOf(c) >= 0;
    }
    if (!valid) {
      throw new IllegalArgumentException(
          "host: " + printable(authority) + " (expected a host name or address, maybe with port)");
    }
    byte[] bytes = authority.getBytes(StandardCharsets.US_ASCII);
    int colon = authority.lastIndexOf(':');
    boolean hasPort = colon > authority.lastIndexOf(']') && authority.indexOf(':') == colon;
    int port = -1;
    int hostLength = bytes.length;
    if (authority.startsWith("[") ? colon > authority.lastIndexOf(']') : hasPort) {
      port = Integer.parseInt(authority.substring(colon + 1));
      hostLength = colon;
    }
    head.authority(head.append(bytes), hostLength, port);
    head.set(HOST, bytes);
  }

  private static boolean visible(String text) {
    for (int i = 0; i < text.length(); i++) {
      char c = text.charAt(i);
      if (c <= ' ' || c > '~' || c == '#') {
        return false;
      }
      if (c == '%' && (i + 2 >= text.length() || !hex(text, i + 1) || !hex(text, i + 2))) {
        return false;
      }
    }
    return true;
  }

  private static boolean hex(String text, int at) {
    return Character.digit(text.charAt(at), 16) >= 0;
  }

  /** Host is changed by {@link #host(String)}, so that the two cannot disagree. */
  @Override
  boolean isReserved(HeaderName name) {
    return name.equals(HOST) || super.isReserved(name);
  }
}
