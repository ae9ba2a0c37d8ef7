package dev.nantian.gateway.proxy.listener;

import dev.nantian.gateway.proxy.metrics.LoopMetrics;
import io.netty.channel.Channel;
import java.util.Collections;
import java.util.IdentityHashMap;
import java.util.Set;

/**
 * Stops accepting while a loop has as many client connections as it may: those that come wait in
 * the kernel's queue instead of being accepted and closed, and go on when others end.
 *
 * <p>One for each loop, for all its sockets; touched by its event loop only.
 */
final class AcceptGate {
  private final LoopMetrics metrics;
  private final int maxConnections;
  private final int resumeAt;
  private final Set<Channel> paused = Collections.newSetFromMap(new IdentityHashMap<>());

  AcceptGate(LoopMetrics metrics, int maxConnections) {
    this.metrics = metrics;
    this.maxConnections = maxConnections;
    // Not at once: a queue behind a full loop would make it pause and resume with each connection.
    this.resumeAt = Math.max(0, maxConnections - Math.max(1, maxConnections / 50));
  }

  /** A connection was accepted by {@code server} and is counted in the metrics. */
  void opened(Channel server) {
    if (metrics.connectionsActive() >= maxConnections && paused.add(server)) {
      metrics.acceptPaused();
      server.config().setAutoRead(false);
    }
  }

  /** A connection ended and is counted no more. */
  void closed() {
    if (!paused.isEmpty() && metrics.connectionsActive() <= resumeAt) {
      for (Channel server : paused) {
        if (server.isOpen()) {
          server.config().setAutoRead(true);
        }
      }
      paused.clear();
    }
  }
}
