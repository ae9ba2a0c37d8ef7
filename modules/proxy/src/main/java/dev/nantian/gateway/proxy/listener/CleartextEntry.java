package dev.nantian.gateway.proxy.listener;

import dev.nantian.gateway.proxy.listener.h2.Http2ClientConnection;
import dev.nantian.gateway.proxy.loop.DeadlineWheel;
import dev.nantian.gateway.proxy.pipeline.ListenerPipeline;
import io.netty.buffer.ByteBuf;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandler;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import java.nio.charset.StandardCharsets;

/**
 * The begin of a connection without TLS: HTTP/2 if its first bytes are the preface (RFC 9113
 * section 3.4), else HTTP/1. No request of HTTP/1 begins like it, and the first byte tells most of
 * them apart.
 *
 * <p>Touched by its event loop only.
 */
final class CleartextEntry extends ChannelInboundHandlerAdapter {
  private static final byte[] PREFACE =
      "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".getBytes(StandardCharsets.US_ASCII);

  private final Channel channel;
  private final ListenerPipeline pipeline;
  private final OpenConnections connections;
  private final ConnectionSettings settings;
  private final HeldBytes held = new HeldBytes();
  private final DeadlineWheel.Entry deadline =
      new DeadlineWheel.Entry() {
        @Override
        protected void onDeadline() {
          ConnectionEnd.now(channel);
        }
      };

  CleartextEntry(
      Channel channel,
      ListenerPipeline pipeline,
      OpenConnections connections,
      ConnectionSettings settings) {
    this.channel = channel;
    this.pipeline = pipeline;
    this.connections = connections;
    this.settings = settings;
  }

  @Override
  public void handlerAdded(ChannelHandlerContext ctx) {
    connections.handshakeStarted(channel);
    pipeline.worker().wheel().arm(deadline, settings.headTimeoutMillis());
  }

  @Override
  public void handlerRemoved(ChannelHandlerContext ctx) {
    pipeline.worker().wheel().remove(deadline);
    held.release();
  }

  @Override
  public void channelRead(ChannelHandlerContext ctx, Object message) {
    held.add((ByteBuf) message);
    ByteBuf in = held.peek();
    if (in == null) {
      return;
    }
    int count = Math.min(in.readableBytes(), PREFACE.length);
    boolean http2 = true;
    for (int i = 0; i < count && http2; i++) {
      http2 = in.getByte(in.readerIndex() + i) == PREFACE[i];
    }
    if (http2 && count < PREFACE.length) {
      return; // could still be either
    }
    Peer peer = Peer.of(channel, null);
    ChannelHandler next =
        http2
            ? Http2ClientConnection.create(pipeline, connections, settings, peer)
            : new Http1Connection(channel, pipeline, connections, settings, peer);
    ByteBuf bytes = in.retain();
    ctx.pipeline().replace(this, null, next);
    ctx.fireChannelRead(bytes);
  }

  @Override
  public void exceptionCaught(ChannelHandlerContext ctx, Throwable cause) {
    if (!ConnectionFaults.isOfPeer(cause)) {
      ConnectionFaults.report(channel.remoteAddress(), pipeline.worker().metrics(), cause);
    }
    ConnectionEnd.now(channel);
  }
}
