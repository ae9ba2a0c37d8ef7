package dev.nantian.gateway.proxy.config;

import java.util.List;

/**
 * Everything that the event loops serve from, compiled from one state of the received resources.
 *
 * @param revision counts applied states of this process, from 1
 * @param sockets the addresses to listen on, each once
 */
public record RuntimeConfig(long revision, List<ListenerSocket> sockets) {
  /** Before anything was received. */
  public static final RuntimeConfig EMPTY = new RuntimeConfig(0, List.of());

  public RuntimeConfig {
    sockets = List.copyOf(sockets);
  }
}
