package dev.nantian.gateway.proxy.listener;

import dev.nantian.gateway.proxy.config.L4Socket;
import dev.nantian.gateway.proxy.config.L4Socket.Protocol;
import dev.nantian.gateway.proxy.l4.L4Settings;
import dev.nantian.gateway.proxy.l4.Relays;
import dev.nantian.gateway.proxy.l4.UdpSocket;
import dev.nantian.gateway.proxy.loop.Transport;
import dev.nantian.gateway.proxy.pipeline.Worker;
import dev.nantian.gateway.proxy.proxyprotocol.TrustedSenders;
import dev.nantian.gateway.proxy.route.L4Target;
import dev.nantian.gateway.proxy.takeover.LentSocket;
import dev.nantian.gateway.proxy.takeover.SocketKey;
import io.netty.bootstrap.Bootstrap;
import io.netty.bootstrap.ServerBootstrap;
import io.netty.buffer.PooledByteBufAllocator;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandler;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.ChannelOption;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.FixedRecvByteBufAllocator;
import io.netty.channel.unix.FileDescriptor;
import io.netty.util.ReferenceCountUtil;
import java.net.InetSocketAddress;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * One TCP or UDP address that is relayed, on every loop.
 *
 * <p>Without SO_REUSEPORT (NIO) the first loop accepts TCP connections and hands them round, and
 * serves all of UDP.
 *
 * <p>Thread-safe.
 */
final class L4ListeningSocket {
  private static final int READ_BYTES = 32 << 10;
  private static final int LARGEST_DATAGRAM = 65_535;

  private final Protocol protocol;
  private final int port; // as configured
  private final ConnectionSettings connections;
  private final List<Worker> workers;
  private final Transport transport;
  private final List<Relays> relays = new ArrayList<>();
  private final List<Datagrams> datagrams = new CopyOnWriteArrayList<>();
  private final BoundSockets sockets;
  private volatile @Nullable L4Target target;

  /** A UDP socket and the loop that it is on. */
  private record Datagrams(Worker worker, UdpSocket socket) {}

  L4ListeningSocket(
      L4Socket socket,
      List<Worker> workers,
      Transport transport,
      EventLoopGroup group,
      ConnectionSettings connections,
      L4Settings settings) {
    this.port = socket.address().getPort();
    this.connections = connections;
    this.protocol = socket.protocol();
    this.target = socket.target();
    this.workers = workers;
    this.transport = transport;
    if (protocol == Protocol.TCP) {
      workers.forEach(worker -> relays.add(new Relays(worker, transport, settings)));
    }
    this.sockets =
        new BoundSockets(
            new SocketKey(protocol, socket.address()),
            transport,
            workers.size(),
            index -> protocol == Protocol.TCP ? tcp(group, index) : udp(settings, index));
  }

  /** Where connections and sessions go that begin from now on. */
  void target(@Nullable L4Target next) {
    target = next;
  }

  /**
   * Opens the address or goes on with {@code inherited}; completes with the reason if it cannot.
   */
  CompletionStage<Void> bind(Optional<List<FileDescriptor>> inherited, boolean held) {
    return inherited.isPresent() ? sockets.adopt(inherited.get()) : sockets.bind(held);
  }

  /** Accepts and reads from now on, if it was opened held. */
  CompletionStage<Void> accept() {
    return sockets.accept();
  }

  /** Its sockets, for another process. */
  Optional<LentSocket> lend() {
    return sockets.lend();
  }

  /**
   * Another process accepts and reads now. TCP sockets are closed; those of UDP stay, for answers
   * to what clients sent before have no other way back.
   */
  CompletionStage<Void> handedOver() {
    if (protocol == Protocol.UDP) {
      sockets.hold();
      return CompletableFuture.completedFuture(null);
    }
    return sockets.close();
  }

  private ServerBootstrap tcp(EventLoopGroup group, int index) {
    EventLoopGroup loop = workers.get(index).loop();
    return new ServerBootstrap()
        .group(loop, transport.reusePort() == null ? group : loop)
        .option(ChannelOption.SO_REUSEADDR, true)
        .option(ChannelOption.SO_BACKLOG, 4096)
        .childOption(ChannelOption.ALLOCATOR, PooledByteBufAllocator.DEFAULT)
        .childOption(ChannelOption.RECVBUF_ALLOCATOR, new FixedRecvByteBufAllocator(READ_BYTES))
        .childOption(ChannelOption.TCP_NODELAY, true)
        .childOption(ChannelOption.ALLOW_HALF_CLOSURE, true)
        .childOption(ChannelOption.AUTO_CLOSE, false)
        .childHandler(new Accepted());
  }

  private Bootstrap udp(L4Settings settings, int index) {
    Worker worker = workers.get(index);
    UdpSocket handler = new UdpSocket(() -> target, worker, transport, settings);
    datagrams.add(new Datagrams(worker, handler));
    return new Bootstrap()
        .group(worker.loop())
        .option(ChannelOption.ALLOCATOR, PooledByteBufAllocator.DEFAULT)
        .option(ChannelOption.RECVBUF_ALLOCATOR, new FixedRecvByteBufAllocator(LARGEST_DATAGRAM))
        .handler(handler);
  }

  /** Address as bound: with the port that the system chose for port 0. */
  InetSocketAddress bound() {
    return sockets.bound();
  }

  /** Connections or sessions open now. */
  int connections() {
    return relays.stream().mapToInt(Relays::count).sum()
        + datagrams.stream().mapToInt(each -> each.socket.sessions()).sum();
  }

  /** Accepts no more; UDP sessions end. */
  CompletionStage<Void> close() {
    return sockets
        .close()
        .thenCompose(
            _ -> sumOf(datagrams.stream().map(each -> on(each.worker, each.socket::cut)).toList()))
        .thenApply(_ -> null);
  }

  /** Resets all connections; completes with their number. */
  CompletionStage<Integer> cut() {
    List<CompletableFuture<Integer>> counts = new ArrayList<>();
    for (int i = 0; i < relays.size(); i++) {
      counts.add(on(workers.get(i), relays.get(i)::cut));
    }
    return sumOf(counts);
  }

  private static CompletableFuture<Integer> on(Worker worker, Supplier<Integer> action) {
    return CompletableFuture.supplyAsync(action, worker.loop());
  }

  private static CompletionStage<Integer> sumOf(List<CompletableFuture<Integer>> counts) {
    return CompletableFuture.allOf(counts.toArray(CompletableFuture[]::new))
        .thenApply(_ -> counts.stream().mapToInt(CompletableFuture::join).sum());
  }

  /** Resets its connection: there is no service. */
  private static final class NoService extends ChannelInboundHandlerAdapter {
    @Override
    public void handlerAdded(ChannelHandlerContext ctx) {
      ctx.channel().config().setOption(ChannelOption.SO_LINGER, 0);
      var unused = ctx.channel().close();
    }

    @Override
    public void channelRead(ChannelHandlerContext ctx, Object message) {
      ReferenceCountUtil.release(message);
    }
  }

  /** Gives a new connection to the route of the moment. */
  private final class Accepted extends ChannelInitializer<Channel> {
    @Override
    protected void initChannel(Channel channel) {
      int loop = 0;
      while (workers.get(loop).loop() != channel.eventLoop()) {
        loop++;
      }
      Worker worker = workers.get(loop);
      Relays here = relays.get(loop);
      InetSocketAddress sender = (InetSocketAddress) channel.remoteAddress();
      TrustedSenders senders = connections.proxyHeaders();
      if (!senders.isRequired(port) || target == null) {
        channel.pipeline().addLast(relay(here));
      } else if (sender != null && senders.isTrusted(port, sender)) {
        channel
            .pipeline()
            .addLast(
                new ProxyHeaderEntry(
                    channel, worker, connections.headTimeoutMillis(), () -> relay(here)));
      } else {
        worker.metrics().proxyHeaderRefused();
        ConnectionEnd.now(channel); // it could claim to be anybody
      }
    }

    private ChannelHandler relay(Relays here) {
      L4Target to = target;
      return to == null ? new NoService() : here.to(to);
    }

    @Override
    public boolean isSharable() {
      return true;
    }
  }
}
