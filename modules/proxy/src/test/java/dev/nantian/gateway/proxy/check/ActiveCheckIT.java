package dev.nantian.gateway.proxy.check;

import static org.assertj.core.api.Assertions.assertThat;

import dev.nantian.gateway.proxy.balance.BalancePolicy;
import dev.nantian.gateway.proxy.config.Cluster;
import dev.nantian.gateway.proxy.config.ClusterPolicy;
import dev.nantian.gateway.proxy.config.Endpoint;
import dev.nantian.gateway.proxy.health.CheckPolicy;
import dev.nantian.gateway.proxy.health.EndpointHealth;
import dev.nantian.gateway.proxy.health.OutlierPolicy;
import dev.nantian.gateway.proxy.retry.BudgetPolicy;
import dev.nantian.gateway.proxy.retry.CircuitLimits;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.netty.bootstrap.ServerBootstrap;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.SimpleChannelInboundHandler;
import io.netty.channel.nio.NioIoHandler;
import io.netty.channel.socket.nio.NioServerSocketChannel;
import io.netty.handler.codec.http.DefaultFullHttpResponse;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpRequest;
import io.netty.handler.codec.http.HttpResponseStatus;
import io.netty.handler.codec.http.HttpServerCodec;
import io.netty.handler.codec.http.HttpVersion;
import io.netty.handler.codec.http2.DefaultHttp2DataFrame;
import io.netty.handler.codec.http2.DefaultHttp2Headers;
import io.netty.handler.codec.http2.DefaultHttp2HeadersFrame;
import io.netty.handler.codec.http2.Http2DataFrame;
import io.netty.handler.codec.http2.Http2FrameCodecBuilder;
import io.netty.handler.codec.http2.Http2HeadersFrame;
import io.netty.handler.codec.http2.Http2MultiplexHandler;
import io.netty.util.ReferenceCountUtil;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import org.apache.pekko.actor.testkit.typed.javadsl.ActorTestKit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Endpoints that servers on real sockets say to be well or not. */
class ActiveCheckIT {
  private final MultiThreadIoEventLoopGroup loop =
      new MultiThreadIoEventLoopGroup(1, NioIoHandler.newFactory());
  private final ActorTestKit kit = ActorTestKit.create();
  private final Prober prober = new Prober();
  private final SimpleMeterRegistry meters = new SimpleMeterRegistry();
  private final List<String> asked = new CopyOnWriteArrayList<>();
  private volatile boolean well = true;

  @AfterEach
  void stop() {
    kit.shutdownTestKit();
    prober.close();
    loop.shutdownGracefully(0, 1, TimeUnit.SECONDS).syncUninterruptibly();
  }

  private Channel serve(ChannelInitializer<Channel> protocol, int port) {
    return new ServerBootstrap()
        .group(loop)
        .channel(NioServerSocketChannel.class)
        .childHandler(protocol)
        .bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), port))
        .syncUninterruptibly()
        .channel();
  }

  private EndpointHealth check(CheckPolicy.Probe probe, Channel server) {
    Cluster cluster = new Cluster("test/backend:80", Cluster.Protocol.HTTP1);
    cluster.policy(
        new ClusterPolicy(
            BalancePolicy.DEFAULT,
            new OutlierPolicy(2, 0, 0, 0, 1_000, 2_000, 50, 1, 0),
            BudgetPolicy.DEFAULT,
            CircuitLimits.OFF,
            new CheckPolicy(probe, 20, 30_000, 2, 2, 0),
            null));
    cluster.endpoints(List.of(new Endpoint((InetSocketAddress) server.localAddress())));
    kit.spawn(CheckActor.create(() -> List.of(cluster), prober, meters));
    return cluster.state().health().getFirst();
  }

  private static void eventually(String what, BooleanSupplier condition) {
    long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(60);
    while (!condition.getAsBoolean()) {
      assertThat(System.nanoTime()).as("not within 60 s: " + what).isLessThan(deadline);
      LockSupport.parkNanos(1_000_000);
    }
  }

  private void flips(EndpointHealth health) {
    eventually("checked", () -> passed() > 2);
    assertThat(health.isUsable()).isTrue();

    well = false;

    eventually("out", () -> !health.isUsable());
    well = true;
    eventually("back", health::isUsable);
  }

  private double passed() {
    var counter = meters.find("nantian.backend.checks").tag("result", "passed").counter();
    return counter == null ? 0 : counter.count();
  }

  @Test
  void httpStatusesDecide() {
    Channel server =
        serve(
            new ChannelInitializer<>() {
              @Override
              protected void initChannel(Channel channel) {
                channel.pipeline().addLast(new HttpServerCodec(), new HttpAnswers());
              }
            },
            0);

    flips(check(new CheckPolicy.Http("/healthz", "cart.example", Set.of(200)), server));

    assertThat(asked).contains("GET /healthz cart.example");
  }

  @Test
  void grpcHealthDecides() {
    Channel server =
        serve(
            new ChannelInitializer<>() {
              @Override
              protected void initChannel(Channel channel) {
                channel
                    .pipeline()
                    .addLast(
                        Http2FrameCodecBuilder.forServer().build(),
                        new Http2MultiplexHandler(new GrpcAnswers()));
              }
            },
            0);

    flips(check(new CheckPolicy.Grpc("shop.Cart"), server));

    assertThat(asked).contains("/grpc.health.v1.Health/Check shop.Cart");
  }

  @Test
  void aPortThatIsClosedIsOut() {
    ChannelInitializer<Channel> silent =
        new ChannelInitializer<>() {
          @Override
          protected void initChannel(Channel channel) {}
        };
    Channel server = serve(silent, 0);
    int port = ((InetSocketAddress) server.localAddress()).getPort();
    EndpointHealth health = check(new CheckPolicy.Tcp(), server);
    eventually("checked", () -> passed() > 2);

    server.close().syncUninterruptibly();

    eventually("out", () -> !health.isUsable());
    serve(silent, port);
    eventually("back", health::isUsable);
  }

  private final class HttpAnswers extends SimpleChannelInboundHandler<HttpRequest> {
    @Override
    protected void channelRead0(ChannelHandlerContext ctx, HttpRequest request) {
      asked.add(
          request.method()
              + " "
              + request.uri()
              + " "
              + request.headers().get(HttpHeaderNames.HOST));
      HttpResponseStatus status =
          well ? HttpResponseStatus.OK : HttpResponseStatus.SERVICE_UNAVAILABLE;
      var response = new DefaultFullHttpResponse(HttpVersion.HTTP_1_1, status);
      response.headers().setInt(HttpHeaderNames.CONTENT_LENGTH, 0);
      var unused = ctx.writeAndFlush(response);
    }
  }

  private final class GrpcAnswers extends ChannelInboundHandlerAdapter {
    private String path = "";

    @Override
    public boolean isSharable() {
      return true;
    }

    @Override
    public void channelRead(ChannelHandlerContext ctx, Object message) {
      if (message instanceof Http2HeadersFrame head) {
        path = head.headers().path().toString();
      } else if (message instanceof Http2DataFrame data) {
        ByteBuf content = data.content();
        // Prefix, tag and length come before the name.
        asked.add(
            path
                + " "
                + content.toString(
                    content.readerIndex() + 7,
                    content.readableBytes() - 7,
                    StandardCharsets.UTF_8));
        data.release();
        var unusedHead =
            ctx.write(
                new DefaultHttp2HeadersFrame(
                    new DefaultHttp2Headers()
                        .status("200")
                        .set("content-type", "application/grpc")));
        ByteBuf answer = Unpooled.buffer().writeByte(0).writeInt(2).writeByte(8);
        var unusedBody = ctx.write(new DefaultHttp2DataFrame(answer.writeByte(well ? 1 : 2)));
        var unusedEnd =
            ctx.writeAndFlush(
                new DefaultHttp2HeadersFrame(
                    new DefaultHttp2Headers().set("grpc-status", "0"), true));
      } else {
        ReferenceCountUtil.release(message);
      }
    }
  }
}
