package dev.nantian.gateway.proxy.filter;

import dev.nantian.gateway.proxy.http.RequestHead;
import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;

/**
 * HTTPRequestRedirectFilter, compiled. Null keeps what the request had.
 *
 * @param port 0: the well-known port of {@code scheme} if that is given, else the listener's
 * @param status 301, 302, 303, 307 or 308
 */
public record RedirectAction(
    @Nullable String scheme,
    @Nullable String host,
    @Nullable PathRewrite path,
    int port,
    int status) {

  /**
   * The value of the {@code Location} field: absolute, with the request's query; the port is left
   * out where it is the well-known one of the resulting scheme (HTTPRequestRedirectFilter.port).
   * Relative if neither the filter nor the request (HTTP/1.0) names a host.
   *
   * @param tls true if the request came over TLS
   * @param listenerPort port of the Gateway listener that took the request
   * @param prefixLength of the match that led here ({@code RouteTarget.prefixLength})
   */
  public byte[] location(RequestHead head, boolean tls, int listenerPort, int prefixLength) {
    String resultScheme = scheme != null ? scheme : tls ? "https" : "http";
    byte[] origin = new byte[0];
    if (host != null || head.hostLength() > 0) {
      String resultHost = host != null ? host : head.text(head.hostOffset(), head.hostLength());
      int resultPort = resultPort(listenerPort);
      String text = resultScheme + "://" + resultHost;
      if (resultPort != wellKnownPort(resultScheme)) {
        text += ":" + resultPort;
      }
      origin = text.getBytes(StandardCharsets.ISO_8859_1);
    }
    int pathLength = path == null ? head.pathLength() : path.length(head, prefixLength);
    int queryLength = head.queryLength() < 0 ? 0 : head.queryLength() + 1;
    byte[] location = new byte[origin.length + pathLength + queryLength];
    System.arraycopy(origin, 0, location, 0, origin.length);
    if (path == null) {
      System.arraycopy(head.bytes(), head.pathOffset(), location, origin.length, pathLength);
    } else {
      path.write(head, prefixLength, location, origin.length);
    }
    if (queryLength > 0) {
      int at = origin.length + pathLength;
      location[at] = '?';
      System.arraycopy(head.bytes(), head.queryOffset(), location, at + 1, queryLength - 1);
    }
    return location;
  }

  private int resultPort(int listenerPort) {
    if (port != 0) {
      return port;
    }
    int wellKnown = scheme == null ? -1 : wellKnownPort(scheme);
    return wellKnown < 0 ? listenerPort : wellKnown;
  }

  private static int wellKnownPort(String scheme) {
    return switch (scheme) {
      case "http" -> 80;
      case "https" -> 443;
      default -> -1;
    };
  }
}
