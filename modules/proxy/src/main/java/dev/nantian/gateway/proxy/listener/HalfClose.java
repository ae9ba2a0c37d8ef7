package dev.nantian.gateway.proxy.listener;

import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import io.netty.channel.socket.DuplexChannel;
import io.netty.handler.ssl.SslHandler;

/** Ending our direction of a connection while the other stays open. */
final class HalfClose {
  private HalfClose() {}

  /**
   * Sends what was written, close_notify if there is TLS, and then FIN.
   *
   * @param then run on the loop once that is sent
   */
  static void afterWrites(Channel channel, Runnable then) {
    SslHandler tls = channel.pipeline().get(SslHandler.class);
    ChannelFuture written =
        tls == null ? channel.writeAndFlush(Unpooled.EMPTY_BUFFER) : tls.closeOutbound();
    var unused =
        written.addListener(
            (ChannelFuture done) -> {
              if (channel instanceof DuplexChannel duplex && duplex.isActive()) {
                var unusedEnd = duplex.shutdownOutput();
                then.run();
              }
            });
  }
}
