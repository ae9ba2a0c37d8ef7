package dev.nantian.gateway.proxy;

import io.netty.bootstrap.ServerBootstrap;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.nio.NioIoHandler;
import io.netty.channel.socket.nio.NioServerSocketChannel;
import io.netty.handler.codec.http.websocketx.WebSocket13FrameDecoder;
import io.netty.handler.codec.http.websocketx.WebSocket13FrameEncoder;
import io.netty.handler.codec.http2.DefaultHttp2Headers;
import io.netty.handler.codec.http2.DefaultHttp2HeadersFrame;
import io.netty.handler.codec.http2.Http2FrameCodecBuilder;
import io.netty.handler.codec.http2.Http2Headers;
import io.netty.handler.codec.http2.Http2HeadersFrame;
import io.netty.handler.codec.http2.Http2MultiplexHandler;
import io.netty.handler.codec.http2.Http2Settings;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.concurrent.TimeUnit;

/** The server of {@link WebSocketBackend} for HTTP/2 with prior knowledge (RFC 8441). */
final class Http2WebSocketBackend implements AutoCloseable {
  private final EventLoopGroup group =
      new MultiThreadIoEventLoopGroup(1, NioIoHandler.newFactory());
  private final Channel server;

  Http2WebSocketBackend() {
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
                            Http2FrameCodecBuilder.forServer()
                                .initialSettings(new Http2Settings().connectProtocolEnabled(true))
                                .build(),
                            new Http2MultiplexHandler(
                                new ChannelInitializer<Channel>() {
                                  @Override
                                  protected void initChannel(Channel stream) {
                                    stream.pipeline().addLast(new Opening());
                                  }
                                }));
                  }
                })
            .bind(InetAddress.getLoopbackAddress(), 0)
            .syncUninterruptibly()
            .channel();
  }

  InetSocketAddress address() {
    return (InetSocketAddress) server.localAddress();
  }

  @Override
  public void close() {
    server.close().syncUninterruptibly();
    var unused = group.shutdownGracefully(0, 100, TimeUnit.MILLISECONDS);
  }

  /** Takes what RFC 8441 says, and nothing that belongs to the handshake of HTTP/1.1. */
  private static final class Opening extends WebSocketOverHttp2 {
    @Override
    public void channelRead(ChannelHandlerContext ctx, Object message) throws Exception {
      if (!(message instanceof Http2HeadersFrame frame)) {
        super.channelRead(ctx, message);
        return;
      }
      Http2Headers asked = frame.headers();
      boolean good =
          "CONNECT".contentEquals(asked.method())
              && asked.contains(":protocol", "websocket")
              && "http".contentEquals(asked.scheme())
              && asked.authority() != null
              && asked.path() != null
              && asked.contains("sec-websocket-version", "13")
              && !asked.contains("sec-websocket-key")
              && !frame.isEndStream();
      Http2Headers answer = new DefaultHttp2Headers().status(good ? "200" : "400");
      CharSequence offered = asked.get("sec-websocket-protocol");
      if (good && offered != null && offered.toString().contains("superchat")) {
        answer.set("sec-websocket-protocol", "superchat");
      }
      if (good) {
        ctx.pipeline()
            .addLast(
                new WebSocket13FrameEncoder(false),
                new WebSocket13FrameDecoder(true, true, WebSocketBackend.MAX_FRAME),
                new WebSocketBackend.Echo());
      }
      var unused = ctx.writeAndFlush(new DefaultHttp2HeadersFrame(answer, !good));
    }
  }
}
