package dev.nantian.gateway.proxy.listener;

import dev.nantian.gateway.proxy.loop.DeadlineWheel;
import dev.nantian.gateway.proxy.pipeline.Worker;
import dev.nantian.gateway.proxy.proxyprotocol.ClientAddress;
import dev.nantian.gateway.proxy.proxyprotocol.ProxyHeader;
import dev.nantian.gateway.proxy.proxyprotocol.ProxyHeaderDecoder;
import io.netty.buffer.ByteBuf;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandler;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import java.util.function.Supplier;

/**
 * The begin of a connection at a port that asks for a PROXY header: takes the header, notes whom
 * the connection is from ({@link ClientAddress}), and makes way for TLS, HTTP or a relay.
 *
 * <p>A connection without a good header is closed without an answer: what could be answered, and to
 * whom, is not known.
 *
 * <p>Touched by its event loop only.
 */
final class ProxyHeaderEntry extends ChannelInboundHandlerAdapter {
  private final Channel channel;
  private final Worker worker;
  private final long timeoutMillis;
  private final Supplier<ChannelHandler> next;
  private final ProxyHeaderDecoder decoder = new ProxyHeaderDecoder();
  private final DeadlineWheel.Entry deadline =
      new DeadlineWheel.Entry() {
        @Override
        protected void onDeadline() {
          refuse();
        }
      };

  /**
   * @param next what the connection goes on with
   */
  ProxyHeaderEntry(
      Channel channel, Worker worker, long timeoutMillis, Supplier<ChannelHandler> next) {
    this.channel = channel;
    this.worker = worker;
    this.timeoutMillis = timeoutMillis;
    this.next = next;
  }

  @Override
  public void handlerAdded(ChannelHandlerContext ctx) {
    worker.wheel().arm(deadline, timeoutMillis);
  }

  @Override
  public void handlerRemoved(ChannelHandlerContext ctx) {
    worker.wheel().remove(deadline);
  }

  @Override
  public void channelRead(ChannelHandlerContext ctx, Object message) {
    ByteBuf in = (ByteBuf) message;
    switch (decoder.decode(in)) {
      case INCOMPLETE -> in.release();
      case REFUSED -> {
        in.release();
        refuse();
      }
      case COMPLETE -> {
        ProxyHeader header = decoder.header();
        if (header != null && header.source() != null) {
          ClientAddress.note(channel, header);
        }
        ctx.pipeline().replace(this, null, next.get());
        if (in.isReadable()) {
          ctx.fireChannelRead(in);
        } else {
          in.release();
        }
      }
    }
  }

  private void refuse() {
    worker.metrics().proxyHeaderRefused();
    ConnectionEnd.now(channel);
  }

  @Override
  public void exceptionCaught(ChannelHandlerContext ctx, Throwable cause) {
    if (!ConnectionFaults.isOfPeer(cause)) {
      ConnectionFaults.report(channel.remoteAddress(), worker.metrics(), cause);
    }
    ConnectionEnd.now(channel);
  }
}
