package dev.nantian.gateway.proxy.upstream;

import dev.nantian.gateway.proxy.config.Cluster;
import dev.nantian.gateway.proxy.http.BodyReader;
import dev.nantian.gateway.proxy.http.ChunkWriter;
import dev.nantian.gateway.proxy.http.FieldNames;
import dev.nantian.gateway.proxy.http.HeadWriter;
import dev.nantian.gateway.proxy.http.HttpLimits;
import dev.nantian.gateway.proxy.http.HttpVersion;
import dev.nantian.gateway.proxy.http.RequestHead;
import dev.nantian.gateway.proxy.http.ResponseHead;
import dev.nantian.gateway.proxy.http.ResponseHeadDecoder;
import dev.nantian.gateway.proxy.http.Trailers;
import dev.nantian.gateway.proxy.http.WebSocketHandshake;
import dev.nantian.gateway.proxy.loop.DeadlineWheel;
import dev.nantian.gateway.proxy.tunnel.SocketEnd;
import dev.nantian.gateway.proxy.tunnel.TunnelEnd;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.socket.ChannelOutputShutdownEvent;
import io.netty.channel.socket.ChannelOutputShutdownException;
import io.netty.handler.ssl.SslCloseCompletionEvent;
import java.nio.charset.StandardCharsets;
import java.util.Locale;
import java.util.concurrent.ThreadLocalRandom;
import org.jspecify.annotations.Nullable;

/**
 * One HTTP/1.1 connection to an endpoint.
 *
 * <pre>
 *   IDLE --begin--> HEAD --head complete--> HELD --resume--> BODY --end--> IDLE (or closed)
 * </pre>
 *
 * In HELD the head is with the user, which may take its time; bytes of the body that came with it
 * wait here, so that a response whose head needs no change can go on as the very buffer that was
 * received.
 *
 * <p>Touched by its event loop only.
 */
final class Http1UpstreamConnection extends ChannelInboundHandlerAdapter
    implements UpstreamConnection, UpstreamStream {
  /** 1xx heads for one request; each costs us more than the backend. */
  private static final int MAX_INTERIMS = 32;

  private enum State {
    IDLE,
    HEAD,
    HELD,
    BODY,
    TUNNEL
  }

  private static final byte[] HEAD_METHOD = "HEAD".getBytes(StandardCharsets.US_ASCII);
  private static final byte[] CHUNKED = "chunked".getBytes(StandardCharsets.US_ASCII);
  private static final byte[] TRAILERS = "trailers".getBytes(StandardCharsets.US_ASCII);

  private final EndpointPool pool;
  private final DeadlineWheel wheel;
  private final ResponseHeadDecoder decoder;
  private final BodyReader body;
  private final DeadlineWheel.Entry idleDeadline =
      new DeadlineWheel.Entry() {
        @Override
        protected void onDeadline() {
          if (state == State.IDLE) {
            close();
          }
        }
      };

  private final Channel channel;
  private State state = State.IDLE;
  private @Nullable UpstreamUser user;
  private @Nullable ByteBuf held;
  private int headStart;
  private boolean headWhole;
  private boolean toHead;
  private boolean wrapInChunks;
  private @Nullable String upgrade;
  private byte @Nullable [] accept; // of a WebSocket whose client has no handshake of its own
  private boolean requestComplete;
  private boolean anyByteReceived;
  private boolean readCompleteWaits;
  private boolean endedWhileHeld;
  private boolean failed;
  private boolean usedBefore;
  private int interims;
  private boolean listed;
  private boolean retired;
  private boolean outputFailed;
  private boolean closeNotified;

  Http1UpstreamConnection(
      EndpointPool pool, DeadlineWheel wheel, HttpLimits limits, Channel channel) {
    this.pool = pool;
    this.wheel = wheel;
    this.decoder = new ResponseHeadDecoder(limits);
    this.body = new BodyReader(limits);
    this.channel = channel;
  }

  @Override
  public Cluster.Protocol protocol() {
    return Cluster.Protocol.HTTP1;
  }

  @Override
  public boolean isListed() {
    return listed;
  }

  @Override
  public void listed(boolean now) {
    listed = now;
  }

  @Override
  public boolean isOpen() {
    return channel.isActive();
  }

  @Override
  public boolean hasRoom() {
    return state == State.IDLE;
  }

  @Override
  public boolean isIdle() {
    return state == State.IDLE;
  }

  @Override
  public void park(long idleMillis) {
    wheel.arm(idleDeadline, idleMillis);
  }

  @Override
  public void retire() {
    retired = true;
    if (state == State.IDLE) {
      close();
    }
  }

  @Override
  public UpstreamStream begin(UpstreamUser user) {
    this.user = user;
    state = State.HEAD;
    toHead = false;
    requestComplete = false;
    interims = 0;
    anyByteReceived = false;
    readCompleteWaits = false;
    endedWhileHeld = false;
    decoder.reset();
    return this;
  }

  @Override
  public EndpointPool pool() {
    return pool;
  }

  @Override
  public boolean takesChunks() {
    // Where a further try may speak HTTP/2, what is kept for it must be plain data.
    return pool.protocol() == Cluster.Protocol.HTTP1;
  }

  @Override
  public void send(RequestHead head, BodyReader.Kind kind) {
    toHead = head.methodIs(HEAD_METHOD);
    wrapInChunks = kind == BodyReader.Kind.UNTIL_CLOSE;
    requestComplete = kind == BodyReader.Kind.NONE;
    ByteBuf out = channel.alloc().directBuffer(HeadWriter.capacity(head, 64));
    HeadWriter.request(head, out);
    if (wrapInChunks && !head.contains(FieldNames.TRANSFER_ENCODING)) {
      HeadWriter.field(FieldNames.TRANSFER_ENCODING, CHUNKED, out);
    }
    if (head.acceptsTrailers()) {
      HeadWriter.field(FieldNames.TE, TRAILERS, out);
      HeadWriter.field(FieldNames.CONNECTION, FieldNames.TE.bytes(), out);
    }
    upgrade = null;
    accept = null;
    if (head.upgradeLength() > 0) {
      upgrade = head.text(head.upgradeOffset(), head.upgradeLength());
      HeadWriter.field(FieldNames.CONNECTION, FieldNames.UPGRADE.bytes(), out);
      HeadWriter.field(FieldNames.UPGRADE, upgrade.getBytes(StandardCharsets.ISO_8859_1), out);
      upgrade = upgrade.toLowerCase(Locale.ROOT);
      if (head.version() == HttpVersion.HTTP_2) {
        byte[] key = WebSocketHandshake.newKey(ThreadLocalRandom.current());
        HeadWriter.field(FieldNames.SEC_WEBSOCKET_KEY, key, out);
        accept = WebSocketHandshake.accept(key);
      }
    }
    HeadWriter.end(out);
    queue(out);
  }

  @Override
  public void write(ByteBuf part, boolean last) {
    requestComplete = last;
    if (wrapInChunks) {
      UpstreamUser sender = user;
      ChunkWriter.write(channel, part, last, sender == null ? null : sender.requestTrailers());
    } else if (part.isReadable()) {
      queue(part);
    } else {
      part.release();
    }
  }

  /** A failed write is heard of in {@link #exceptionCaught}: no promise is made for each. */
  private void queue(ByteBuf bytes) {
    var unused = channel.write(bytes, channel.voidPromise());
  }

  @Override
  public void flush() {
    channel.flush();
  }

  @Override
  public boolean isWritable() {
    return channel.isWritable();
  }

  @Override
  public BodyReader.Kind bodyKind() {
    return body.isUnwrapping() ? BodyReader.Kind.UNTIL_CLOSE : body.kind();
  }

  @Override
  public boolean holdsWholeHead() {
    return headWhole;
  }

  @Override
  public void unwrapChunks() {
    body.unwrapChunks();
  }

  @Override
  public void resume(boolean withHead) {
    ByteBuf in = held == null ? Unpooled.EMPTY_BUFFER : held;
    held = null;
    state = State.BODY;
    readable(true);
    UpstreamUser receiver = user;
    relay(in, withHead);
    if (receiver == null || user != receiver) {
      return; // that was the end of it
    }
    if (endedWhileHeld) {
      user = null;
      receiver.onResponseBody(Unpooled.EMPTY_BUFFER, true);
    } else if (readCompleteWaits) {
      receiver.onUpstreamReadComplete(); // it came while nobody could make use of it
    }
  }

  @Override
  public void readable(boolean on) {
    // Netty asks epoll for a channel that is closed, too, and throws that there is none.
    if (channel.config().isAutoRead() != on && channel.isOpen()) {
      channel.config().setAutoRead(on);
    }
  }

  @Override
  public TunnelEnd becomeTunnel() {
    ByteBuf in = held == null ? Unpooled.EMPTY_BUFFER : held;
    held = null;
    state = State.TUNNEL;
    user = null;
    return new SocketEnd(channel, in);
  }

  @Override
  public void dismiss() {
    UpstreamUser leaving = user;
    boolean isShort =
        switch (body.kind()) {
          case NONE, CHUNKED -> true; // how long chunks are together tells their end only
          case LENGTH -> body.remaining() <= UnwantedRest.MAX_BYTES;
          case UNTIL_CLOSE -> false;
        };
    boolean servesAgain =
        state == State.HELD
            && leaving != null
            && requestComplete
            && !outputFailed
            && !leaving.responseHead().wantsClose()
            && leaving.responseHead().status() != 101
            && channel.isActive();
    if (isShort && servesAgain) {
      user = new UnwantedRest(this, wheel);
      resume(false);
    } else {
      abandon();
    }
  }

  @Override
  public void abandon() {
    user = null;
    releaseHeld();
    close();
  }

  private void releaseHeld() {
    if (held != null) {
      held.release();
      held = null;
    }
  }

  private void close() {
    var unused = channel.close();
  }

  @Override
  public void channelRead(ChannelHandlerContext ctx, Object message) {
    if (state == State.TUNNEL) {
      ctx.fireChannelRead(message);
      return;
    }
    ByteBuf in = (ByteBuf) message;
    if (user == null) {
      in.release(); // bytes that nobody asked for: this connection cannot be trusted any more
      close();
      return;
    }
    anyByteReceived = true;
    if (state == State.HELD) {
      // One buffer of several has only what is still unread: the head is not in it.
      headWhole = headWhole && held == null;
      held = held == null ? in : Unpooled.wrappedBuffer(held, in);
      readable(false);
    } else if (state == State.BODY) {
      relay(in, false);
    } else {
      decodeHead(in, user);
    }
  }

  private void decodeHead(ByteBuf in, UpstreamUser user) {
    while (true) {
      ResponseHead head = user.responseHead();
      if (!decoder.isStarted()) {
        headStart = in.readerIndex();
        headWhole = true;
      } else {
        headWhole = false;
      }
      switch (decoder.decode(in, head)) {
        case INCOMPLETE -> {
          in.release();
          return;
        }
        case REFUSED -> {
          in.release();
          fail(UpstreamFailure.BAD_RESPONSE);
          return;
        }
        case COMPLETE -> decoder.reset();
      }
      if (head.status() >= 200) {
        body.beginResponse(head, toHead);
        state = State.HELD;
        held = in;
        user.onResponseHead();
        return;
      }
      if (head.status() == 101) {
        String asked = upgrade;
        if (asked == null || !head.isUpgradeTo(asked)) {
          in.release();
          fail(UpstreamFailure.BAD_RESPONSE); // nobody asked for that
          return;
        }
        byte[] expected = accept;
        if (expected != null && !WebSocketHandshake.accepts(head, expected)) {
          in.release();
          fail(UpstreamFailure.BAD_RESPONSE); // RFC 6455 section 4.1: not from a WebSocket server
          return;
        }
        body.beginTunnel();
        state = State.HELD;
        held = in;
        headWhole = false; // Connection and Upgrade are written anew
        readable(false);
        user.onResponseHead();
        return;
      }
      interims++;
      if (interims > MAX_INTERIMS) {
        in.release();
        fail(UpstreamFailure.BAD_RESPONSE);
        return;
      }
      user.onInterimResponse();
      head.clear();
      if (this.user != user) {
        in.release();
        return;
      }
    }
  }

  private void relay(ByteBuf in, boolean withHead) {
    UpstreamUser receiver = user;
    if (receiver == null) {
      in.release();
      return;
    }
    ByteBuf part;
    if (body.isUnwrapping()) {
      part = body.unwrap(in);
    } else {
      int start = withHead ? headStart : in.readerIndex();
      int end = in.readerIndex() + body.advance(in);
      in.readerIndex(end);
      part = in.retainedSlice(start, end - start);
    }
    boolean surplus = in.isReadable();
    in.release();
    if (body.refusal() != null) {
      part.release();
      fail(UpstreamFailure.TRUNCATED);
      return;
    }
    if (!body.isComplete()) {
      receiver.onResponseBody(part, false);
      return;
    }
    Trailers trailers = body.trailers();
    if (trailers != null) {
      receiver.responseTrailers().addAll(trailers);
    }
    ResponseHead head = receiver.responseHead();
    boolean keep =
        requestComplete
            && !outputFailed
            && !retired
            && !surplus
            && !head.wantsClose()
            && body.kind() != BodyReader.Kind.UNTIL_CLOSE
            && channel.isActive();
    user = null;
    state = State.IDLE;
    usedBefore = true;
    readable(true);
    // Back to the pool first: the user's next request may then take this warm connection.
    if (keep) {
      pool.roomAgain(this);
    } else {
      close();
    }
    receiver.onResponseBody(part, true);
  }

  @Override
  public void channelReadComplete(ChannelHandlerContext ctx) {
    if (state == State.TUNNEL) {
      ctx.fireChannelReadComplete();
    } else if (state == State.HELD) {
      readCompleteWaits = true;
    } else if (user != null) {
      user.onUpstreamReadComplete();
    }
  }

  @Override
  public void channelWritabilityChanged(ChannelHandlerContext ctx) {
    if (state == State.TUNNEL) {
      ctx.fireChannelWritabilityChanged();
    } else if (user != null) {
      user.onUpstreamWritability();
    }
  }

  @Override
  public void channelInactive(ChannelHandlerContext ctx) {
    wheel.remove(idleDeadline);
    pool.closed(this);
    if (state == State.TUNNEL) {
      ctx.fireChannelInactive();
      return;
    }
    UpstreamUser receiver = user;
    if (receiver == null) {
      return;
    }
    // Without close_notify anybody may have cut a body that the close ends (RFC 9112 section 9.8).
    failed = failed || (pool.tls() != null && !closeNotified);
    if (state == State.BODY && body.kind() == BodyReader.Kind.UNTIL_CLOSE && !failed) {
      user = null;
      receiver.onResponseBody(Unpooled.EMPTY_BUFFER, true);
    } else if (state == State.HELD && body.kind() == BodyReader.Kind.UNTIL_CLOSE && !failed) {
      endedWhileHeld = true; // resume() hands on what is held and says that it was all
    } else if (state == State.HELD && body.kind() != BodyReader.Kind.UNTIL_CLOSE && complete()) {
      return; // the rest of the response is held here already; resume() hands it on
    } else if (state == State.HEAD) {
      boolean stale = usedBefore && !anyByteReceived;
      fail(stale ? UpstreamFailure.STALE : UpstreamFailure.LOST);
    } else {
      fail(UpstreamFailure.TRUNCATED);
    }
  }

  /** Whether the held bytes hold a whole body of known length. */
  private boolean complete() {
    int count = held == null ? 0 : held.readableBytes();
    return body.kind() != BodyReader.Kind.CHUNKED && body.remaining() <= count;
  }

  /**
   * A write failed. The endpoint may have answered before it closed its side, so what it sent is
   * read before this fails.
   */
  @Override
  public void userEventTriggered(ChannelHandlerContext ctx, Object event) {
    if (state == State.TUNNEL) {
      ctx.fireUserEventTriggered(event);
    } else if (event instanceof SslCloseCompletionEvent closing) {
      closeNotified = closing.isSuccess();
    } else if (event instanceof ChannelOutputShutdownEvent) {
      outputFailed = true;
      if (state == State.HEAD) {
        readable(true);
      } else if (state == State.IDLE) {
        close();
      }
    }
  }

  @Override
  public void exceptionCaught(ChannelHandlerContext ctx, Throwable cause) {
    if (state == State.TUNNEL) {
      ctx.fireExceptionCaught(cause);
      return;
    }
    if (cause instanceof ChannelOutputShutdownException) {
      return; // one for each write that failed; the event says it once
    }
    if (UpstreamFaults.isOfEndpoint(cause)) {
      failed = true;
      close();
    } else {
      pool.handlerFailed(cause);
      fail(UpstreamFailure.INTERNAL);
    }
  }

  private void fail(UpstreamFailure failure) {
    UpstreamUser receiver = user;
    user = null;
    releaseHeld();
    close();
    if (receiver != null) {
      receiver.onUpstreamFailed(failure);
    }
  }
}
