package dev.nantian.gateway.proxy.route;

import dev.nantian.gateway.proxy.http.RequestHead;
import org.jspecify.annotations.Nullable;

/**
 * The Gateway listeners that share one socket, with their routes.
 *
 * <p>Immutable and allocation-free in use; called by every loop.
 */
public interface ListenerTable {
  /**
   * The listener whose hostname fits best: exact, then the longest wildcard, then the one without
   * hostname; null if none fits. With TLS this is asked with the SNI (empty if the client sent
   * none), and the connection is then bound to that listener.
   *
   * @param host bytes holding the name, lower case
   */
  @Nullable ListenerEntry listener(byte[] host, int offset, int length);

  /**
   * The rule for a request that arrived at a listener, or null for none (404).
   *
   * @param listener what {@link #listener} gave for the SNI (TLS) or for the request's host
   *     (cleartext)
   */
  @Nullable RouteTarget match(ListenerEntry listener, RequestHead head);

  /**
   * Where the connections of a listener of layer 4 go, or null for no route: always so for a table
   * of requests only.
   *
   * @param serverName of the TLS handshake, lower case; empty if there was none
   */
  default @Nullable L4Target relay(ListenerEntry listener, String serverName) {
    return null;
  }

  /** Whether a listener of layer 4 is among them. */
  default boolean relays() {
    return false;
  }
}
