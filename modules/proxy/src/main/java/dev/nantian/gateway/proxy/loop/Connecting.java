package dev.nantian.gateway.proxy.loop;

import io.netty.bootstrap.Bootstrap;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelPromise;
import java.net.InetSocketAddress;

/**
 * Connects sockets of a loop.
 *
 * <p>{@link Bootstrap#connect} registers the socket and connects it in a later task. A loop with
 * much to do looks at its sockets in between; epoll reports a socket that has not begun to connect
 * as hung up, and Netty closes it: the endpoint seems to refuse a connection that it was never
 * asked for. Here both happen in one turn.
 */
public final class Connecting {
  private Connecting() {}

  /**
   * Registers a new socket and begins to connect it.
   *
   * <p>To be called on the bootstrap's loop.
   *
   * @return completes on the loop, never before this method has returned
   */
  public static ChannelFuture inOneTurn(Bootstrap bootstrap, InetSocketAddress address) {
    ChannelFuture registered = bootstrap.register();
    Channel channel = registered.channel();
    if (!registered.isDone()) {
      // A transport that registers later: it decides when the socket is looked at.
      ChannelPromise connected = channel.newPromise();
      var unused =
          registered.addListener(
              done -> {
                if (done.isSuccess()) {
                  var unusedToo = channel.connect(address, connected);
                } else {
                  connected.setFailure(done.cause());
                }
              });
      return connected;
    }
    if (!registered.isSuccess()) {
      return registered;
    }
    ChannelFuture connecting = channel.connect(address);
    return connecting.isDone() ? later(connecting) : connecting;
  }

  /** A peer on the same machine may have answered already. */
  private static ChannelFuture later(ChannelFuture connected) {
    ChannelPromise told = connected.channel().newPromise();
    connected
        .channel()
        .eventLoop()
        .execute(
            () -> {
              if (connected.isSuccess()) {
                told.setSuccess();
              } else {
                told.setFailure(connected.cause());
              }
            });
    return told;
  }
}
