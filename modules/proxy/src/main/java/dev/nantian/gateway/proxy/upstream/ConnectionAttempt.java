package dev.nantian.gateway.proxy.upstream;

import dev.nantian.gateway.proxy.config.Cluster;
import dev.nantian.gateway.proxy.http.HttpLimits;
import dev.nantian.gateway.proxy.loop.Connecting;
import dev.nantian.gateway.proxy.loop.DeadlineWheel;
import dev.nantian.gateway.proxy.proxyprotocol.ProxyHeaderPolicy;
import dev.nantian.gateway.proxy.tls.BackendTls;
import io.netty.bootstrap.Bootstrap;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.handler.codec.DecoderException;
import io.netty.handler.ssl.ApplicationProtocolNames;
import io.netty.handler.ssl.SslHandler;
import io.netty.handler.ssl.SslHandshakeCompletionEvent;
import java.util.List;
import javax.net.ssl.SSLException;
import org.jspecify.annotations.Nullable;

/**
 * A connection being made: all steps until an exchange can begin on it, under one deadline.
 *
 * <p>It is the channel's handler until then, and tells the pool once how it ended. Touched by its
 * event loop only.
 */
final class ConnectionAttempt extends ChannelInboundHandlerAdapter {
  private final EndpointPool pool;
  private final Lane lane;
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
      EndpointPool pool,
      Lane lane,
      DeadlineWheel wheel,
      UpstreamSettings settings,
      HttpLimits limits) {
    this.pool = pool;
    this.lane = lane;
    this.wheel = wheel;
    this.settings = settings;
    this.limits = limits;
  }

  void start(Bootstrap bootstrap) {
    ChannelFuture connecting =
        Connecting.inOneTurn(bootstrap.handler(this), pool.endpoint().address());
    channel = connecting.channel();
    wheel.arm(deadline, settings.connectTimeoutMillis());
    var unused =
        connecting.addListener(
            (ChannelFuture done) -> {
              if (done.isSuccess()) {
                connected(done.channel());
              } else {
                fail(reason(done.cause()));
              }
            });
  }

  private void connected(Channel open) {
    if (ended) {
      return;
    }
    ProxyHeaderPolicy headers = pool.proxyHeader();
    if (headers != null) {
      // Before TLS, and at once: the receiver may wait for it before it says anything.
      var unused =
          open.writeAndFlush(headers.header(open.alloc(), lane.client(), protocolThatFollows()));
    }
    BackendTls tls = pool.tls();
    if (tls == null) {
      speak(open, pool.protocol() == Cluster.Protocol.HTTP2);
      return;
    }
    try {
      int port = pool.endpoint().address().getPort();
      // The attempt's deadline is the handshake's, too.
      open.pipeline().addFirst(tls.handler(open.alloc(), port, offered()));
    } catch (SSLException e) {
      failTls(String.valueOf(e.getMessage()));
    }
  }

  /** Its name in ALPN; null where the handshake that comes later decides. */
  private @Nullable String protocolThatFollows() {
    return switch (pool.protocol()) {
      case HTTP2 -> ApplicationProtocolNames.HTTP_2;
      case HTTP1 -> ApplicationProtocolNames.HTTP_1_1;
      case NEGOTIATED, OPAQUE -> null;
    };
  }

  private List<String> offered() {
    return switch (pool.protocol()) {
      case HTTP2 -> List.of(ApplicationProtocolNames.HTTP_2);
      case NEGOTIATED ->
          List.of(ApplicationProtocolNames.HTTP_2, ApplicationProtocolNames.HTTP_1_1);
      case HTTP1, OPAQUE -> List.of(ApplicationProtocolNames.HTTP_1_1);
    };
  }

  @Override
  public void userEventTriggered(ChannelHandlerContext ctx, Object event) {
    if (!(event instanceof SslHandshakeCompletionEvent handshake) || ended) {
      ctx.fireUserEventTriggered(event);
      return;
    }
    if (!handshake.isSuccess()) {
      failTls(reason(handshake.cause()));
      return;
    }
    String chosen = ctx.pipeline().get(SslHandler.class).applicationProtocol();
    boolean http2 = ApplicationProtocolNames.HTTP_2.equals(chosen);
    if (!http2 && pool.protocol() == Cluster.Protocol.HTTP2) {
      failTls("ALPN: " + (chosen == null ? "nothing" : chosen) + " (expected h2)");
    } else {
      speak(ctx.channel(), http2);
    }
  }

  /** The innermost message says what is wrong, with a certificate for example. */
  private static String reason(Throwable failure) {
    Throwable innermost = failure;
    while (innermost.getCause() != null) {
      innermost = innermost.getCause();
    }
    return innermost.getMessage() == null ? innermost.toString() : innermost.getMessage();
  }

  private void speak(Channel open, boolean http2) {
    if (http2) {
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
                pool, wheel, settings.http2(), limits, pool.tls() != null, this::succeedHttp2));
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
    pool.connected(connection, lane);
  }

  private void fail(String reason) {
    if (end()) {
      pool.connectFailed(reason, lane);
    }
  }

  private void failTls(String reason) {
    if (end()) {
      pool.tlsFailed(reason, lane);
    }
  }

  /** False if it had ended before. */
  private boolean end() {
    if (ended) {
      return false;
    }
    ended = true;
    wheel.remove(deadline);
    if (channel != null) {
      var unused = channel.close();
    }
    return true;
  }

  @Override
  public void channelInactive(ChannelHandlerContext ctx) {
    fail("closed by the endpoint");
    ctx.fireChannelInactive();
  }

  @Override
  public void exceptionCaught(ChannelHandlerContext ctx, Throwable cause) {
    if (pool.tls() != null && cause instanceof DecoderException) {
      failTls(reason(cause));
    } else {
      fail(reason(cause));
    }
  }
}
