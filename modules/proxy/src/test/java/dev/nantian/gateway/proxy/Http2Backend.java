package dev.nantian.gateway.proxy;

import io.netty.bootstrap.ServerBootstrap;
import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.nio.NioIoHandler;
import io.netty.channel.socket.nio.NioServerSocketChannel;
import io.netty.handler.codec.http2.DefaultHttp2DataFrame;
import io.netty.handler.codec.http2.DefaultHttp2GoAwayFrame;
import io.netty.handler.codec.http2.DefaultHttp2Headers;
import io.netty.handler.codec.http2.DefaultHttp2HeadersFrame;
import io.netty.handler.codec.http2.DefaultHttp2ResetFrame;
import io.netty.handler.codec.http2.DefaultHttp2WindowUpdateFrame;
import io.netty.handler.codec.http2.Http2DataFrame;
import io.netty.handler.codec.http2.Http2Error;
import io.netty.handler.codec.http2.Http2FrameCodecBuilder;
import io.netty.handler.codec.http2.Http2FrameStream;
import io.netty.handler.codec.http2.Http2Headers;
import io.netty.handler.codec.http2.Http2HeadersFrame;
import io.netty.handler.codec.http2.Http2PingFrame;
import io.netty.handler.codec.http2.Http2ResetFrame;
import io.netty.handler.codec.http2.Http2Settings;
import io.netty.handler.codec.http2.Http2StreamFrame;
import io.netty.handler.ssl.SslContext;
import io.netty.util.ReferenceCountUtil;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/** A server of HTTP/2 with prior knowledge (or TLS): a script says what happens to each stream. */
final class Http2Backend implements AutoCloseable {
  /** What a test does with a stream; all methods are called on the connection's loop. */
  interface Script {
    void onHeaders(Stream stream, Http2Headers headers, boolean end);

    default void onData(Stream stream, String data, boolean end) {}

    default void onReset(Stream stream, long code) {}
  }

  /** One request. */
  static final class Stream {
    private final ChannelHandlerContext ctx;
    private final Http2FrameStream frames;
    private final int connection;
    private final StringBuilder received = new StringBuilder();

    private Stream(ChannelHandlerContext ctx, Http2FrameStream frames, int connection) {
      this.ctx = ctx;
      this.frames = frames;
      this.connection = connection;
    }

    int id() {
      return frames.id();
    }

    /** From 1. */
    int connection() {
      return connection;
    }

    String received() {
      return received.toString();
    }

    private void send(Http2StreamFrame frame) {
      var unused = ctx.writeAndFlush(frame.stream(frames));
    }

    Stream head(int status, boolean end, String... fields) {
      Http2Headers headers = new DefaultHttp2Headers().status(Integer.toString(status));
      add(headers, fields);
      send(new DefaultHttp2HeadersFrame(headers, end));
      return this;
    }

    Stream data(String text, boolean end) {
      send(
          new DefaultHttp2DataFrame(Unpooled.copiedBuffer(text, StandardCharsets.ISO_8859_1), end));
      return this;
    }

    Stream trailers(String... fields) {
      Http2Headers headers = new DefaultHttp2Headers();
      add(headers, fields);
      send(new DefaultHttp2HeadersFrame(headers, true));
      return this;
    }

    void reset(Http2Error code) {
      send(new DefaultHttp2ResetFrame(code));
    }

    /**
     * @param last the last stream that was processed
     */
    void goAway(int last) {
      // Netty counts streams that it has not seen yet on top of what it knows.
      DefaultHttp2GoAwayFrame frame = new DefaultHttp2GoAwayFrame(Http2Error.NO_ERROR);
      frame.setExtraStreamIds(0);
      var unused = ctx.writeAndFlush(frame);
    }

    void closeConnection() {
      var unused = ctx.channel().close();
    }

    private static void add(Http2Headers headers, String... fields) {
      for (int i = 0; i < fields.length; i += 2) {
        headers.add(fields[i], fields[i + 1]);
      }
    }
  }

  private final EventLoopGroup group =
      new MultiThreadIoEventLoopGroup(1, NioIoHandler.newFactory());
  private final Channel server;
  private final AtomicInteger accepted = new AtomicInteger();
  private final AtomicInteger pings = new AtomicInteger();
  private final List<Channel> open = new CopyOnWriteArrayList<>();

  Http2Backend(Http2Settings settings, Script script) {
    this(settings, null, script);
  }

  Http2Backend(Http2Settings settings, @Nullable SslContext tls, Script script) {
    server =
        new ServerBootstrap()
            .group(group)
            .channel(NioServerSocketChannel.class)
            .childHandler(
                new ChannelInitializer<Channel>() {
                  @Override
                  protected void initChannel(Channel channel) {
                    open.add(channel);
                    if (tls != null) {
                      channel.pipeline().addLast(tls.newHandler(channel.alloc()));
                    }
                    channel
                        .pipeline()
                        .addLast(
                            Http2FrameCodecBuilder.forServer().initialSettings(settings).build(),
                            new Frames(script, accepted.incrementAndGet(), pings));
                  }
                })
            .bind(InetAddress.getLoopbackAddress(), 0)
            .syncUninterruptibly()
            .channel();
  }

  /** Answers every request with its method, path, fields and body. */
  static Http2Backend echo() {
    return new Http2Backend(Http2Settings.defaultSettings(), echoing());
  }

  static Script echoing() {
    return new Script() {
      private final Map<Integer, String> heads = new java.util.concurrent.ConcurrentHashMap<>();

      @Override
      public void onHeaders(Stream stream, Http2Headers headers, boolean end) {
        StringBuilder text = new StringBuilder();
        headers.forEach(
            e -> text.append(e.getKey()).append(": ").append(e.getValue()).append('\n'));
        if (end && headers.method() == null) {
          text.insert(0, "trailers\n");
          finish(stream, text.toString());
          return;
        }
        heads.put(stream.id(), text.toString());
        if (end) {
          finish(stream, "");
        }
      }

      @Override
      public void onData(Stream stream, String data, boolean end) {
        if (end) {
          finish(stream, "");
        }
      }

      private void finish(Stream stream, String trailers) {
        String text = heads.remove(stream.id()) + "\n" + stream.received() + trailers;
        stream.head(200, false, "content-length", Integer.toString(text.length())).data(text, true);
      }
    };
  }

  InetSocketAddress address() {
    return (InetSocketAddress) server.localAddress();
  }

  int accepted() {
    return accepted.get();
  }

  int pings() {
    return pings.get();
  }

  @Override
  public void close() {
    server.close().syncUninterruptibly();
    for (Channel channel : open) {
      var unusedEnd = channel.close();
    }
    var unused = group.shutdownGracefully(0, 100, TimeUnit.MILLISECONDS);
  }

  private static final class Frames extends ChannelInboundHandlerAdapter {
    private final Script script;
    private final int number;
    private final AtomicInteger pings;
    private final Map<Integer, Stream> streams = new HashMap<>();

    private Frames(Script script, int number, AtomicInteger pings) {
      this.script = script;
      this.number = number;
      this.pings = pings;
    }

    @Override
    public void channelRead(ChannelHandlerContext ctx, Object message) {
      try {
        if (message instanceof Http2PingFrame ping && !ping.ack()) {
          pings.incrementAndGet();
        }
        if (!(message instanceof Http2StreamFrame frame) || frame.stream() == null) {
          return;
        }
        Stream stream =
            streams.computeIfAbsent(
                frame.stream().id(), _ -> new Stream(ctx, frame.stream(), number));
        switch (frame) {
          case Http2HeadersFrame headers ->
              script.onHeaders(stream, headers.headers(), headers.isEndStream());
          case Http2DataFrame data -> {
            String text = data.content().toString(StandardCharsets.ISO_8859_1);
            stream.received.append(text);
            int bytes = data.initialFlowControlledBytes();
            boolean end = data.isEndStream();
            var unused = ctx.write(new DefaultHttp2WindowUpdateFrame(bytes).stream(stream.frames));
            script.onData(stream, text, end);
          }
          case Http2ResetFrame reset -> script.onReset(stream, reset.errorCode());
          default -> {}
        }
      } finally {
        ReferenceCountUtil.release(message);
      }
    }

    @Override
    public void channelReadComplete(ChannelHandlerContext ctx) {
      ctx.flush();
    }

    @Override
    public void exceptionCaught(ChannelHandlerContext ctx, Throwable cause) {
      var unused = ctx.close();
    }
  }
}
