package dev.nantian.gateway.proxy.listener;

import dev.nantian.gateway.proxy.config.L4Socket.Protocol;
import dev.nantian.gateway.proxy.loop.Transport;
import dev.nantian.gateway.proxy.takeover.LentSocket;
import dev.nantian.gateway.proxy.takeover.SocketKey;
import io.netty.bootstrap.AbstractBootstrap;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFactory;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelOption;
import io.netty.channel.ReflectiveChannelFactory;
import io.netty.channel.epoll.EpollDatagramChannel;
import io.netty.channel.epoll.EpollServerSocketChannel;
import io.netty.channel.unix.FileDescriptor;
import io.netty.channel.unix.UnixChannel;
import java.io.IOException;
import java.net.DatagramSocket;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.IntFunction;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The kernel's sockets of one address. With SO_REUSEPORT each loop has one of its own and the
 * kernel spreads connections and datagrams; without it (NIO) the first loop has the only one.
 *
 * <p>They are bound here, or taken over from the process before this one. Those are never closed
 * and bound anew: what waits in a socket's queue would be lost. With fewer loops than sockets a
 * loop has several, with more the loops that have none get one of their own in the same group.
 *
 * <p>Thread-safe.
 */
final class BoundSockets {
  private static final Logger LOG = LoggerFactory.getLogger(BoundSockets.class);

  private final SocketKey key;
  private final Transport transport;
  private final int loops;
  private final IntFunction<AbstractBootstrap<?, ?>> bootstraps;
  private final List<Channel> channels = new ArrayList<>();
  private volatile InetSocketAddress bound;
  private int firstWithout;
  private boolean accepting;

  /**
   * @param bootstraps by loop: what is done with its connections or datagrams, without the
   *     channel's type; asked once for each socket
   */
  BoundSockets(
      SocketKey key,
      Transport transport,
      int loops,
      IntFunction<AbstractBootstrap<?, ?>> bootstraps) {
    this.key = key;
    this.transport = transport;
    this.loops = transport.reusePort() == null ? 1 : loops;
    this.bootstraps = bootstraps;
    this.bound = key.address();
  }

  /**
   * Opens the address.
   *
   * @param held nothing is accepted or read until {@link #accept}
   * @return completes with the reason if that is not possible
   */
  CompletionStage<Void> bind(boolean held) {
    try {
      refuseIfTaken();
    } catch (IOException e) {
      return CompletableFuture.failedFuture(e);
    }
    firstWithout = loops;
    return bindFrom(0, held);
  }

  /** The first may have chosen the port; the others share it. */
  private CompletionStage<Void> bindFrom(int first, boolean held) {
    CompletionStage<Void> all = CompletableFuture.completedFuture(null);
    for (int i = first; i < loops; i++) {
      int index = i;
      all = all.thenCompose(_ -> opened(bindOne(index, held)));
    }
    return all;
  }

  /**
   * SO_REUSEPORT lets a second process of the same user share the port in silence; one try without
   * it finds that out.
   */
  private void refuseIfTaken() throws IOException {
    if (key.protocol() == Protocol.UDP) {
      try (DatagramSocket probe = new DatagramSocket(null)) {
        probe.bind(key.address());
      }
      return;
    }
    try (ServerSocket probe = new ServerSocket()) {
      probe.setReuseAddress(true);
      probe.bind(key.address());
    }
  }

  private ChannelFuture bindOne(int index, boolean held) {
    AbstractBootstrap<?, ?> bootstrap = bootstraps.apply(index);
    if (transport.reusePort() != null) {
      bootstrap.option(transport.reusePort(), true);
    }
    bootstrap.option(ChannelOption.AUTO_READ, !held);
    return making(
            bootstrap,
            new ReflectiveChannelFactory<Channel>(
                key.protocol() == Protocol.UDP
                    ? transport.datagramChannel()
                    : transport.serverChannel()))
        .bind(bound);
  }

  private ChannelFuture adoptOne(int index, int descriptor) {
    AbstractBootstrap<?, ?> bootstrap = bootstraps.apply(index);
    bootstrap.option(ChannelOption.AUTO_READ, false);
    return making(
            bootstrap,
            key.protocol() == Protocol.UDP
                ? () -> new EpollDatagramChannel(descriptor)
                : () -> new EpollServerSocketChannel(descriptor))
        .register();
  }

  /** The bootstrap's type parameter says what it makes, which only the factory knows. */
  @SuppressWarnings("unchecked")
  private static AbstractBootstrap<?, ?> making(
      AbstractBootstrap<?, ?> bootstrap, ChannelFactory<Channel> factory) {
    return ((AbstractBootstrap<?, Channel>) bootstrap).channelFactory(factory);
  }

  private CompletionStage<Void> opened(ChannelFuture opening) {
    CompletableFuture<Void> result = new CompletableFuture<>();
    var unused =
        opening.addListener(
            (ChannelFuture done) -> {
              if (done.isSuccess()) {
                bound = (InetSocketAddress) done.channel().localAddress();
                synchronized (channels) {
                  channels.add(done.channel());
                  if (accepting) {
                    done.channel().config().setAutoRead(true); // it was held when this began
                  }
                }
                result.complete(null);
              } else {
                result.completeExceptionally(done.cause());
              }
            });
    return result;
  }

  /**
   * Goes on with sockets of another process, which may still use them too: holds them until {@link
   * #accept}.
   */
  CompletionStage<Void> adopt(List<FileDescriptor> descriptors) {
    List<CompletableFuture<Void>> all = new ArrayList<>();
    for (int i = 0; i < descriptors.size(); i++) {
      all.add(opened(adoptOne(i % loops, descriptors.get(i).intValue())).toCompletableFuture());
    }
    firstWithout = Math.min(descriptors.size(), loops);
    return CompletableFuture.allOf(all.toArray(CompletableFuture[]::new));
  }

  /**
   * Accepts and reads from now on. Loops without a socket get one only now: had the process ended
   * before this, connections that the kernel had given to it would have been lost.
   */
  CompletionStage<Void> accept() {
    synchronized (channels) {
      accepting = true;
      channels.forEach(channel -> channel.config().setAutoRead(true));
    }
    CompletionStage<Void> rest = bindFrom(firstWithout, false);
    firstWithout = loops;
    return rest.exceptionally(
        error -> {
          LOG.warn(
              "a loop has no socket of its own socket=\"{}\" reason={}", key, error.toString());
          return null;
        });
  }

  /** Reads no more, after one read that may have begun; answers may still be written. */
  void hold() {
    open().forEach(channel -> channel.config().setAutoRead(false));
  }

  /** Its sockets, for another process; empty if none is open. */
  Optional<LentSocket> lend() {
    List<FileDescriptor> descriptors =
        open().stream().map(channel -> ((UnixChannel) channel).fd()).toList();
    return descriptors.isEmpty() ? Optional.empty() : Optional.of(new LentSocket(key, descriptors));
  }

  private List<Channel> open() {
    synchronized (channels) {
      return List.copyOf(channels);
    }
  }

  /** Closes all of them; a socket that another process has too lives on there. */
  CompletionStage<Void> close() {
    List<CompletableFuture<Void>> closed = new ArrayList<>();
    synchronized (channels) {
      for (Channel channel : channels) {
        CompletableFuture<Void> done = new CompletableFuture<>();
        var unused = channel.close().addListener(ignored -> done.complete(null));
        closed.add(done);
      }
      channels.clear();
    }
    return CompletableFuture.allOf(closed.toArray(CompletableFuture[]::new));
  }

  /** Address as bound: with the port that the system chose for port 0. */
  InetSocketAddress bound() {
    return bound;
  }
}
