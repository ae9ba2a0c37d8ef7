package dev.nantian.gateway.proxy.check;

import dev.nantian.gateway.proxy.health.CheckPolicy;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandler;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.SimpleChannelInboundHandler;
import io.netty.handler.codec.http.DefaultFullHttpRequest;
import io.netty.handler.codec.http.FullHttpRequest;
import io.netty.handler.codec.http.HttpClientCodec;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpHeaderValues;
import io.netty.handler.codec.http.HttpMethod;
import io.netty.handler.codec.http.HttpObject;
import io.netty.handler.codec.http.HttpResponse;
import io.netty.handler.codec.http.HttpVersion;
import java.util.concurrent.CompletableFuture;

/** GET; the status decides, the body is not waited for. */
final class HttpProbe extends SimpleChannelInboundHandler<HttpObject> {
  private final CheckPolicy.Http probe;
  private final CompletableFuture<String> verdict;

  private HttpProbe(CheckPolicy.Http probe, CompletableFuture<String> verdict) {
    this.probe = probe;
    this.verdict = verdict;
  }

  static ChannelHandler handler(CheckPolicy.Http probe, CompletableFuture<String> verdict) {
    return new ChannelInitializer<>() {
      @Override
      protected void initChannel(Channel channel) {
        channel.pipeline().addLast(new HttpClientCodec(), new HttpProbe(probe, verdict));
      }
    };
  }

  @Override
  public void channelActive(ChannelHandlerContext ctx) {
    FullHttpRequest request =
        new DefaultFullHttpRequest(HttpVersion.HTTP_1_1, HttpMethod.GET, probe.path());
    request
        .headers()
        .set(HttpHeaderNames.HOST, probe.host())
        .set(HttpHeaderNames.USER_AGENT, "nantian-gateway/health-check")
        .set(HttpHeaderNames.CONNECTION, HttpHeaderValues.CLOSE);
    var unused = ctx.writeAndFlush(request);
  }

  @Override
  protected void channelRead0(ChannelHandlerContext ctx, HttpObject message) {
    if (message instanceof HttpResponse response) {
      int status = response.status().code();
      if (message.decoderResult().isFailure()) {
        verdict.complete("not HTTP: " + message.decoderResult().cause().getMessage());
      } else if (status >= 200) {
        verdict.complete(probe.statuses().contains(status) ? "" : "status " + status);
      }
    }
  }

  @Override
  public void exceptionCaught(ChannelHandlerContext ctx, Throwable cause) {
    verdict.complete("connection failed: " + cause.getMessage());
  }
}
