package dev.nantian.gateway.proxy.loop;

import io.netty.channel.Channel;
import io.netty.channel.ChannelOption;
import io.netty.channel.IoHandlerFactory;
import io.netty.channel.ServerChannel;
import io.netty.channel.epoll.Epoll;
import io.netty.channel.epoll.EpollChannelOption;
import io.netty.channel.epoll.EpollDatagramChannel;
import io.netty.channel.epoll.EpollServerSocketChannel;
import io.netty.channel.epoll.EpollSocketChannel;
import io.netty.channel.nio.NioIoHandler;
import io.netty.channel.socket.DatagramChannel;
import io.netty.channel.socket.nio.NioDatagramChannel;
import io.netty.channel.socket.nio.NioServerSocketChannel;
import io.netty.channel.socket.nio.NioSocketChannel;
import io.netty.channel.uring.IoUring;
import io.netty.channel.uring.IoUringChannelOption;
import io.netty.channel.uring.IoUringDatagramChannel;
import io.netty.channel.uring.IoUringIoHandler;
import io.netty.channel.uring.IoUringServerSocketChannel;
import io.netty.channel.uring.IoUringSocketChannel;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A usable Netty transport.
 *
 * @param name as in the setting
 * @param reusePort the option that lets every loop listen on the same address; null if the
 *     transport has none
 */
public record Transport(
    String name,
    Supplier<IoHandlerFactory> ioHandlers,
    Class<? extends ServerChannel> serverChannel,
    Class<? extends Channel> clientChannel,
    Class<? extends DatagramChannel> datagramChannel,
    @Nullable ChannelOption<Boolean> reusePort) {
  private static final Logger LOG = LoggerFactory.getLogger(Transport.class);

  /**
   * Finds the transport for a setting and logs it.
   *
   * @throws IllegalStateException with the reason if a transport was asked for by name and this
   *     machine does not have it
   */
  public static Transport choose(TransportChoice choice) {
    Transport transport =
        switch (choice) {
          case AUTO -> Epoll.isAvailable() ? epoll() : nio();
          case EPOLL -> {
            require("epoll", Epoll.unavailabilityCause());
            yield epoll();
          }
          case IO_URING -> {
            require("io_uring", IoUring.unavailabilityCause());
            yield ioUring();
          }
          case NIO -> nio();
        };
    LOG.info("transport={} setting={}", transport.name(), choice);
    return transport;
  }

  /**
   * Whether its listening sockets can be handed to another process and go on there. Netty's epoll
   * channels can be made of a descriptor; those of io_uring that listen cannot, and NIO shows none.
   */
  public boolean handsOver() {
    return serverChannel == EpollServerSocketChannel.class;
  }

  private static void require(String name, @Nullable Throwable unavailable) {
    if (unavailable != null) {
      throw new IllegalStateException(
          "transport " + name + " is not available: " + unavailable.getMessage(), unavailable);
    }
  }

  private static Transport epoll() {
    return new Transport(
        "epoll",
        SteadyEpoll::newFactory,
        EpollServerSocketChannel.class,
        EpollSocketChannel.class,
        EpollDatagramChannel.class,
        EpollChannelOption.SO_REUSEPORT);
  }

  private static Transport ioUring() {
    return new Transport(
        "io_uring",
        IoUringIoHandler::newFactory,
        IoUringServerSocketChannel.class,
        IoUringSocketChannel.class,
        IoUringDatagramChannel.class,
        IoUringChannelOption.SO_REUSEPORT);
  }

  private static Transport nio() {
    return new Transport(
        "nio",
        NioIoHandler::newFactory,
        NioServerSocketChannel.class,
        NioSocketChannel.class,
        NioDatagramChannel.class,
        null);
  }
}
