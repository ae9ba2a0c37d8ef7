package dev.nantian.gateway.proxy.listener;

import dev.nantian.gateway.proxy.config.ListenerSocket;
import dev.nantian.gateway.proxy.pipeline.ListenerPipeline;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandler;
import io.netty.channel.ChannelInitializer;
import java.net.InetSocketAddress;
import java.util.concurrent.CompletionStage;

/**
 * One listening socket on one loop: its stream, its connections, and what each new connection is
 * set up with.
 *
 * <p>Touched by its event loop only, except for construction.
 */
final class SocketListener extends ChannelInitializer<Channel> {
  private final ListenerPipeline pipeline;
  private final OpenConnections connections;
  private final ConnectionSettings settings;
  private final AcceptGate gate;
  private final int port;
  private boolean tls;
  private boolean retired;

  SocketListener(
      ListenerPipeline pipeline,
      OpenConnections connections,
      ConnectionSettings settings,
      AcceptGate gate,
      int port,
      boolean tls) {
    this.pipeline = pipeline;
    this.connections = connections;
    this.settings = settings;
    this.gate = gate;
    this.port = port;
    this.tls = tls;
  }

  /** Serves connections and requests from now on by {@code socket}; open ones stay. */
  void update(ListenerSocket socket) {
    if (tls != socket.tls()) {
      drain(Drain.IDLE_NOW); // what was admitted without TLS must not reach routes that ask for it
    }
    tls = socket.tls();
    pipeline.table(socket.listeners());
  }

  OpenConnections connections() {
    return connections;
  }

  @Override
  protected void initChannel(Channel channel) {
    if (retired
        || channel.remoteAddress() == null
        || pipeline.worker().metrics().connectionsActive() >= settings.maxConnections()) {
      var unused = channel.close();
      return;
    }
    connections.accepted(channel, gate);
    if (!settings.proxyHeaders().isRequired(port)) {
      channel.pipeline().addLast(entry(channel));
    } else if (settings
        .proxyHeaders()
        .isTrusted(port, (InetSocketAddress) channel.remoteAddress())) {
      connections.handshakeStarted(channel);
      channel
          .pipeline()
          .addLast(
              new ProxyHeaderEntry(
                  channel, pipeline.worker(), settings.headTimeoutMillis(), () -> entry(channel)));
    } else {
      pipeline.worker().metrics().proxyHeaderRefused();
      ConnectionEnd.now(channel); // it could claim to be anybody
    }
  }

  private ChannelHandler entry(Channel channel) {
    if (!tls) {
      return new CleartextEntry(channel, pipeline, connections, settings);
    }
    connections.handshakeStarted(channel);
    return new TlsEntry(pipeline, connections, settings);
  }

  @Override
  public boolean isSharable() {
    return true;
  }

  /** Connections end; relayed ones by themselves. */
  private void drain(Drain how) {
    if (how == Drain.IDLE_NOW) {
      connections.closeHandshakes();
    }
    connections.all().forEach(connection -> connection.drain(how));
  }

  /**
   * The socket is closed: ends what there is. What comes late is not taken in, unless it is to be
   * served once.
   */
  void retire(Drain how) {
    if (how == Drain.IDLE_NOW) {
      retired = true;
    } else {
      connections.drainNewOnes();
    }
    drain(how);
  }

  /** Ends all connections; returns how many requests and relayed connections that cut. */
  int cut() {
    int busy = 0;
    for (ClientConnection connection : connections.all()) {
      busy += connection.cut();
    }
    return busy + connections.cutRelays();
  }

  CompletionStage<?> stopPipeline() {
    return pipeline.stop();
  }
}
