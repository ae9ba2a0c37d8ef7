package dev.nantian.gateway.proxy.l4;

import dev.nantian.gateway.proxy.config.Cluster;
import dev.nantian.gateway.proxy.loop.Connecting;
import dev.nantian.gateway.proxy.loop.Transport;
import dev.nantian.gateway.proxy.pipeline.Worker;
import dev.nantian.gateway.proxy.route.L4Target;
import dev.nantian.gateway.proxy.route.WeightedBackends;
import dev.nantian.gateway.proxy.upstream.ClusterMember;
import dev.nantian.gateway.proxy.upstream.UpstreamPools;
import io.netty.bootstrap.Bootstrap;
import io.netty.buffer.PooledByteBufAllocator;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelHandler;
import io.netty.channel.ChannelOption;
import io.netty.channel.FixedRecvByteBufAllocator;
import java.net.InetAddress;
import org.jspecify.annotations.Nullable;

/**
 * Chooses endpoints for layer 4 and opens channels to them.
 *
 * <p>Touched by its event loop only.
 */
final class Dialer {
  private static final int READ_BYTES = 32 << 10;
  private static final int LARGEST_DATAGRAM = 65_535;

  private final UpstreamPools pools;
  private final Bootstrap tcp;
  private final Bootstrap udp;

  /**
   * @param connectTimeoutMillis for one TCP connection attempt
   */
  Dialer(Worker worker, Transport transport, int connectTimeoutMillis) {
    this.pools = worker.pools();
    this.tcp =
        new Bootstrap()
            .group(worker.loop())
            .channel(transport.clientChannel())
            .option(ChannelOption.ALLOCATOR, PooledByteBufAllocator.DEFAULT)
            .option(ChannelOption.RECVBUF_ALLOCATOR, new FixedRecvByteBufAllocator(READ_BYTES))
            .option(ChannelOption.TCP_NODELAY, true)
            .option(ChannelOption.ALLOW_HALF_CLOSURE, true)
            .option(ChannelOption.AUTO_CLOSE, false)
            .option(ChannelOption.CONNECT_TIMEOUT_MILLIS, connectTimeoutMillis);
    this.udp =
        new Bootstrap()
            .group(worker.loop())
            .channel(transport.datagramChannel())
            .option(ChannelOption.ALLOCATOR, PooledByteBufAllocator.DEFAULT)
            .option(
                ChannelOption.RECVBUF_ALLOCATOR, new FixedRecvByteBufAllocator(LARGEST_DATAGRAM));
  }

  /** The backend that gets the next connection; null if the route has none that resolves. */
  @Nullable Cluster backend(L4Target target) {
    WeightedBackends backends = target.backends();
    long total = backends.totalWeight();
    return total == 0 ? null : backends.pick(pools.ticket(total)).cluster();
  }

  /**
   * An endpoint for the next connection of a client; null if there is none other than {@code
   * except}.
   */
  @Nullable ClusterMember endpoint(
      Cluster cluster, InetAddress client, @Nullable ClusterMember except) {
    return pools.choose(cluster, pools.key(cluster, client), except);
  }

  ChannelFuture connectTcp(ClusterMember endpoint, ChannelHandler handler) {
    return Connecting.inOneTurn(tcp.clone().handler(handler), endpoint.endpoint().address());
  }

  /** A datagram socket of its own that sends to and hears from the endpoint only. */
  ChannelFuture connectUdp(ClusterMember endpoint, ChannelHandler handler) {
    return udp.clone().handler(handler).connect(endpoint.endpoint().address());
  }
}
