package dev.nantian.gateway.proxy;

import io.netty.bootstrap.ServerBootstrap;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFutureListener;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.nio.NioIoHandler;
import io.netty.channel.socket.nio.NioServerSocketChannel;
import io.netty.handler.ssl.SniHandler;
import io.netty.handler.ssl.SslContext;
import io.netty.handler.ssl.SslHandler;
import io.netty.handler.ssl.SslHandshakeCompletionEvent;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.HexFormat;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import javax.net.ssl.SSLSession;

/** An HTTP/1.1 server with TLS that answers small requests without body with their own text. */
final class TlsBackend implements AutoCloseable {
  private final EventLoopGroup group =
      new MultiThreadIoEventLoopGroup(1, NioIoHandler.newFactory());
  private final Channel server;
  private final List<String> serverNames = new CopyOnWriteArrayList<>();
  private final Set<String> sessions = ConcurrentHashMap.newKeySet();
  private final AtomicInteger connections = new AtomicInteger();
  private final AtomicInteger resumed = new AtomicInteger();

  TlsBackend(SslContext context) {
    server =
        new ServerBootstrap()
            .group(group)
            .channel(NioServerSocketChannel.class)
            .childHandler(
                new ChannelInitializer<Channel>() {
                  @Override
                  protected void initChannel(Channel channel) {
                    channel
                        .pipeline()
                        .addLast(
                            new SniHandler(
                                (name, promise) -> {
                                  serverNames.add(String.valueOf(name));
                                  return promise.setSuccess(context);
                                }),
                            new Echo());
                  }
                })
            .bind(InetAddress.getLoopbackAddress(), 0)
            .syncUninterruptibly()
            .channel();
  }

  InetSocketAddress address() {
    return (InetSocketAddress) server.localAddress();
  }

  List<String> serverNames() {
    return serverNames;
  }

  int connections() {
    return connections.get();
  }

  /** Handshakes that went on with an earlier session. */
  int resumed() {
    return resumed.get();
  }

  @Override
  public void close() {
    server.close().syncUninterruptibly();
    var unused = group.shutdownGracefully(0, 100, TimeUnit.MILLISECONDS);
  }

  private final class Echo extends ChannelInboundHandlerAdapter {
    private final StringBuilder received = new StringBuilder();

    @Override
    public void userEventTriggered(ChannelHandlerContext ctx, Object event) {
      if (event instanceof SslHandshakeCompletionEvent handshake && handshake.isSuccess()) {
        connections.incrementAndGet();
        SSLSession session = ctx.pipeline().get(SslHandler.class).engine().getSession();
        // A resumed session keeps the time at which it was made.
        String made = session.getCreationTime() + HexFormat.of().formatHex(session.getId());
        if (!sessions.add(made)) {
          resumed.incrementAndGet();
        }
      }
    }

    @Override
    public void channelRead(ChannelHandlerContext ctx, Object message) {
      ByteBuf in = (ByteBuf) message;
      received.append(in.toString(StandardCharsets.ISO_8859_1));
      in.release();
      if (received.indexOf("\r\n\r\n") < 0) {
        return;
      }
      String text = received.toString();
      received.setLength(0);
      boolean close = text.startsWith("GET /close");
      String head =
          "HTTP/1.1 200 OK\r\nContent-Length: "
              + text.length()
              + (close ? "\r\nConnection: close" : "")
              + "\r\n\r\n";
      var written =
          ctx.writeAndFlush(Unpooled.copiedBuffer(head + text, StandardCharsets.ISO_8859_1));
      if (close) {
        var unused = written.addListener(ChannelFutureListener.CLOSE);
      }
    }

    @Override
    public void exceptionCaught(ChannelHandlerContext ctx, Throwable cause) {
      var unused = ctx.close();
    }
  }
}
