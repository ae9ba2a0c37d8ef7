package dev.nantian.gateway.proxy.config;

import java.util.List;

/**
 * Everything that the event loops serve from, compiled from one state of the received resources.
 *
 * @param revision counts applied states of this process, from 1
 * @param sockets the addresses to listen on for HTTP and TLS, each once
 * @param l4Sockets those for TCP and UDP, each once for each protocol
 */
public record RuntimeConfig(long revision, List<ListenerSocket> sockets, List<L4Socket> l4Sockets) {
  /** Before anything was received. */
  public static final RuntimeConfig EMPTY = new RuntimeConfig(0, List.of(), List.of());

  public RuntimeConfig {
    sockets = List.copyOf(sockets);
    l4Sockets = List.copyOf(l4Sockets);
  }

  /** Without layer 4. */
  public RuntimeConfig(long revision, List<ListenerSocket> sockets) {
    this(revision, sockets, List.of());
  }
}
