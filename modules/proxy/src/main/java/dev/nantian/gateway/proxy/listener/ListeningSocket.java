package dev.nantian.gateway.proxy.listener;

import dev.nantian.gateway.proxy.config.L4Socket.Protocol;
import dev.nantian.gateway.proxy.config.ListenerSocket;
import dev.nantian.gateway.proxy.l4.Relays;
import dev.nantian.gateway.proxy.loop.Transport;
import dev.nantian.gateway.proxy.pipeline.ListenerPipeline;
import dev.nantian.gateway.proxy.pipeline.Worker;
import dev.nantian.gateway.proxy.takeover.LentSocket;
import dev.nantian.gateway.proxy.takeover.SocketKey;
import io.netty.bootstrap.AbstractBootstrap;
import io.netty.bootstrap.ServerBootstrap;
import io.netty.buffer.PooledByteBufAllocator;
import io.netty.channel.AdaptiveRecvByteBufAllocator;
import io.netty.channel.Channel;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.ChannelOption;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.unix.FileDescriptor;
import java.net.InetSocketAddress;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.Function;
import org.apache.pekko.stream.Materializer;

/**
 * One address that the proxy listens on, with a {@link SocketListener} on every loop.
 *
 * <p>Without SO_REUSEPORT (NIO) the first loop accepts and hands connections round.
 *
 * <p>Thread-safe: what concerns a loop is run there.
 */
final class ListeningSocket {
  private final List<Worker> workers;
  private final List<SocketListener> listeners = new ArrayList<>();
  private final BoundSockets sockets;

  ListeningSocket(
      ListenerSocket socket,
      Transport transport,
      EventLoopGroup group,
      List<Worker> workers,
      Materializer materializer,
      ConnectionSettings settings,
      Function<Worker, AcceptGate> gates,
      Function<Worker, Relays> relays) {
    this.workers = workers;
    this.sockets =
        new BoundSockets(
            new SocketKey(Protocol.TCP, socket.address()),
            transport,
            workers.size(),
            index -> bootstrap(transport, group, index));
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

  /**
   * Opens the address or goes on with {@code inherited}; completes with the reason if it cannot.
   */
  CompletionStage<Void> bind(Optional<List<FileDescriptor>> inherited, boolean held) {
    return inherited.isPresent() ? sockets.adopt(inherited.get()) : sockets.bind(held);
  }

  private AbstractBootstrap<?, ?> bootstrap(Transport transport, EventLoopGroup group, int index) {
    EventLoopGroup loop = workers.get(index).loop();
    boolean shared = transport.reusePort() == null;
    return new ServerBootstrap()
        .group(loop, shared ? group : loop)
        .option(ChannelOption.SO_REUSEADDR, true)
        .option(ChannelOption.SO_BACKLOG, 4096)
        .childOption(ChannelOption.ALLOCATOR, PooledByteBufAllocator.DEFAULT)
        .childOption(
            ChannelOption.RECVBUF_ALLOCATOR, new AdaptiveRecvByteBufAllocator(1024, 4096, 32 << 10))
        .childOption(ChannelOption.TCP_NODELAY, true)
        .childHandler(shared ? new ByLoop() : listeners.get(index));
  }

  /** Accepts from now on, if it was opened held. */
  CompletionStage<Void> accept() {
    return sockets.accept();
  }

  /** Its sockets, for another process. */
  Optional<LentSocket> lend() {
    return sockets.lend();
  }

  /** Address as bound: with the port that the system chose for port 0. */
  InetSocketAddress bound() {
    return sockets.bound();
  }

  /** Connections open now. */
  int connections() {
    return listeners.stream().mapToInt(listener -> listener.connections().count()).sum();
  }

  CompletionStage<Void> update(ListenerSocket socket) {
    return onEachLoop(listener -> listener.update(socket));
  }

  /** Accepts no more; connections end as {@code how} says. */
  CompletionStage<Void> closeAndDrain(Drain how) {
    return sockets.close().thenCompose(_ -> onEachLoop(listener -> listener.retire(how)));
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
