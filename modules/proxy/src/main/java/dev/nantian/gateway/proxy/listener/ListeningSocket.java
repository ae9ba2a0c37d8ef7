package dev.nantian.gateway.proxy.listener;

import dev.nantian.gateway.proxy.config.ListenerSocket;
import dev.nantian.gateway.proxy.l4.Relays;
import dev.nantian.gateway.proxy.loop.Transport;
import dev.nantian.gateway.proxy.pipeline.ListenerPipeline;
import dev.nantian.gateway.proxy.pipeline.Worker;
import io.netty.bootstrap.ServerBootstrap;
import io.netty.buffer.PooledByteBufAllocator;
import io.netty.channel.AdaptiveRecvByteBufAllocator;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelHandler;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.ChannelOption;
import io.netty.channel.EventLoopGroup;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.Function;
import org.apache.pekko.stream.Materializer;

/**
 * One address that the proxy listens on, with a {@link SocketListener} on every loop.
 *
 * <p>With SO_REUSEPORT each loop has its own socket and the kernel spreads connections; without it
 * (NIO) the first loop accepts and hands connections round.
 *
 * <p>Thread-safe: what concerns a loop is run there.
 */
final class ListeningSocket {
  private final List<Worker> workers;
  private final List<SocketListener> listeners = new ArrayList<>();
  private final List<Channel> sockets = new ArrayList<>();
  private volatile InetSocketAddress bound;

  ListeningSocket(
      ListenerSocket socket,
      List<Worker> workers,
      Materializer materializer,
      ConnectionSettings settings,
      Function<Worker, AcceptGate> gates,
      Function<Worker, Relays> relays) {
    this.workers = workers;
    this.bound = socket.address();
    String name = text(socket.address());
    for (Worker worker : workers) {
      var pipeline = new ListenerPipeline(name, worker, materializer, socket.listeners());
      var connections = new OpenConnections(worker.metrics(), relays.apply(worker));
      listeners.add(
          new SocketListener(
              pipeline,
              connections,
              settings,
              gates.apply(worker),
              socket.address().getPort(),
              socket.tls()));
    }
  }

  /** Opens the address; completes with the reason if that is not possible. */
  CompletionStage<Void> bind(Transport transport, EventLoopGroup group) {
    InetSocketAddress address = bound;
    try {
      refuseIfTaken(address);
    } catch (IOException e) {
      return CompletableFuture.failedFuture(e);
    }
    if (transport.reusePort() == null) {
      return bindOne(transport, group, address, workers.get(0).loop(), new ByLoop());
    }
    CompletionStage<Void> all =
        bindOne(transport, group, address, workers.get(0).loop(), listeners.get(0));
    for (int i = 1; i < workers.size(); i++) {
      int index = i;
      // The first may have chosen the port; the others share it.
      all =
          all.thenCompose(
              done ->
                  bindOne(
                      transport, group, bound, workers.get(index).loop(), listeners.get(index)));
    }
    return all;
  }

  /**
   * SO_REUSEPORT lets a second process of the same user share the port in silence; one try without
   * it finds that out.
   */
  static void refuseIfTaken(InetSocketAddress address) throws IOException {
    try (ServerSocket probe = new ServerSocket()) {
      probe.setReuseAddress(true);
      probe.bind(address);
    }
  }

  private CompletionStage<Void> bindOne(
      Transport transport,
      EventLoopGroup group,
      InetSocketAddress address,
      EventLoopGroup loop,
      ChannelHandler setUp) {
    ServerBootstrap bootstrap =
        new ServerBootstrap()
            .group(loop, transport.reusePort() == null ? group : loop)
            .channel(transport.serverChannel())
            .option(ChannelOption.SO_REUSEADDR, true)
            .option(ChannelOption.SO_BACKLOG, 4096)
            .childOption(ChannelOption.ALLOCATOR, PooledByteBufAllocator.DEFAULT)
            .childOption(
                ChannelOption.RECVBUF_ALLOCATOR,
                new AdaptiveRecvByteBufAllocator(1024, 4096, 32 << 10))
            .childOption(ChannelOption.TCP_NODELAY, true)
            .childHandler(setUp);
    if (transport.reusePort() != null) {
      bootstrap.option(transport.reusePort(), true);
    }
    CompletableFuture<Void> result = new CompletableFuture<>();
    var unused =
        bootstrap
            .bind(address)
            .addListener(
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

  /** Address as bound: with the port that the system chose for port 0. */
  InetSocketAddress bound() {
    return bound;
  }

  /** Connections open now. */
  int connections() {
    return listeners.stream().mapToInt(listener -> listener.connections().count()).sum();
  }

  CompletionStage<Void> update(ListenerSocket socket) {
    return onEachLoop(listener -> listener.update(socket));
  }

  /** Accepts no more; idle connections end now, busy ones after their response. */
  CompletionStage<Void> closeAndDrain() {
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
        .thenCompose(done -> onEachLoop(SocketListener::retire));
  }

  /** Ends all connections; completes with the number of requests that were cut. */
  CompletionStage<Integer> cut() {
    List<CompletableFuture<Integer>> counts = new ArrayList<>();
    for (int i = 0; i < workers.size(); i++) {
      counts.add(CompletableFuture.supplyAsync(listeners.get(i)::cut, workers.get(i).loop()));
    }
    return CompletableFuture.allOf(counts.toArray(CompletableFuture[]::new))
        .thenApply(done -> counts.stream().mapToInt(CompletableFuture::join).sum());
  }

  /** Ends the streams; only after the last connection. */
  CompletionStage<Void> stopPipelines() {
    List<CompletableFuture<?>> ended = new ArrayList<>();
    for (int i = 0; i < workers.size(); i++) {
      SocketListener listener = listeners.get(i);
      ended.add(
          CompletableFuture.supplyAsync(listener::stopPipeline, workers.get(i).loop())
              .thenCompose(stage -> stage));
    }
    return CompletableFuture.allOf(ended.toArray(CompletableFuture[]::new));
  }

  private CompletionStage<Void> onEachLoop(java.util.function.Consumer<SocketListener> action) {
    List<CompletableFuture<Void>> done = new ArrayList<>();
    for (int i = 0; i < workers.size(); i++) {
      SocketListener listener = listeners.get(i);
      done.add(CompletableFuture.runAsync(() -> action.accept(listener), workers.get(i).loop()));
    }
    return CompletableFuture.allOf(done.toArray(CompletableFuture[]::new));
  }

  /** {@code cannot bind 0.0.0.0:80: permission denied}. */
  static String bindError(InetSocketAddress address, Throwable cause) {
    String reason = String.valueOf(cause.getMessage()).toLowerCase(Locale.ROOT);
    if (reason.contains("permission denied")) {
      reason = "permission denied";
    } else if (reason.contains("address already in use")) {
      reason = "address already in use";
    } else if (reason.contains("cannot assign requested address")) {
      reason = "not an address of this machine";
    }
    return "cannot bind " + text(address) + ": " + reason;
  }

  static String text(InetSocketAddress address) {
    String host = address.getAddress().getHostAddress();
    return (host.indexOf(':') >= 0 ? "[" + host + "]" : host) + ":" + address.getPort();
  }

  /** For a socket shared by all loops: sets a connection up for the loop that it was given to. */
  private final class ByLoop extends ChannelInitializer<Channel> {
    @Override
    protected void initChannel(Channel channel) {
      for (int i = 0; i < workers.size(); i++) {
        if (workers.get(i).loop() == channel.eventLoop()) {
          channel.pipeline().addLast(listeners.get(i));
        }
      }
    }

    @Override
    public boolean isSharable() {
      return true;
    }
  }
}
