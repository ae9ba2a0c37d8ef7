package dev.nantian.gateway.proxy;

import io.netty.bootstrap.Bootstrap;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.SimpleChannelInboundHandler;
import io.netty.channel.nio.NioIoHandler;
import io.netty.channel.socket.nio.NioSocketChannel;
import io.netty.handler.codec.http.websocketx.BinaryWebSocketFrame;
import io.netty.handler.codec.http.websocketx.CloseWebSocketFrame;
import io.netty.handler.codec.http.websocketx.ContinuationWebSocketFrame;
import io.netty.handler.codec.http.websocketx.PingWebSocketFrame;
import io.netty.handler.codec.http.websocketx.PongWebSocketFrame;
import io.netty.handler.codec.http.websocketx.TextWebSocketFrame;
import io.netty.handler.codec.http.websocketx.WebSocket13FrameDecoder;
import io.netty.handler.codec.http.websocketx.WebSocket13FrameEncoder;
import io.netty.handler.codec.http.websocketx.WebSocketFrame;
import io.netty.handler.codec.http2.DefaultHttp2Headers;
import io.netty.handler.codec.http2.DefaultHttp2HeadersFrame;
import io.netty.handler.codec.http2.Http2FrameCodecBuilder;
import io.netty.handler.codec.http2.Http2Headers;
import io.netty.handler.codec.http2.Http2HeadersFrame;
import io.netty.handler.codec.http2.Http2MultiplexHandler;
import io.netty.handler.codec.http2.Http2ResetFrame;
import io.netty.handler.codec.http2.Http2SettingsFrame;
import io.netty.handler.codec.http2.Http2StreamChannelBootstrap;
import java.io.ByteArrayOutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.WebSocket;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/** A WebSocket as a test uses it, whatever version of HTTP opened it. */
interface WebSocketClient extends AutoCloseable {
  void text(String part, boolean last);

  void binary(byte[] bytes, int offset, int length, boolean last);

  void ping(String payload);

  void close(int code);

  String subprotocol();

  /** What was heard next, whole messages only. */
  String next() throws InterruptedException;

  /** Gives up at once. */
  @Override
  void close();

  /** Opens WebSockets to the port of a proxy. */
  interface Opener {
    WebSocketClient open(int port, String... subprotocols);
  }

  /** Puts messages together. */
  final class Heard {
    private final BlockingQueue<String> events = new LinkedBlockingQueue<>();
    private final ByteArrayOutputStream message = new ByteArrayOutputStream();
    private boolean isText;

    void part(byte[] bytes, boolean text, boolean first, boolean last) {
      isText = first ? text : isText;
      message.writeBytes(bytes);
      if (last) {
        byte[] all = message.toByteArray();
        message.reset();
        events.add(
            isText
                ? "text:" + new String(all, StandardCharsets.UTF_8)
                : "binary:" + Arrays.hashCode(all) + ":" + all.length);
      }
    }

    void add(String event) {
      events.add(event);
    }

    String next() throws InterruptedException {
      return String.valueOf(events.poll(60, TimeUnit.SECONDS));
    }
  }

  /** The JDK's client. */
  final class OverHttp1 implements WebSocketClient, WebSocket.Listener {
    private final Heard heard = new Heard();
    private final HttpClient client = HttpClient.newHttpClient();
    private final WebSocket socket;
    private boolean inMessage;

    OverHttp1(int port, String... subprotocols) {
      URI uri =
          URI.create("ws://" + InetAddress.getLoopbackAddress().getHostAddress() + ":" + port);
      WebSocket.Builder builder = client.newWebSocketBuilder();
      if (subprotocols.length > 0) {
        builder.subprotocols(
            subprotocols[0], Arrays.copyOfRange(subprotocols, 1, subprotocols.length));
      }
      socket = TestProxy.await(builder.buildAsync(uri, this));
    }

    @Override
    public @Nullable CompletionStage<?> onText(WebSocket from, CharSequence part, boolean last) {
      heard.part(part.toString().getBytes(StandardCharsets.UTF_8), true, !inMessage, last);
      inMessage = !last;
      from.request(1);
      return null;
    }

    @Override
    public @Nullable CompletionStage<?> onBinary(WebSocket from, ByteBuffer part, boolean last) {
      byte[] bytes = new byte[part.remaining()];
      part.get(bytes);
      heard.part(bytes, false, !inMessage, last);
      inMessage = !last;
      from.request(1);
      return null;
    }

    @Override
    public @Nullable CompletionStage<?> onPong(WebSocket from, ByteBuffer message) {
      heard.add("pong:" + StandardCharsets.ISO_8859_1.decode(message));
      from.request(1);
      return null;
    }

    @Override
    public @Nullable CompletionStage<?> onClose(WebSocket from, int code, String reason) {
      heard.add("close:" + code);
      return null;
    }

    @Override
    public void onError(WebSocket from, Throwable error) {
      heard.add("error:" + error);
    }

    @Override
    public void text(String part, boolean last) {
      TestProxy.await(socket.sendText(part, last));
    }

    @Override
    public void binary(byte[] bytes, int offset, int length, boolean last) {
      TestProxy.await(socket.sendBinary(ByteBuffer.wrap(bytes, offset, length), last));
    }

    @Override
    public void ping(String payload) {
      TestProxy.await(socket.sendPing(StandardCharsets.ISO_8859_1.encode(payload)));
    }

    @Override
    public void close(int code) {
      TestProxy.await(socket.sendClose(code, "bye"));
    }

    @Override
    public String subprotocol() {
      return socket.getSubprotocol();
    }

    @Override
    public String next() throws InterruptedException {
      return heard.next();
    }

    @Override
    public void close() {
      socket.abort();
      client.close();
    }
  }

  /** Netty's HTTP/2 and WebSocket codecs, joined as RFC 8441 says. */
  final class OverHttp2 implements WebSocketClient {
    private final Heard heard = new Heard();
    private final EventLoopGroup group =
        new MultiThreadIoEventLoopGroup(1, NioIoHandler.newFactory());
    private final CompletableFuture<Boolean> announced = new CompletableFuture<>();
    private final CompletableFuture<Http2Headers> opened = new CompletableFuture<>();
    private final Channel stream;
    private boolean inMessage;

    OverHttp2(int port, String... subprotocols) {
      Channel connection =
          new Bootstrap()
              .group(group)
              .channel(NioSocketChannel.class)
              .handler(
                  new ChannelInitializer<Channel>() {
                    @Override
                    protected void initChannel(Channel channel) {
                      channel
                          .pipeline()
                          .addLast(
                              Http2FrameCodecBuilder.forClient().build(),
                              new Http2MultiplexHandler(new ChannelInboundHandlerAdapter()),
                              new Announcement());
                    }
                  })
              .connect(new InetSocketAddress(InetAddress.getLoopbackAddress(), port))
              .syncUninterruptibly()
              .channel();
      if (!TestProxy.await(announced)) {
        throw new AssertionError("no SETTINGS_ENABLE_CONNECT_PROTOCOL");
      }
      stream =
          new Http2StreamChannelBootstrap(connection)
              .handler(
                  new ChannelInitializer<Channel>() {
                    @Override
                    protected void initChannel(Channel channel) {
                      channel
                          .pipeline()
                          .addLast(
                              new Opening(),
                              new WebSocket13FrameEncoder(true),
                              new WebSocket13FrameDecoder(false, true, WebSocketBackend.MAX_FRAME),
                              new Messages());
                    }
                  })
              .open()
              .syncUninterruptibly()
              .getNow();
      Http2Headers ask =
          new DefaultHttp2Headers()
              .method("CONNECT")
              .scheme("http")
              .authority("test.example")
              .path("/")
              .set(":protocol", "websocket")
              .set("sec-websocket-version", "13");
      if (subprotocols.length > 0) {
        ask.set("sec-websocket-protocol", String.join(", ", subprotocols));
      }
      stream.writeAndFlush(new DefaultHttp2HeadersFrame(ask, false)).syncUninterruptibly();
      Http2Headers answer = TestProxy.await(opened);
      if (!"200".contentEquals(answer.status()) || answer.contains("sec-websocket-accept")) {
        throw new AssertionError("not opened: " + answer);
      }
    }

    private void send(Object frame) {
      stream.writeAndFlush(frame).syncUninterruptibly();
    }

    private void send(ByteBuf part, boolean text, boolean last) {
      boolean first = !inMessage;
      inMessage = !last;
      send(
          !first
              ? new ContinuationWebSocketFrame(last, 0, part)
              : text
                  ? new TextWebSocketFrame(last, 0, part)
                  : new BinaryWebSocketFrame(last, 0, part));
    }

    @Override
    public void text(String part, boolean last) {
      send(Unpooled.copiedBuffer(part, StandardCharsets.UTF_8), true, last);
    }

    @Override
    public void binary(byte[] bytes, int offset, int length, boolean last) {
      send(Unpooled.copiedBuffer(bytes, offset, length), false, last);
    }

    @Override
    public void ping(String payload) {
      send(new PingWebSocketFrame(Unpooled.copiedBuffer(payload, StandardCharsets.ISO_8859_1)));
    }

    @Override
    public void close(int code) {
      send(new CloseWebSocketFrame(code, "bye"));
    }

    @Override
    public String subprotocol() {
      return String.valueOf(opened.join().get("sec-websocket-protocol"));
    }

    @Override
    public String next() throws InterruptedException {
      return heard.next();
    }

    @Override
    public void close() {
      var unused = group.shutdownGracefully(0, 100, TimeUnit.MILLISECONDS);
    }

    private final class Announcement extends SimpleChannelInboundHandler<Http2SettingsFrame> {
      @Override
      protected void channelRead0(ChannelHandlerContext ctx, Http2SettingsFrame frame) {
        announced.complete(Boolean.TRUE.equals(frame.settings().connectProtocolEnabled()));
      }
    }

    private final class Opening extends WebSocketOverHttp2 {
      @Override
      public void channelRead(ChannelHandlerContext ctx, Object message) throws Exception {
        if (message instanceof Http2HeadersFrame frame) {
          opened.complete(frame.headers());
        } else {
          super.channelRead(ctx, message);
        }
      }

      @Override
      void onEnd() {
        heard.add("end");
      }

      @Override
      public void userEventTriggered(ChannelHandlerContext ctx, Object event) throws Exception {
        if (event instanceof Http2ResetFrame reset) {
          heard.add("reset:" + reset.errorCode());
        }
        super.userEventTriggered(ctx, event);
      }
    }

    private final class Messages extends SimpleChannelInboundHandler<WebSocketFrame> {
      @Override
      protected void channelRead0(ChannelHandlerContext ctx, WebSocketFrame frame) {
        byte[] bytes = io.netty.buffer.ByteBufUtil.getBytes(frame.content());
        switch (frame) {
          case TextWebSocketFrame text -> heard.part(bytes, true, true, text.isFinalFragment());
          case BinaryWebSocketFrame data -> heard.part(bytes, false, true, data.isFinalFragment());
          case ContinuationWebSocketFrame more ->
              heard.part(bytes, false, false, more.isFinalFragment());
          case PongWebSocketFrame pong ->
              heard.add("pong:" + pong.content().toString(StandardCharsets.ISO_8859_1));
          case CloseWebSocketFrame close -> heard.add("close:" + close.statusCode());
          default -> heard.add("unexpected:" + frame);
        }
      }
    }
  }
}
