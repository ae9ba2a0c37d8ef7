package dev.nantian.gateway.proxy.l4;

import dev.nantian.gateway.proxy.config.Cluster;
import dev.nantian.gateway.proxy.health.Outcome;
import dev.nantian.gateway.proxy.loop.DeadlineWheel;
import dev.nantian.gateway.proxy.metrics.L4Counters;
import dev.nantian.gateway.proxy.pipeline.Worker;
import dev.nantian.gateway.proxy.proxyprotocol.ClientAddress;
import dev.nantian.gateway.proxy.proxyprotocol.ProxiedClient;
import dev.nantian.gateway.proxy.proxyprotocol.ProxyHeaderPolicy;
import dev.nantian.gateway.proxy.route.L4Target;
import dev.nantian.gateway.proxy.upstream.ClusterMember;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.PooledByteBufAllocator;
import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelOption;
import io.netty.channel.socket.ChannelInputShutdownEvent;
import io.netty.channel.socket.DuplexChannel;
import io.netty.handler.ssl.SslCloseCompletionEvent;
import io.netty.handler.ssl.SslHandler;
import io.netty.util.ReferenceCountUtil;
import java.net.InetAddress;
import java.util.ArrayDeque;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One client connection and its connection to a backend.
 *
 * <pre>
 *   DIALING --connected--> RELAYING --both directions ended, reset, idle--> OVER
 *   DIALING --no endpoint takes it, client gone--> OVER
 * </pre>
 *
 * <p>Bytes pass as the buffers that were read. A side that does not read stops the other from being
 * read. The end of one direction (FIN) is passed on after the bytes before it and leaves the other
 * direction open; a reset is passed on as a reset. A client with no backend to go to is reset, so
 * that it does not take the refusal for an empty answer.
 *
 * <p>Touched by its event loop only.
 */
final class TcpRelay {
  private enum State {
    DIALING,
    RELAYING,
    OVER
  }

  private static final Logger LOG = LoggerFactory.getLogger(TcpRelay.class);

  private final L4Target target;
  private final Dialer dialer;
  private final DeadlineWheel wheel;
  private final L4Settings settings;
  private final L4Counters.Route counters;
  private final Relays relays;
  private final Side client = new Side(true);
  private final Side backend = new Side(false);
  private final ArrayDeque<ByteBuf> early = new ArrayDeque<>();
  private final DeadlineWheel.Entry idle =
      new DeadlineWheel.Entry() {
        @Override
        protected void onDeadline() {
          LOG.debug("idle for too long route={}", target.route());
          cut();
        }
      };
  private State state = State.DIALING;
  private @Nullable Cluster cluster;
  private @Nullable ClusterMember endpoint;
  private int attempts;

  TcpRelay(L4Target target, Dialer dialer, Worker worker, L4Settings settings, Relays relays) {
    this.target = target;
    this.dialer = dialer;
    this.wheel = worker.wheel();
    this.settings = settings;
    this.counters = worker.metrics().l4().route(target.route());
    this.relays = relays;
  }

  /**
   * The client's side: the last handler of its pipeline. The backend is dialled when it is added;
   * until then what the client sent waits, and no more is read from it.
   */
  ChannelInboundHandlerAdapter clientHandler() {
    return client;
  }

  private void start() {
    relays.add(this);
    counters.opened();
    cluster = dialer.backend(target);
    if (cluster == null) {
      LOG.debug("no backend route={}", target.route());
      refuse();
    } else {
      dial(cluster, null);
    }
  }

  private void dial(Cluster of, @Nullable ClusterMember failed) {
    ClusterMember next =
        attempts == settings.connectAttempts()
            ? null
            : dialer.endpoint(of, client.address(), failed);
    if (next == null) {
      refuse();
      return;
    }
    attempts++;
    endpoint = next;
    next.dialling();
    var unused =
        dialer
            .connectTcp(next, backend)
            .addListener((ChannelFuture done) -> dialled(of, next, done));
  }

  private void dialled(Cluster of, ClusterMember tried, ChannelFuture done) {
    if (state != State.DIALING) {
      var unused = done.channel().close();
    } else if (done.isSuccess()) {
      tried.report(Outcome.GOOD, 0);
      state = State.RELAYING;
      relayEarly(of.state().policy().proxyHeader());
    } else {
      LOG.debug("no connection endpoint={}", tried.text(), done.cause());
      tried.notReached();
      disengage();
      dial(of, tried);
    }
  }

  private void relayEarly(@Nullable ProxyHeaderPolicy headers) {
    wheel.arm(idle, settings.tcpIdleTimeoutMillis());
    if (headers != null) {
      backend.write(headers.header(PooledByteBufAllocator.DEFAULT, client.proxied(), null));
    }
    for (ByteBuf part = early.poll(); part != null; part = early.poll()) {
      pass(client, backend, part);
    }
    backend.flush();
    if (client.inputEnded) {
      backend.endOutput();
    }
    client.readable(backend.isWritable());
  }

  private void refuse() {
    counters.refused();
    cut();
  }

  private void pass(Side from, Side to, ByteBuf part) {
    wheel.arm(idle, settings.tcpIdleTimeoutMillis());
    if (from == client) {
      counters.received(part.readableBytes());
    } else {
      counters.sent(part.readableBytes());
    }
    to.write(part);
    if (!to.isWritable()) {
      from.readable(false);
    }
  }

  private Side other(Side side) {
    return side == client ? backend : client;
  }

  private void onEnd(Side side) {
    side.inputEnded = true;
    if (state == State.RELAYING) {
      other(side).endOutput();
    }
  }

  /** Both directions are done: what was written is out already. */
  private void closeIfDone() {
    if (client.outputEnded && backend.outputEnded) {
      over();
      client.close();
      backend.close();
    }
  }

  /** Cuts both connections so that neither side takes the rest for complete. */
  void cut() {
    if (state != State.OVER) {
      over();
      client.reset();
      backend.reset();
    }
  }

  private void over() {
    state = State.OVER;
    wheel.remove(idle);
    early.forEach(ReferenceCountUtil::release);
    early.clear();
    disengage();
    counters.closed();
    relays.remove(this);
  }

  private void disengage() {
    if (endpoint != null) {
      endpoint.hungUp();
      endpoint = null;
    }
  }

  /** One of the two connections. */
  private final class Side extends ChannelInboundHandlerAdapter {
    private final boolean isClient;
    private @Nullable ChannelHandlerContext ctx;
    private boolean inputEnded;
    private boolean outputEnded;

    Side(boolean isClient) {
      this.isClient = isClient;
    }

    /** The backend's side goes into a new channel for each endpoint that is tried. */
    @Override
    public boolean isSharable() {
      return !isClient;
    }

    @Override
    public void handlerAdded(ChannelHandlerContext added) {
      ctx = added;
      if (isClient) {
        added.channel().config().setOption(ChannelOption.ALLOW_HALF_CLOSURE, true);
        added.channel().config().setAutoRead(false);
        start();
      }
    }

    @Override
    public void channelRead(ChannelHandlerContext from, Object message) {
      ByteBuf part = (ByteBuf) message;
      switch (state) {
        case DIALING -> early.add(part);
        case RELAYING -> pass(this, other(this), part);
        case OVER -> part.release();
      }
    }

    @Override
    public void channelReadComplete(ChannelHandlerContext from) {
      if (state == State.RELAYING) {
        other(this).flush();
      }
    }

    @Override
    public void channelWritabilityChanged(ChannelHandlerContext from) {
      if (state == State.RELAYING) {
        other(this).readable(isWritable());
      }
    }

    @Override
    public void userEventTriggered(ChannelHandlerContext from, Object event) {
      if (event instanceof ChannelInputShutdownEvent || event instanceof SslCloseCompletionEvent) {
        onEnd(this);
      }
    }

    @Override
    public void channelInactive(ChannelHandlerContext from) {
      if (state == State.RELAYING && inputEnded && other(this).outputEnded) {
        over();
        other(this).close();
      } else if (state != State.OVER && (isClient || state == State.RELAYING)) {
        cut(); // closed without an end of input: the peer reset it
      }
    }

    @Override
    public void exceptionCaught(ChannelHandlerContext from, Throwable cause) {
      LOG.debug("connection failed route={}", target.route(), cause);
      if (isClient || state == State.RELAYING) {
        cut();
      }
    }

    void write(ByteBuf part) {
      if (ctx == null || outputEnded) {
        part.release();
      } else {
        var unused = ctx.write(part, ctx.voidPromise());
      }
    }

    void flush() {
      if (ctx != null) {
        ctx.flush();
      }
    }

    /** The client's address, maybe by a PROXY header; only after it was added. */
    InetAddress address() {
      return ClientAddress.of(Objects.requireNonNull(ctx).channel()).getAddress();
    }

    /** Whom a backend is told of; only after it was added. */
    ProxiedClient proxied() {
      return ProxiedClient.ofRelayed(Objects.requireNonNull(ctx).channel());
    }

    boolean isWritable() {
      return ctx != null && ctx.channel().isWritable();
    }

    void readable(boolean on) {
      if (ctx != null && ctx.channel().config().isAutoRead() != on && ctx.channel().isOpen()) {
        ctx.channel().config().setAutoRead(on);
      }
    }

    /** FIN after all that was written; for TLS, which we end whole, close_notify and FIN. */
    void endOutput() {
      ChannelHandlerContext to = ctx;
      if (outputEnded || to == null) {
        return;
      }
      outputEnded = true;
      // Netty fails pending writes at shutdownOutput: it must wait for the last of them.
      var unused =
          to.writeAndFlush(Unpooled.EMPTY_BUFFER)
              .addListener(
                  done -> {
                    if (!done.isSuccess()) {
                      cut();
                    } else if (to.pipeline().get(SslHandler.class) == null) {
                      var shut = ((DuplexChannel) to.channel()).shutdownOutput();
                      shut.addListener(ignored -> closeIfDone());
                    } else {
                      over();
                      close();
                      other(this).close();
                    }
                  });
    }

    void close() {
      if (ctx != null) {
        var unused = ctx.close();
      }
    }

    void reset() {
      if (ctx != null) {
        Channel channel = ctx.channel();
        if (channel.isActive()) {
          channel.config().setOption(ChannelOption.SO_LINGER, 0); // close sends RST
        }
        var unused = channel.close();
      }
    }
  }
}
