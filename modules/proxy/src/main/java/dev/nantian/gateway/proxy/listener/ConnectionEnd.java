package dev.nantian.gateway.proxy.listener;

import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelFutureListener;
import io.netty.channel.ChannelOption;
import io.netty.channel.ChannelOutboundBuffer;
import io.netty.channel.socket.DuplexChannel;
import io.netty.handler.ssl.SslHandler;

/**
 * The ways in which we end a client's connection.
 *
 * <p>Called on the connection's event loop.
 */
final class ConnectionEnd {
  private ConnectionEnd() {}

  /** Nothing is left to be said or heard. */
  static void now(Channel channel) {
    var unused = channel.close();
  }

  /** Ends both directions once the client has got what was written. */
  static void afterWrites(Channel channel) {
    var unused =
        channel.writeAndFlush(Unpooled.EMPTY_BUFFER).addListener(ChannelFutureListener.CLOSE);
  }

  /**
   * Ends our direction and leaves the other open: closing with unread bytes would reset the
   * connection, and the client could lose the response (RFC 9112 section 9.6). Sends what was
   * written, close_notify if there is TLS, and then FIN.
   *
   * @param then run on the loop once that is sent
   */
  static void ourSideAfterWrites(Channel channel, Runnable then) {
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

  /** Resets the connection: what the client got must not look complete. */
  static void reset(Channel channel) {
    channel.config().setOption(ChannelOption.SO_LINGER, 0);
    // From the head of the pipeline: no TLS close_notify, which would look like a clean end.
    var unused = channel.pipeline().firstContext().close();
  }

  /** True if the client has taken in everything that was written. */
  static boolean isAllSent(Channel channel) {
    ChannelOutboundBuffer out = channel.unsafe().outboundBuffer();
    return channel.isWritable() && (out == null || out.totalPendingWriteBytes() == 0);
  }
}
