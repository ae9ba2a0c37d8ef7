package dev.nantian.gateway.proxy.listener;

import dev.nantian.gateway.proxy.metrics.LoopMetrics;
import java.util.Collections;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Set;

/**
 * The connections that one socket has on one loop.
 *
 * <p>Touched by its event loop only; {@link #count} may be read from elsewhere, a little late.
 */
final class OpenConnections {
  private final LoopMetrics metrics;
  private final Set<ClientConnection> open = Collections.newSetFromMap(new IdentityHashMap<>());

  OpenConnections(LoopMetrics metrics) {
    this.metrics = metrics;
  }

  void add(ClientConnection connection) {
    open.add(connection);
    metrics.connectionOpened();
  }

  void remove(ClientConnection connection) {
    if (open.remove(connection)) {
      metrics.connectionClosed();
    }
  }

  int count() {
    return open.size();
  }

  List<ClientConnection> all() {
    return List.copyOf(open);
  }
}
