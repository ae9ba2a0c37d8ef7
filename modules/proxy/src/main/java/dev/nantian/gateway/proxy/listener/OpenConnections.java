package dev.nantian.gateway.proxy.listener;

import dev.nantian.gateway.proxy.l4.Relays;
import dev.nantian.gateway.proxy.metrics.LoopMetrics;
import dev.nantian.gateway.proxy.route.L4Target;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandler;
import java.util.Collections;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Set;

/**
 * The connections that one socket has on one loop.
 *
 * <p>Touched by its event loop only; {@link #count} may be read from elsewhere, a little late.
 */
public final class OpenConnections {
  private final LoopMetrics metrics;
  private final Set<ClientConnection> open = Collections.newSetFromMap(new IdentityHashMap<>());
  private final Set<Channel> handshaking = Collections.newSetFromMap(new IdentityHashMap<>());

  private final Relays relays;
  private boolean draining;

  OpenConnections(LoopMetrics metrics, Relays relays) {
    this.metrics = metrics;
    this.relays = relays;
  }

  /** A connection was accepted; counted until it is closed, TLS handshake included. */
  void accepted(Channel channel, AcceptGate gate) {
    metrics.connectionOpened();
    gate.opened(channel.parent());
    var unused =
        channel
            .closeFuture()
            .addListener(
                done -> {
                  metrics.connectionClosed();
                  gate.closed();
                });
  }

  void handshakeStarted(Channel channel) {
    handshaking.add(channel);
    var unused = channel.closeFuture().addListener(done -> handshaking.remove(channel));
  }

  /** A connection has come to HTTP. */
  public void add(ClientConnection connection, Channel channel) {
    handshaking.remove(channel);
    open.add(connection);
    if (draining) {
      connection.drain(Drain.WITH_NEXT_RESPONSE);
    }
  }

  /** Connections that come to HTTP from now on serve one request, or what has come with it. */
  void drainNewOnes() {
    draining = true;
  }

  /** The handler that relays the connection; from now on it is none of HTTP's. */
  ChannelHandler relay(L4Target target, Channel channel) {
    handshaking.remove(channel);
    return relays.to(target);
  }

  /** It has ended. */
  public void remove(ClientConnection connection) {
    open.remove(connection);
  }

  int count() {
    return open.size() + handshaking.size() + relays.count();
  }

  /** Resets relayed connections; returns how many. */
  int cutRelays() {
    return relays.cut();
  }

  /** Ends the connections that have not come to HTTP yet. */
  void closeHandshakes() {
    for (Channel channel : List.copyOf(handshaking)) {
      var unused = channel.close();
    }
  }

  List<ClientConnection> all() {
    return List.copyOf(open);
  }
}
