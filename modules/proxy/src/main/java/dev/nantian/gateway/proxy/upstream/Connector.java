package dev.nantian.gateway.proxy.upstream;

import dev.nantian.gateway.proxy.http.HttpLimits;
import dev.nantian.gateway.proxy.loop.DeadlineWheel;
import dev.nantian.gateway.proxy.loop.Transport;
import io.netty.bootstrap.Bootstrap;
import io.netty.buffer.PooledByteBufAllocator;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.ChannelOption;
import io.netty.channel.EventLoop;
import io.netty.channel.FixedRecvByteBufAllocator;
import java.net.SocketAddress;

/** Opens connections of one loop to endpoints. */
final class Connector {
  /**
   * The largest size that the pooled allocator caches for a thread. With Netty's adaptive allocator
   * and its 2 KiB first read, 16 KiB responses cost 2.7 times the CPU.
   */
  private static final int READ_BYTES = 32 << 10;

  private final Bootstrap bootstrap;
  private final DeadlineWheel wheel;
  private final HttpLimits limits;

  Connector(
      EventLoop loop,
      Transport transport,
      DeadlineWheel wheel,
      UpstreamSettings settings,
      HttpLimits limits) {
    this.wheel = wheel;
    this.limits = limits;
    this.bootstrap =
        new Bootstrap()
            .group(loop)
            .channel(transport.clientChannel())
            .option(ChannelOption.ALLOCATOR, PooledByteBufAllocator.DEFAULT)
            .option(ChannelOption.RECVBUF_ALLOCATOR, new FixedRecvByteBufAllocator(READ_BYTES))
            .option(ChannelOption.TCP_NODELAY, true)
            .option(ChannelOption.CONNECT_TIMEOUT_MILLIS, settings.connectTimeoutMillis());
  }

  ChannelFuture connect(EndpointPool pool, SocketAddress address) {
    return bootstrap
        .clone()
        .handler(
            new ChannelInitializer<Channel>() {
              @Override
              protected void initChannel(Channel channel) {
                channel.pipeline().addLast(new Http1Connection(pool, wheel, limits, channel));
              }
            })
        .connect(address);
  }
}
