package dev.nantian.gateway.proxy.upstream;

import dev.nantian.gateway.proxy.config.Cluster;
import dev.nantian.gateway.proxy.http.HttpLimits;
import dev.nantian.gateway.proxy.loop.DeadlineWheel;
import dev.nantian.gateway.proxy.loop.Transport;
import io.netty.bootstrap.Bootstrap;
import io.netty.buffer.PooledByteBufAllocator;
import io.netty.channel.ChannelOption;
import io.netty.channel.EventLoop;
import io.netty.channel.FixedRecvByteBufAllocator;

/** Opens connections of one loop to endpoints. */
final class Connector {
  /**
   * The largest size that the pooled allocator caches for a thread. With Netty's adaptive allocator
   * and its 2 KiB first read, 16 KiB responses cost 2.7 times the CPU.
   */
  private static final int READ_BYTES = 32 << 10;

  private final Bootstrap bootstrap;
  private final DeadlineWheel wheel;
  private final UpstreamSettings settings;
  private final HttpLimits limits;

  Connector(
      EventLoop loop,
      Transport transport,
      DeadlineWheel wheel,
      UpstreamSettings settings,
      HttpLimits limits) {
    this.wheel = wheel;
    this.settings = settings;
    this.limits = limits;
    this.bootstrap =
        new Bootstrap()
            .group(loop)
            .channel(transport.clientChannel())
            .option(ChannelOption.ALLOCATOR, PooledByteBufAllocator.DEFAULT)
            .option(ChannelOption.RECVBUF_ALLOCATOR, new FixedRecvByteBufAllocator(READ_BYTES))
            .option(ChannelOption.TCP_NODELAY, true)
            // A failed write must not close: a response may wait to be read (RFC 9112 section 9.5).
            .option(ChannelOption.AUTO_CLOSE, false)
            .option(ChannelOption.CONNECT_TIMEOUT_MILLIS, 0); // the attempt has a deadline itself
  }

  /** How many exchanges a new connection will take at once, as far as that can be known before. */
  int exchangesAtOnce(Cluster.Protocol protocol) {
    // Where ALPN decides, the first connection tells: until then none is opened beside it.
    return protocol == Cluster.Protocol.HTTP1 ? 1 : settings.http2().maxStreams();
  }

  /** Opens a connection; the pool is told of it on the loop. */
  void connect(EndpointPool pool, Lane lane) {
    new ConnectionAttempt(pool, lane, wheel, settings, limits).start(bootstrap.clone());
  }
}
