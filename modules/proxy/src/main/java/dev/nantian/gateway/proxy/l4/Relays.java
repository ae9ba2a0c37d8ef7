package dev.nantian.gateway.proxy.l4;

import dev.nantian.gateway.proxy.loop.Transport;
import dev.nantian.gateway.proxy.pipeline.Worker;
import dev.nantian.gateway.proxy.route.L4Target;
import io.netty.channel.ChannelHandler;
import java.util.Collections;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Set;

/**
 * The connections that one listening socket relays on one loop.
 *
 * <p>Touched by its event loop only, except for construction; {@link #count} may be read from
 * elsewhere, a little late.
 */
public final class Relays {
  private final Worker worker;
  private final Dialer dialer;
  private final L4Settings settings;
  private final Set<TcpRelay> open = Collections.newSetFromMap(new IdentityHashMap<>());

  public Relays(Worker worker, Transport transport, L4Settings settings) {
    this.worker = worker;
    this.dialer = new Dialer(worker, transport, settings.connectTimeoutMillis());
    this.settings = settings;
  }

  /**
   * A handler that, as the last one of a client connection's pipeline, connects it to a backend of
   * {@code target}. What the client sends before that waits unread.
   */
  public ChannelHandler to(L4Target target) {
    return new TcpRelay(target, dialer, worker, settings, this).clientHandler();
  }

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
    all.forEach(TcpRelay::cut);
    return all.size();
  }
}
