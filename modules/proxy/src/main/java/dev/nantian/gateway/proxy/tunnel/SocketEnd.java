package dev.nantian.gateway.proxy.tunnel;

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
 * A whole connection as an end of a tunnel.
 *
 * <p>It is the last handler of its channel, behind the one that spoke HTTP, which passes all events
 * on and stays for whoever counts and drains connections. Touched by its event loop only.
 */
public final class SocketEnd extends ChannelInboundHandlerAdapter implements TunnelEnd {
  private final Channel channel;
  private @Nullable ByteBuf early;
  private @Nullable Input input;
  private boolean wanted;
  private boolean inputEnded;
  private boolean outputEnding;
  private boolean outputSent;

  /**
   * @param channel whose last handler passes all events on
   * @param early what came already; taken over
   */
  public SocketEnd(Channel channel, ByteBuf early) {
    this.channel = channel;
    this.early = early;
  }

  private Input input() {
    return Objects.requireNonNull(input);
  }

  @Override
  public void begin(Input to) {
    input = to;
    channel.config().setOption(ChannelOption.ALLOW_HALF_CLOSURE, true);
    channel.pipeline().addLast(this);
    if (!channel.isActive()) {
      channel.eventLoop().execute(to::closed); // what tells it has happened before we could hear it
    }
  }

  @Override
  public void write(ByteBuf part) {
    if (outputEnding || !part.isReadable()) {
      part.release();
    } else {
      var unused = channel.write(part, channel.voidPromise());
    }
  }

  @Override
  public void flush() {
    channel.flush();
  }

  @Override
  public boolean isWritable() {
    return channel.isWritable();
  }

  @Override
  public void readable(boolean on) {
    wanted = on;
    ByteBuf first = early;
    if (on && first != null) {
      early = null;
      input().bytes(first); // may say that it wants no more
      input().readComplete();
    }
    // Netty takes the wish to read on after the peer's end for an error, and closes.
    boolean reads = wanted && !((DuplexChannel) channel).isInputShutdown();
    if (channel.config().isAutoRead() != reads && channel.isOpen()) {
      channel.config().setAutoRead(reads);
    }
  }

  /** FIN after all that was written; for TLS, which we end whole, close_notify and FIN. */
  @Override
  public void endOutput() {
    if (outputEnding) {
      return;
    }
    outputEnding = true;
    // Netty fails pending writes at shutdownOutput: it must wait for the last of them.
    var unused =
        channel
            .writeAndFlush(Unpooled.EMPTY_BUFFER)
            .addListener(
                done -> {
                  outputSent = done.isSuccess();
                  if (!done.isSuccess()) {
                    input().closed();
                  } else if (channel.pipeline().get(SslHandler.class) != null) {
                    input().outputEnded(true);
                  } else {
                    var shut = ((DuplexChannel) channel).shutdownOutput();
                    shut.addListener(ignored -> input().outputEnded(false));
                  }
                });
  }

  @Override
  public void close() {
    releaseEarly();
    var unused = channel.close();
  }

  @Override
  public void reset() {
    releaseEarly();
    if (channel.isActive()) {
      channel.config().setOption(ChannelOption.SO_LINGER, 0); // close sends RST
    }
    // From the head of the pipeline: no close_notify, which would look like a clean end.
    var unused = channel.unsafe().voidPromise();
    channel.unsafe().close(unused);
  }

  private void releaseEarly() {
    if (early != null) {
      early.release();
      early = null;
    }
  }

  // The channel's events.

  @Override
  public void channelRead(ChannelHandlerContext ctx, Object message) {
    input().bytes((ByteBuf) message);
  }

  @Override
  public void channelReadComplete(ChannelHandlerContext ctx) {
    input().readComplete();
  }

  @Override
  public void channelWritabilityChanged(ChannelHandlerContext ctx) {
    input().writabilityChanged();
  }

  @Override
  public void userEventTriggered(ChannelHandlerContext ctx, Object event) {
    if (event instanceof ChannelInputShutdownEvent || event instanceof SslCloseCompletionEvent) {
      inputEnded = true;
      input().inputEnded();
    }
  }

  @Override
  public void channelInactive(ChannelHandlerContext ctx) {
    if (!(inputEnded && outputSent)) { // else it came to its end, and the other may have yet to
      input().closed();
    }
  }

  @Override
  public void exceptionCaught(ChannelHandlerContext ctx, Throwable cause) {
    input().closed();
  }
}
