package dev.nantian.gateway.proxy.filter;

import dev.nantian.gateway.proxy.http.HeaderName;
import dev.nantian.gateway.proxy.http.RequestHead;
import org.jspecify.annotations.Nullable;

/**
 * HTTPURLRewriteFilter, compiled.
 *
 * @param host replaces the authority of the forwarded request; null keeps it
 * @param path changes the path of the forwarded request; null keeps it
 */
public record RewriteAction(byte @Nullable [] host, @Nullable PathRewrite path) {
  private static final HeaderName HOST = HeaderName.of("Host");

  /**
   * Changes authority and path of a request in place.
   *
   * @param prefixLength of the match that led here ({@code RouteTarget.prefixLength})
   */
  public void applyTo(RequestHead head, int prefixLength) {
    if (path != null) {
      path.applyTo(head, prefixLength);
    }
    if (host != null) {
      head.authority(head.append(host), host.length, -1);
      if (head.contains(HOST)) {
        head.set(HOST, host);
      }
    }
  }
}
