package dev.nantian.gateway.proxy.upstream;

import dev.nantian.gateway.proxy.config.Cluster;
import dev.nantian.gateway.proxy.http.HttpLimits;
import dev.nantian.gateway.proxy.loop.DeadlineWheel;
import io.netty.bootstrap.Bootstrap;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import org.jspecify.annotations.Nullable;

/**
 * A connection being made: all steps until an exchange can begin on it, under one deadline.
 *
 * <p>It is the channel's handler until then, and tells the pool once how it ended. Touched by its
 * event loop only.
 */
final class ConnectionAttempt extends ChannelInboundHandlerAdapter {
  private final EndpointPool pool;
  private final DeadlineWheel wheel;
  private final UpstreamSettings settings;
  private final HttpLimits limits;
  private final DeadlineWheel.Entry deadline =
      new DeadlineWheel.Entry() {
        @Override
        protected void onDeadline() {
          fail("no connection in time");
        }
      };
  private @Nullable Channel channel;
  private boolean ended;

  ConnectionAttempt(
      EndpointPool pool, DeadlineWheel wheel, UpstreamSettings settings, HttpLimits limits) {
    this.pool = pool;
    this.wheel = wheel;
    this.settings = settings;
    this.limits = limits;
  }

  void start(Bootstrap bootstrap) {
    ChannelFuture connecting = bootstrap.handler(this).connect(pool.endpoint().address());
    channel = connecting.channel();
    wheel.arm(deadline, settings.connectTimeoutMillis());
    var unused =
        connecting.addListener(
            (ChannelFuture done) -> {
              if (done.isSuccess()) {
                connected(done.channel());
              } else {
                fail(String.valueOf(done.cause().getMessage()));
              }
            });
  }

  private void connected(Channel open) {
    if (ended) {
      return;
    }
    if (pool.protocol() == Cluster.Protocol.HTTP2) {
      speakHttp2(open);
    } else {
      speakHttp1(open);
    }
  }

  private void speakHttp1(Channel open) {
    Http1UpstreamConnection connection = new Http1UpstreamConnection(pool, wheel, limits, open);
    open.pipeline().replace(this, null, connection);
    succeed(connection);
  }

  /** Prior knowledge (RFC 9113 section 3.3): that the endpoint does speak it its SETTINGS show. */
  private void speakHttp2(Channel open) {
    open.pipeline()
        .addLast(
            Http2UpstreamConnection.create(
                pool, wheel, settings.http2(), limits, false, this::succeedHttp2));
    open.flush();
  }

  private void succeedHttp2(UpstreamConnection connection) {
    if (!ended && channel != null) {
      channel.pipeline().remove(this);
      succeed(connection);
    }
  }

  private void succeed(UpstreamConnection connection) {
    ended = true;
    wheel.remove(deadline);
    pool.connected(connection);
  }

  private void fail(String reason) {
    if (ended) {
      return;
    }
    ended = true;
    wheel.remove(deadline);
    if (channel != null) {
      var unused = channel.close();
    }
    pool.connectFailed(reason);
  }

  @Override
  public void channelInactive(ChannelHandlerContext ctx) {
    fail("closed by the endpoint");
    ctx.fireChannelInactive();
  }

  @Override
  public void exceptionCaught(ChannelHandlerContext ctx, Throwable cause) {
    fail(String.valueOf(cause.getMessage()));
  }
}
