package dev.nantian.gateway.proxy.check;

import com.google.protobuf.CodedInputStream;
import com.google.protobuf.CodedOutputStream;
import dev.nantian.gateway.proxy.health.CheckPolicy;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandler;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelInitializer;
import io.netty.handler.codec.http2.DefaultHttp2DataFrame;
import io.netty.handler.codec.http2.DefaultHttp2Headers;
import io.netty.handler.codec.http2.DefaultHttp2HeadersFrame;
import io.netty.handler.codec.http2.Http2DataFrame;
import io.netty.handler.codec.http2.Http2FrameCodecBuilder;
import io.netty.handler.codec.http2.Http2Headers;
import io.netty.handler.codec.http2.Http2HeadersFrame;
import io.netty.handler.codec.http2.Http2MultiplexHandler;
import io.netty.handler.codec.http2.Http2ResetFrame;
import io.netty.handler.codec.http2.Http2StreamChannel;
import io.netty.handler.codec.http2.Http2StreamChannelBootstrap;
import io.netty.util.ReferenceCountUtil;
import io.netty.util.concurrent.Future;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.util.concurrent.CompletableFuture;

/**
 * The gRPC health checking protocol (grpc.health.v1.Health/Check) over cleartext HTTP/2 with prior
 * knowledge. Its two messages have one field each, so they are written and read here.
 */
final class GrpcProbe extends ChannelInboundHandlerAdapter {
  private static final int MAX_ANSWER_BYTES = 4096;
  private static final int PREFIX_BYTES = 5;
  private static final int STATUS_FIELD = 1;
  private static final int SERVING = 1;
  private static final String[] STATUSES = {"UNKNOWN", "SERVING", "NOT_SERVING", "SERVICE_UNKNOWN"};

  private final CompletableFuture<String> verdict;
  private final ByteArrayOutputStream answer = new ByteArrayOutputStream();

  private GrpcProbe(CompletableFuture<String> verdict) {
    this.verdict = verdict;
  }

  static ChannelHandler handler(
      CheckPolicy.Grpc probe, InetSocketAddress address, CompletableFuture<String> verdict) {
    return new ChannelInitializer<>() {
      @Override
      protected void initChannel(Channel channel) {
        channel
            .pipeline()
            .addLast(
                Http2FrameCodecBuilder.forClient().build(),
                new Http2MultiplexHandler(new ChannelInboundHandlerAdapter()),
                new ChannelInboundHandlerAdapter() {
                  @Override
                  public void channelActive(ChannelHandlerContext ctx) {
                    ask(ctx.channel(), probe, address, verdict);
                    ctx.fireChannelActive();
                  }

                  @Override
                  public void channelRead(ChannelHandlerContext ctx, Object frame) {
                    ReferenceCountUtil.release(frame); // of the connection: nothing to learn
                  }

                  @Override
                  public void exceptionCaught(ChannelHandlerContext ctx, Throwable cause) {
                    verdict.complete("connection failed: " + cause.getMessage());
                  }
                });
      }
    };
  }

  private static void ask(
      Channel connection,
      CheckPolicy.Grpc probe,
      InetSocketAddress address,
      CompletableFuture<String> verdict) {
    var unused =
        new Http2StreamChannelBootstrap(connection)
            .handler(new GrpcProbe(verdict))
            .open()
            .addListener(
                (Future<Http2StreamChannel> opened) -> {
                  if (!opened.isSuccess()) {
                    verdict.complete("no stream: " + opened.cause().getMessage());
                    return;
                  }
                  Http2StreamChannel stream = opened.getNow();
                  Http2Headers headers =
                      new DefaultHttp2Headers()
                          .method("POST")
                          .scheme("http")
                          .path("/grpc.health.v1.Health/Check")
                          .authority(address.getHostString() + ":" + address.getPort())
                          .set("content-type", "application/grpc")
                          .set("te", "trailers")
                          .set("user-agent", "nantian-gateway/health-check");
                  var unusedHead = stream.write(new DefaultHttp2HeadersFrame(headers));
                  var unusedBody =
                      stream.writeAndFlush(
                          new DefaultHttp2DataFrame(request(probe.service()), true));
                });
  }

  private static ByteBuf request(String service) {
    byte[] message =
        new byte[service.isEmpty() ? 0 : CodedOutputStream.computeStringSize(1, service)];
    if (!service.isEmpty()) {
      try {
        CodedOutputStream.newInstance(message).writeString(1, service);
      } catch (IOException e) {
        throw new IllegalStateException("an array does not fail", e);
      }
    }
    ByteBuf framed = Unpooled.buffer(PREFIX_BYTES + message.length);
    return framed.writeByte(0).writeInt(message.length).writeBytes(message);
  }

  @Override
  public void channelRead(ChannelHandlerContext ctx, Object message) {
    switch (message) {
      case Http2HeadersFrame head -> onHeaders(head);
      case Http2DataFrame data -> {
        ByteBuf content = data.content();
        if (answer.size() + content.readableBytes() <= MAX_ANSWER_BYTES) {
          byte[] part = new byte[content.readableBytes()];
          content.readBytes(part);
          answer.writeBytes(part);
        }
        data.release();
      }
      case Http2ResetFrame reset -> verdict.complete("stream reset, error " + reset.errorCode());
      default -> ReferenceCountUtil.release(message);
    }
  }

  private void onHeaders(Http2HeadersFrame head) {
    CharSequence http = head.headers().status();
    CharSequence grpc = head.headers().get("grpc-status");
    if (http != null && !"200".contentEquals(http)) {
      verdict.complete("status " + http);
    } else if (grpc != null && !"0".contentEquals(grpc)) {
      verdict.complete("grpc-status " + grpc);
    } else if (head.isEndStream()) {
      verdict.complete(statusOf(answer.toByteArray()));
    }
  }

  /** Empty for SERVING. */
  private static String statusOf(byte[] framed) {
    if (framed.length < PREFIX_BYTES || framed[0] != 0) {
      return "no health message";
    }
    try {
      CodedInputStream in =
          CodedInputStream.newInstance(framed, PREFIX_BYTES, framed.length - PREFIX_BYTES);
      int status = 0;
      for (int tag = in.readTag(); tag != 0; tag = in.readTag()) {
        if (tag >>> 3 == STATUS_FIELD) {
          status = in.readEnum();
        } else {
          in.skipField(tag);
        }
      }
      return status == SERVING
          ? ""
          : "health " + (status >= 0 && status < STATUSES.length ? STATUSES[status] : status);
    } catch (IOException e) {
      return "no health message: " + e.getMessage();
    }
  }

  @Override
  public void exceptionCaught(ChannelHandlerContext ctx, Throwable cause) {
    verdict.complete("stream failed: " + cause.getMessage());
  }
}
