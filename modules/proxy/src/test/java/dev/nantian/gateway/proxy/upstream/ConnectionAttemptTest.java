package dev.nantian.gateway.proxy.upstream;

import static org.assertj.core.api.Assertions.assertThat;

import dev.nantian.gateway.proxy.config.Cluster;
import dev.nantian.gateway.proxy.config.Endpoint;
import dev.nantian.gateway.proxy.http.HttpLimits;
import dev.nantian.gateway.proxy.loop.DeadlineWheel;
import dev.nantian.gateway.proxy.loop.Transport;
import dev.nantian.gateway.proxy.loop.TransportChoice;
import io.netty.bootstrap.Bootstrap;
import io.netty.channel.EventLoop;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.nio.NioIoHandler;
import io.netty.channel.socket.nio.NioSocketChannel;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.SocketAddress;
import java.nio.channels.NotYetConnectedException;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class ConnectionAttemptTest {
  private final MultiThreadIoEventLoopGroup loops =
      new MultiThreadIoEventLoopGroup(1, NioIoHandler.newFactory());

  @AfterEach
  void stop() {
    var unused = loops.shutdownGracefully(0, 1, TimeUnit.SECONDS);
  }

  /** As epoll has it read when its loop comes by between registration and connect. */
  public static final class ReadTooEarly extends NioSocketChannel {
    @Override
    protected boolean doConnect(SocketAddress remote, SocketAddress local) throws Exception {
      pipeline().fireExceptionCaught(new NotYetConnectedException());
      return super.doConnect(remote, local);
    }
  }

  @Test
  void aSocketThatIsReadBeforeItsConnectIsConnectedAllTheSame() throws Exception {
    // Given
    EventLoop loop = loops.next();
    DeadlineWheel wheel = new DeadlineWheel(loop);
    UpstreamSettings settings = UpstreamSettings.DEFAULT;
    try (ServerSocket backend = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      Connector connector =
          new Connector(
              loop, Transport.choose(TransportChoice.NIO), wheel, settings, HttpLimits.DEFAULT);
      EndpointPool pool =
          new EndpointPool(
              new Endpoint(
                  new InetSocketAddress(InetAddress.getLoopbackAddress(), backend.getLocalPort())),
              Cluster.Protocol.HTTP1,
              null,
              null,
              connector,
              settings,
              new UpstreamCounts());
      ConnectionAttempt attempt =
          new ConnectionAttempt(pool, new Lane(null), wheel, settings, HttpLimits.DEFAULT);
      // When
      loop.execute(() -> attempt.start(new Bootstrap().group(loop).channel(ReadTooEarly.class)));
      // Then
      backend.setSoTimeout(60_000);
      backend.accept().close();
      assertThat(loop.submit(pool::connectFailures).get(60, TimeUnit.SECONDS)).isZero();
    }
  }
}
