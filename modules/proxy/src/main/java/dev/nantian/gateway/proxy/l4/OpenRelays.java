package dev.nantian.gateway.proxy.l4;

import java.util.Collections;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Set;

/**
 * The relayed connections of one listening socket on one loop.
 *
 * <p>Touched by its event loop only; {@link #count} may be read from elsewhere, a little late.
 */
public final class OpenRelays {
  private final Set<TcpRelay> open = Collections.newSetFromMap(new IdentityHashMap<>());

  void add(TcpRelay relay) {
    open.add(relay);
  }

  void remove(TcpRelay relay) {
    open.remove(relay);
  }

  public int count() {
    return open.size();
  }

  /** Resets all connections; returns how many there were. */
  public int cut() {
    List<TcpRelay> all = List.copyOf(open);
    all.forEach(TcpRelay::reset);
    return all.size();
  }
}
