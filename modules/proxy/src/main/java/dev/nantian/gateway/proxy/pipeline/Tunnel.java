package dev.nantian.gateway.proxy.pipeline;

import dev.nantian.gateway.proxy.loop.DeadlineWheel;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelOption;
import io.netty.channel.socket.ChannelInputShutdownEvent;
import io.netty.channel.socket.DuplexChannel;
import io.netty.handler.ssl.SslCloseCompletionEvent;
import io.netty.handler.ssl.SslHandler;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * What follows a 101 response (RFC 9110 section 7.8): bytes of another protocol, passed between a
 * client's and a backend's connection as they come.
 *
 * <p>A side that does not read stops the other from being read. The end of one direction (FIN) is
 * passed on after the bytes before it and leaves the other direction open, but for TLS, which ends
 * whole; a reset is passed on as a reset. Without a byte in either direction for the idle time both
 * are cut.
 *
 * <p>Each side is the last handler of its channel, behind the one that spoke HTTP, which passes all
 * events on and stays for whoever counts and drains connections. Touched by its event loop only.
 */
final class Tunnel {
  private final DeadlineWheel wheel;
  private final long idleMillis;
  private final Exchange exchange;
  private final Side client = new Side();
  private final Side backend = new Side();
  private final DeadlineWheel.Entry idle =
      new DeadlineWheel.Entry() {
        @Override
        protected void onDeadline() {
          cut();
        }
      };
  private boolean over;

  Tunnel(Exchange exchange, DeadlineWheel wheel, long idleMillis) {
    this.exchange = exchange;
    this.wheel = wheel;
    this.idleMillis = idleMillis;
  }

  ChannelInboundHandlerAdapter clientSide() {
    return client;
  }

  ChannelInboundHandlerAdapter backendSide() {
    return backend;
  }

  /**
   * Begins once both sides are in their channels.
   *
   * @param fromClient bytes that came before their time; taken over
   * @param fromBackend the same
   */
  void start(ByteBuf fromClient, ByteBuf fromBackend) {
    wheel.arm(idle, idleMillis);
    pass(client, backend, fromClient);
    pass(backend, client, fromBackend);
    client.flush();
    backend.flush();
    client.readable(backend.isWritable());
    backend.readable(client.isWritable());
  }

  private Side other(Side side) {
    return side == client ? backend : client;
  }

  private void pass(Side from, Side to, ByteBuf part) {
    wheel.arm(idle, idleMillis);
    exchange.tunnelled(part.readableBytes(), from == client);
    to.write(part);
    if (!to.isWritable()) {
      from.readable(false);
    }
  }

  private void cut() {
    if (!over) {
      over();
      client.reset();
      backend.reset();
    }
  }

  private void closeIfDone() {
    if (!over && client.outputEnded && backend.outputEnded) {
      over();
      client.close();
      backend.close();
    }
  }

  private void over() {
    over = true;
    wheel.remove(idle);
    exchange.tunnelEnded();
  }

  /** One of the two connections. */
  private final class Side extends ChannelInboundHandlerAdapter {
    private @Nullable ChannelHandlerContext context;
    private boolean inputEnded;
    private boolean outputEnded;

    @Override
    public void handlerAdded(ChannelHandlerContext ctx) {
      context = ctx;
      ctx.channel().config().setOption(ChannelOption.ALLOW_HALF_CLOSURE, true);
    }

    private ChannelHandlerContext ctx() {
      return Objects.requireNonNull(context);
    }

    @Override
    public void channelRead(ChannelHandlerContext ctx, Object message) {
      ByteBuf part = (ByteBuf) message;
      if (over) {
        part.release();
      } else {
        pass(this, other(this), part);
      }
    }

    @Override
    public void channelReadComplete(ChannelHandlerContext ctx) {
      if (!over) {
        other(this).flush();
      }
    }

    @Override
    public void channelWritabilityChanged(ChannelHandlerContext ctx) {
      if (!over) {
        other(this).readable(isWritable());
      }
    }

    @Override
    public void userEventTriggered(ChannelHandlerContext ctx, Object event) {
      boolean ended =
          event instanceof ChannelInputShutdownEvent || event instanceof SslCloseCompletionEvent;
      if (ended && !over && !inputEnded) {
        inputEnded = true;
        other(this).endOutput();
      }
    }

    @Override
    public void channelInactive(ChannelHandlerContext ctx) {
      if (over) {
        return;
      }
      if (inputEnded && other(this).outputEnded) {
        over();
        other(this).close();
      } else {
        cut(); // closed without an end of its input: reset
      }
    }

    @Override
    public void exceptionCaught(ChannelHandlerContext ctx, Throwable cause) {
      cut();
    }

    private void write(ByteBuf part) {
      if (outputEnded || !part.isReadable()) {
        part.release();
      } else {
        var unused = ctx().write(part, ctx().voidPromise());
      }
    }

    private void flush() {
      ctx().flush();
    }

    private boolean isWritable() {
      return ctx().channel().isWritable();
    }

    private void readable(boolean on) {
      if (ctx().channel().config().isAutoRead() != on) {
        ctx().channel().config().setAutoRead(on);
      }
    }

    /** FIN after all that was written; for TLS, which we end whole, close_notify and FIN. */
    private void endOutput() {
      if (outputEnded) {
        return;
      }
      outputEnded = true;
      // Netty fails pending writes at shutdownOutput: it must wait for the last of them.
      var unused =
          ctx()
              .writeAndFlush(Unpooled.EMPTY_BUFFER)
              .addListener(
                  done -> {
                    if (over) {
                      return;
                    }
                    if (!done.isSuccess()) {
                      cut();
                    } else if (ctx().pipeline().get(SslHandler.class) == null) {
                      var shut = ((DuplexChannel) ctx().channel()).shutdownOutput();
                      shut.addListener(ignored -> closeIfDone());
                    } else {
                      over();
                      close();
                      other(this).close();
                    }
                  });
    }

    private void close() {
      var unused = ctx().channel().close();
    }

    private void reset() {
      Channel channel = ctx().channel();
      if (channel.isActive()) {
        channel.config().setOption(ChannelOption.SO_LINGER, 0); // close sends RST
      }
      // From the head of the pipeline: no close_notify, which would look like a clean end.
      var unused = channel.unsafe().voidPromise();
      channel.unsafe().close(unused);
    }
  }
}
