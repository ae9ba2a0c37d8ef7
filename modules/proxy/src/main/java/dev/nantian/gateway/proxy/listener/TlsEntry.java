package dev.nantian.gateway.proxy.listener;

import dev.nantian.gateway.proxy.listener.h2.Http2ClientConnection;
import dev.nantian.gateway.proxy.pipeline.ListenerPipeline;
import dev.nantian.gateway.proxy.proxyprotocol.ProxiedClient;
import dev.nantian.gateway.proxy.route.L4Target;
import dev.nantian.gateway.proxy.route.ListenerEntry;
import io.netty.buffer.ByteBuf;
import io.netty.channel.ChannelFutureListener;
import io.netty.channel.ChannelHandler;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelPipeline;
import io.netty.handler.ssl.AbstractSniHandler;
import io.netty.handler.ssl.ApplicationProtocolNames;
import io.netty.handler.ssl.SslContext;
import io.netty.handler.ssl.SslHandler;
import io.netty.handler.ssl.SslHandshakeCompletionEvent;
import io.netty.util.concurrent.Future;
import java.nio.charset.StandardCharsets;
import java.util.Locale;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * The begin of an HTTPS connection: the server name of the ClientHello chooses the listener, whose
 * certificates serve the handshake (RFC 6066 section 3). The connection is set up for HTTP once the
 * handshake is done.
 *
 * <p>A name that no listener has gets the alert {@code unrecognized_name} and never some other
 * certificate; where connections are relayed by name it is closed without a word.
 */
final class TlsEntry extends AbstractSniHandler<ListenerEntry> {
  /** TLS record of type alert, level fatal, {@code unrecognized_name} (RFC 8446 section 6). */
  private static final byte[] UNRECOGNIZED_NAME = {21, 3, 3, 0, 2, 2, 112};

  private static final byte[] NO_NAME = new byte[0];

  private final ListenerPipeline pipeline;
  private final OpenConnections connections;
  private final ConnectionSettings settings;
  private byte[] serverName = NO_NAME;
  private @Nullable L4Target target;

  TlsEntry(ListenerPipeline pipeline, OpenConnections connections, ConnectionSettings settings) {
    super(settings.headTimeoutMillis());
    this.pipeline = pipeline;
    this.connections = connections;
    this.settings = settings;
  }

  @Override
  protected Future<ListenerEntry> lookup(ChannelHandlerContext ctx, @Nullable String hostname) {
    if (hostname != null) {
      serverName = hostname.toLowerCase(Locale.ROOT).getBytes(StandardCharsets.US_ASCII);
    }
    ListenerEntry listener;
    try {
      listener = pipeline.table().listener(serverName, 0, serverName.length);
      if (listener != null && listener.mode() != ListenerEntry.Mode.HTTP) {
        target = pipeline.table().relay(listener, text(serverName));
      }
    } catch (RuntimeException e) {
      // Thrown on, Netty would take it for a malformed hello and ask again without a name.
      return ctx.executor().newFailedFuture(e);
    }
    return listener == null || !isServed(listener)
        ? ctx.executor().newFailedFuture(new UnknownServerNameException())
        : ctx.executor().newSucceededFuture(listener);
  }

  /** A listener of layer 4 serves the names of its routes only. */
  private boolean isServed(ListenerEntry listener) {
    return switch (listener.mode()) {
      case HTTP -> listener.tls() != null;
      case RELAY_DECRYPTED -> listener.tls() != null && target != null;
      case RELAY_ENCRYPTED -> target != null;
    };
  }

  private static String text(byte[] name) {
    return new String(name, StandardCharsets.US_ASCII);
  }

  @Override
  protected void onLookupComplete(
      ChannelHandlerContext ctx, @Nullable String hostname, Future<ListenerEntry> found) {
    if (!found.isSuccess()) {
      if (!ctx.channel().isActive()) {
        return; // asked again for what was left when the connection ended
      }
      if (!(found.cause() instanceof UnknownServerNameException)) {
        failed(ctx, found.cause());
        return;
      }
      if (pipeline.table().relays()) {
        // Nobody ends TLS here who could send an alert: the connection is closed (GEP-2643).
        var unused = ctx.close();
        return;
      }
      ByteBuf alert = ctx.alloc().directBuffer(UNRECOGNIZED_NAME.length);
      alert.writeBytes(UNRECOGNIZED_NAME);
      var unused = ctx.writeAndFlush(alert).addListener(ChannelFutureListener.CLOSE);
      return;
    }
    ChannelPipeline handlers = ctx.pipeline();
    SslContext certificates = found.getNow().tls();
    L4Target to = target;
    if (certificates == null) {
      // The ClientHello, still unread here, follows to the relay as soon as it takes this place.
      ProxiedClient.noteServerName(ctx.channel(), serverName);
      handlers.replace(this, null, connections.relay(Objects.requireNonNull(to), ctx.channel()));
      return;
    }
    SslHandler tls = certificates.newHandler(ctx.alloc());
    tls.setHandshakeTimeoutMillis(settings.headTimeoutMillis());
    handlers.addAfter(ctx.name(), null, new HandshakeEnd());
    handlers.replace(this, null, tls);
  }

  @Override
  public void exceptionCaught(ChannelHandlerContext ctx, Throwable cause) {
    failed(ctx, cause);
  }

  private void failed(ChannelHandlerContext ctx, Throwable cause) {
    if (!ConnectionFaults.isOfPeer(cause)) {
      ConnectionFaults.report(ctx.channel().remoteAddress(), pipeline.worker().metrics(), cause);
    }
    ConnectionEnd.now(ctx.channel());
  }

  private static final class UnknownServerNameException extends Exception {
    private static final long serialVersionUID = 1;

    UnknownServerNameException() {
      super("no listener for the server name", null, false, false);
    }
  }

  /** What the handshake agreed on (RFC 7301); HTTP/1.1 if the client offered nothing. */
  private ChannelHandler speaker(ChannelHandlerContext ctx, Peer peer) {
    String agreed = ctx.pipeline().get(SslHandler.class).applicationProtocol();
    return ApplicationProtocolNames.HTTP_2.equals(agreed)
        ? Http2ClientConnection.create(pipeline, connections, settings, peer)
        : new Http1Connection(ctx.channel(), pipeline, connections, settings, peer);
  }

  /** Waits for the handshake, then makes way for HTTP or a relay. */
  private final class HandshakeEnd extends io.netty.channel.ChannelInboundHandlerAdapter {
    @Override
    public void userEventTriggered(ChannelHandlerContext ctx, Object event) {
      if (event instanceof SslHandshakeCompletionEvent end) {
        if (end.isSuccess() && target != null) {
          ProxiedClient.noteServerName(ctx.channel(), serverName);
          ctx.pipeline().replace(this, null, connections.relay(target, ctx.channel()));
        } else if (end.isSuccess()) {
          Peer peer = Peer.of(ctx.channel(), serverName);
          ctx.pipeline().replace(this, null, speaker(ctx, peer));
        } else {
          var unused = ctx.close();
        }
      }
    }

    @Override
    public void exceptionCaught(ChannelHandlerContext ctx, Throwable cause) {
      failed(ctx, cause); // the alert is sent by the handler
    }
  }
}
