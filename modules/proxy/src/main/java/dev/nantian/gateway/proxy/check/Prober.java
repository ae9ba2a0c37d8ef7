package dev.nantian.gateway.proxy.check;

import dev.nantian.gateway.proxy.health.CheckPolicy;
import dev.nantian.gateway.proxy.proxyprotocol.ProxyHeaderPolicy;
import io.netty.bootstrap.Bootstrap;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelHandler;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelOption;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.nio.NioIoHandler;
import io.netty.channel.socket.nio.NioSocketChannel;
import io.netty.util.concurrent.DefaultThreadFactory;
import java.net.InetSocketAddress;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/** Makes single checks, each on a connection of its own, on a thread of its own. Thread-safe. */
public final class Prober implements AutoCloseable {
  private final MultiThreadIoEventLoopGroup loop =
      new MultiThreadIoEventLoopGroup(
          1, new DefaultThreadFactory("nantian-check", true), NioIoHandler.newFactory());

  /**
   * Checks an endpoint.
   *
   * @param header with which the connection begins, as the gateway's own; null for nothing
   * @return completes with an empty text if it is well, else with what was wrong; never fails
   */
  CompletionStage<String> check(
      CheckPolicy.Probe probe,
      @Nullable ProxyHeaderPolicy header,
      InetSocketAddress address,
      long timeoutMillis) {
    CompletableFuture<String> verdict = new CompletableFuture<>();
    ChannelHandler handler =
        switch (probe) {
          case CheckPolicy.Tcp _ -> new ChannelInboundHandlerAdapter();
          case CheckPolicy.Http http -> HttpProbe.handler(http, verdict);
          case CheckPolicy.Grpc grpc -> GrpcProbe.handler(grpc, address, verdict);
        };
    ChannelFuture connecting =
        new Bootstrap()
            .group(loop)
            .channel(NioSocketChannel.class)
            .option(ChannelOption.CONNECT_TIMEOUT_MILLIS, (int) Math.min(timeoutMillis, 60_000))
            .handler(header == null ? handler : new HeaderFirst(header, handler))
            .connect(address);
    Channel channel = connecting.channel();
    var unused =
        connecting.addListener(
            done -> {
              if (!done.isSuccess()) {
                verdict.complete("no connection: " + done.cause().getMessage());
              } else if (probe instanceof CheckPolicy.Tcp) {
                // Later than what the pipeline does with a new connection, a header included.
                channel.eventLoop().execute(() -> verdict.complete(""));
              }
            });
    channel.closeFuture().addListener(_ -> verdict.complete("closed without an answer"));
    return verdict
        .completeOnTimeout(
            "no answer within " + timeoutMillis + " ms", timeoutMillis, TimeUnit.MILLISECONDS)
        .whenComplete(
            (_, _) -> {
              var unusedToo = channel.close();
            });
  }

  /** Begins the connection with a PROXY header, then makes way for the check. */
  private static final class HeaderFirst extends ChannelInboundHandlerAdapter {
    private final ProxyHeaderPolicy header;
    private final ChannelHandler check;

    HeaderFirst(ProxyHeaderPolicy header, ChannelHandler check) {
      this.header = header;
      this.check = check;
    }

    @Override
    public void handlerAdded(ChannelHandlerContext ctx) {
      var unused = ctx.pipeline().addLast(check);
    }

    @Override
    public void channelActive(ChannelHandlerContext ctx) {
      var unused = ctx.writeAndFlush(header.header(ctx.alloc(), null, null));
      ctx.fireChannelActive();
    }
  }

  @Override
  public void close() {
    var unused = loop.shutdownGracefully(0, 1, TimeUnit.SECONDS);
  }
}
