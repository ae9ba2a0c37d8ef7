package dev.nantian.gateway.proxy.loop;

import static org.assertj.core.api.Assertions.assertThat;

import io.netty.bootstrap.Bootstrap;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.EventLoop;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.nio.NioIoHandler;
import io.netty.channel.socket.nio.NioSocketChannel;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.SocketAddress;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class ConnectingTest {
  private final MultiThreadIoEventLoopGroup loops =
      new MultiThreadIoEventLoopGroup(1, NioIoHandler.newFactory());
  private final EventLoop loop = loops.next();

  @AfterEach
  void stop() {
    var unused = loops.shutdownGracefully(0, 1, TimeUnit.SECONDS);
  }

  /** Tells whether it was asked to connect. */
  private static final class Asked extends NioSocketChannel {
    private boolean asked;

    @Override
    protected boolean doConnect(SocketAddress remote, SocketAddress local) throws Exception {
      asked = true;
      return super.doConnect(remote, local);
    }
  }

  private ChannelFuture connect(Asked socket, int port) {
    return Connecting.inOneTurn(
        new Bootstrap()
            .group(loop)
            .channelFactory(() -> socket)
            .handler(new ChannelInboundHandlerAdapter()),
        new InetSocketAddress(InetAddress.getLoopbackAddress(), port));
  }

  /** What is true when the call has returned, before the loop does anything else. */
  private record AtReturn(boolean asked, boolean done, ChannelFuture connecting) {}

  private AtReturn connectOnLoop(int port) throws Exception {
    Asked socket = new Asked();
    return loop.submit(
            () -> {
              ChannelFuture connecting = connect(socket, port);
              return new AtReturn(socket.asked, connecting.isDone(), connecting);
            })
        .get(60, TimeUnit.SECONDS);
  }

  @Test
  void theSocketIsAskedToConnectBeforeTheLoopLooksAtIt() throws Exception {
    // Given
    try (ServerSocket peer = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      // When
      AtReturn atReturn = connectOnLoop(peer.getLocalPort());
      // Then
      assertThat(atReturn.asked()).isTrue();
      assertThat(atReturn.done()).isFalse();
      assertThat(atReturn.connecting().await(60, TimeUnit.SECONDS)).isTrue();
      assertThat(atReturn.connecting().isSuccess()).isTrue();
      assertThat(atReturn.connecting().channel().isActive()).isTrue();
    }
  }

  @Test
  void aRefusalIsToldLaterToo() throws Exception {
    // When
    AtReturn atReturn = connectOnLoop(1);
    // Then
    assertThat(atReturn.done()).isFalse();
    assertThat(atReturn.connecting().await(60, TimeUnit.SECONDS)).isTrue();
    assertThat(atReturn.connecting().cause()).hasMessageContaining("refused");
  }
}
