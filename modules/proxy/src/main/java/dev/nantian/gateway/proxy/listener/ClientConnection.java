package dev.nantian.gateway.proxy.listener;

/**
 * A client's connection that has come to HTTP, of whatever version, as its socket sees it.
 *
 * <p>Called on its event loop only.
 */
public interface ClientConnection {
  /** Ends the connection as soon as no request is under way; takes no new ones where it can. */
  void drain(Drain how);

  /** Ends the connection now; returns how many requests that cut. */
  int cut();
}
