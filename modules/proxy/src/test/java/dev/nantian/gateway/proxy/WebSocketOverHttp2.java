package dev.nantian.gateway.proxy;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.ChannelDuplexHandler;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelPromise;
import io.netty.handler.codec.http2.DefaultHttp2DataFrame;
import io.netty.handler.codec.http2.Http2DataFrame;
import io.netty.util.ReferenceCountUtil;

/** The DATA of a stream as bytes, for Netty's WebSocket codecs behind it; closes by END_STREAM. */
class WebSocketOverHttp2 extends ChannelDuplexHandler {
  private boolean ended;

  @Override
  public void channelRead(ChannelHandlerContext ctx, Object message) throws Exception {
    if (message instanceof Http2DataFrame data) {
      if (data.content().isReadable()) {
        ctx.fireChannelRead(data.content().retain());
      }
      boolean last = data.isEndStream();
      data.release();
      if (last) {
        end(ctx);
        onEnd();
      }
    } else {
      ReferenceCountUtil.release(message);
    }
  }

  /** The peer sent END_STREAM. */
  void onEnd() {}

  @Override
  public void write(ChannelHandlerContext ctx, Object message, ChannelPromise promise) {
    Object out = message instanceof ByteBuf bytes ? new DefaultHttp2DataFrame(bytes) : message;
    var unused = ctx.write(out, promise);
  }

  @Override
  public void close(ChannelHandlerContext ctx, ChannelPromise promise) {
    end(ctx);
    promise.setSuccess();
  }

  private void end(ChannelHandlerContext ctx) {
    if (!ended) {
      ended = true;
      var unused = ctx.writeAndFlush(new DefaultHttp2DataFrame(Unpooled.EMPTY_BUFFER, true));
    }
  }
}
