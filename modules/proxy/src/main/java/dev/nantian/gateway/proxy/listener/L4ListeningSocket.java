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
import io.netty.bootstrap.Bootstrap;
import io.netty.bootstrap.ServerBootstrap;
import io.netty.buffer.PooledByteBufAllocator;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelHandler;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.ChannelOption;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.FixedRecvByteBufAllocator;
import io.netty.util.ReferenceCountUtil;
import java.io.IOException;
import java.net.DatagramSocket;
import java.net.InetSocketAddress;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.ToIntFunction;
import org.jspecify.annotations.Nullable;

/**
 * One TCP or UDP address that is relayed, on every loop.
 *
 * <p>With SO_REUSEPORT each loop has its own socket. Without it (NIO) the first loop accepts TCP
 * connections and hands them round, and serves all of UDP.
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
  private final List<UdpSocket> datagrams = new ArrayList<>();
  private final List<Channel> sockets = new ArrayList<>();
  private volatile InetSocketAddress bound;
  private volatile @Nullable L4Target target;

  L4ListeningSocket(
      L4Socket socket,
      List<Worker> workers,
      Transport transport,
      ConnectionSettings connections,
      L4Settings settings) {
    this.port = socket.address().getPort();
    this.connections = connections;
    this.protocol = socket.protocol();
    this.bound = socket.address();
    this.target = socket.target();
    this.workers = workers;
    this.transport = transport;
    for (Worker worker : workers) {
      if (protocol == Protocol.TCP) {
        relays.add(new Relays(worker, transport, settings));
      } else {
        datagrams.add(new UdpSocket(() -> target, worker, transport, settings));
      }
    }
  }

  /** Where connections and sessions go that begin from now on. */
  void target(@Nullable L4Target next) {
    target = next;
  }

  /** Opens the address; completes with the reason if that is not possible. */
  CompletionStage<Void> bind(EventLoopGroup group) {
    try {
      refuseIfTaken();
    } catch (IOException e) {
      return CompletableFuture.failedFuture(e);
    }
    CompletionStage<Void> all = bindOne(0, group);
    if (transport.reusePort() != null) {
      for (int i = 1; i < workers.size(); i++) {
        int index = i;
        all = all.thenCompose(done -> bindOne(index, group)); // the first chose the port
      }
    }
    return all;
  }

  private void refuseIfTaken() throws IOException {
    if (protocol == Protocol.TCP) {
      ListeningSocket.refuseIfTaken(bound);
    } else {
      try (DatagramSocket probe = new DatagramSocket(null)) {
        probe.bind(bound);
      }
    }
  }

  private CompletionStage<Void> bindOne(int index, EventLoopGroup group) {
    ChannelFuture binding = protocol == Protocol.TCP ? bindTcp(index, group) : bindUdp(index);
    CompletableFuture<Void> result = new CompletableFuture<>();
    var unused =
        binding.addListener(
            (ChannelFuture done) -> {
              if (done.isSuccess()) {
                bound = (InetSocketAddress) done.channel().localAddress();
                synchronized (sockets) {
                  sockets.add(done.channel());
                }
                result.complete(null);
              } else {
                result.completeExceptionally(done.cause());
              }
            });
    return result;
  }

  private ChannelFuture bindTcp(int index, EventLoopGroup group) {
    EventLoopGroup loop = workers.get(index).loop();
    ServerBootstrap bootstrap =
        new ServerBootstrap()
            .group(loop, transport.reusePort() == null ? group : loop)
            .channel(transport.serverChannel())
            .option(ChannelOption.SO_REUSEADDR, true)
            .option(ChannelOption.SO_BACKLOG, 4096)
            .childOption(ChannelOption.ALLOCATOR, PooledByteBufAllocator.DEFAULT)
            .childOption(ChannelOption.RECVBUF_ALLOCATOR, new FixedRecvByteBufAllocator(READ_BYTES))
            .childOption(ChannelOption.TCP_NODELAY, true)
            .childOption(ChannelOption.ALLOW_HALF_CLOSURE, true)
            .childOption(ChannelOption.AUTO_CLOSE, false)
            .childHandler(new Accepted());
    if (transport.reusePort() != null) {
      bootstrap.option(transport.reusePort(), true);
    }
    return bootstrap.bind(bound);
  }

  private ChannelFuture bindUdp(int index) {
    Bootstrap bootstrap =
        new Bootstrap()
            .group(workers.get(index).loop())
            .channel(transport.datagramChannel())
            .option(ChannelOption.ALLOCATOR, PooledByteBufAllocator.DEFAULT)
            .option(
                ChannelOption.RECVBUF_ALLOCATOR, new FixedRecvByteBufAllocator(LARGEST_DATAGRAM))
            .handler(datagrams.get(index));
    if (transport.reusePort() != null) {
      bootstrap.option(transport.reusePort(), true);
    }
    return bootstrap.bind(bound);
  }

  /** Address as bound: with the port that the system chose for port 0. */
  InetSocketAddress bound() {
    return bound;
  }

  /** Connections or sessions open now. */
  int connections() {
    return relays.stream().mapToInt(Relays::count).sum()
        + datagrams.stream().mapToInt(UdpSocket::sessions).sum();
  }

  /** Accepts no more; UDP sessions end. */
  CompletionStage<Void> close() {
    List<CompletableFuture<Void>> closed = new ArrayList<>();
    synchronized (sockets) {
      for (Channel socket : sockets) {
        CompletableFuture<Void> done = new CompletableFuture<>();
        var unused = socket.close().addListener(ignored -> done.complete(null));
        closed.add(done);
      }
      sockets.clear();
    }
    return CompletableFuture.allOf(closed.toArray(CompletableFuture[]::new))
        .thenCompose(done -> onEachLoop(datagrams, UdpSocket::cut))
        .thenApply(sessions -> null);
  }

  /** Resets all connections; completes with their number. */
  CompletionStage<Integer> cut() {
    return onEachLoop(relays, Relays::cut);
  }

  private <T> CompletionStage<Integer> onEachLoop(List<T> parts, ToIntFunction<T> action) {
    List<CompletableFuture<Integer>> counts = new ArrayList<>();
    for (int i = 0; i < parts.size(); i++) {
      T part = parts.get(i);
      counts.add(
          CompletableFuture.supplyAsync(() -> action.applyAsInt(part), workers.get(i).loop()));
    }
    return CompletableFuture.allOf(counts.toArray(CompletableFuture[]::new))
        .thenApply(done -> counts.stream().mapToInt(CompletableFuture::join).sum());
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
