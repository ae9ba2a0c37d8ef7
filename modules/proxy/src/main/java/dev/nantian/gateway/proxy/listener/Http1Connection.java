package dev.nantian.gateway.proxy.listener;

import dev.nantian.gateway.proxy.http.BodyReader;
import dev.nantian.gateway.proxy.http.Refusal;
import dev.nantian.gateway.proxy.http.ResponseHead;
import dev.nantian.gateway.proxy.http.Trailers;
import dev.nantian.gateway.proxy.pipeline.Downstream;
import dev.nantian.gateway.proxy.pipeline.Exchange;
import dev.nantian.gateway.proxy.pipeline.ListenerPipeline;
import dev.nantian.gateway.proxy.pipeline.Worker;
import dev.nantian.gateway.proxy.proxyprotocol.ProxiedClient;
import dev.nantian.gateway.proxy.tunnel.SocketEnd;
import io.netty.buffer.ByteBuf;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelOption;
import io.netty.channel.socket.ChannelInputShutdownEvent;
import io.netty.handler.ssl.SslCloseCompletionEvent;
import java.net.InetSocketAddress;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * One client's HTTP/1.1 connection: one request at a time, pipelined ones wait in order.
 *
 * <pre>
 *   HEAD --head complete--> WAIT_BODY | BUSY
 *   WAIT_BODY --resumeRequest--> BODY --pauseRequest--> WAIT_BODY
 *   BODY --body complete--> BUSY --response complete--> HEAD
 *   any --own answer before the body's end--> DISCARD (little is left) or LINGER
 *   BUSY --101--> TUNNEL: another protocol, for which this handler passes all events on
 *   LINGER: we have said our last word and read until the client has heard it
 * </pre>
 *
 * <p>Bytes that come when their time has not are held, and reading stops: back-pressure.
 *
 * <p>Touched by its event loop only.
 */
final class Http1Connection extends ChannelInboundHandlerAdapter
    implements Downstream, ClientConnection {
  private enum Phase {
    HEAD,
    WAIT_BODY,
    BODY,
    BUSY,
    DISCARD,
    LINGER,
    TUNNEL
  }

  /** So much of an unwanted body is cheaper to read than a new connection. */
  private static final long MAX_DISCARD_BYTES = 64 << 10;

  private final ListenerPipeline pipeline;
  private final OpenConnections connections;
  private final Peer peer;
  private final RequestReader reader;
  private final ResponseWriter writer = new ResponseWriter();
  private final Channel channel;
  private final Worker worker;
  private final Http1Deadline deadline;
  private final KeepAlive keepAlive;
  private final LingeringClose lingering;

  private Phase phase = Phase.HEAD;
  private @Nullable Exchange exchange;
  private final HeldBytes held = new HeldBytes();
  private boolean advancing;
  private boolean closeAfterResponse;

  Http1Connection(
      Channel channel,
      ListenerPipeline pipeline,
      OpenConnections connections,
      ConnectionSettings settings,
      Peer peer) {
    this.channel = channel;
    this.pipeline = pipeline;
    this.connections = connections;
    this.peer = peer;
    this.worker = pipeline.worker();
    BodyRate rate = new BodyRate(settings.bodies());
    this.reader = new RequestReader(settings, rate);
    this.deadline = new Http1Deadline(this, worker.wheel(), settings, rate);
    this.keepAlive = new KeepAlive(settings.maxRequestsPerConnection());
    this.lingering = new LingeringClose(channel, deadline);
  }

  @Override
  public void handlerAdded(ChannelHandlerContext ctx) {
    connections.add(this, channel);
    channel.config().setOption(ChannelOption.ALLOW_HALF_CLOSURE, true);
    deadline.untilHead();
  }

  @Override
  public void handlerRemoved(ChannelHandlerContext ctx) {
    deadline.stop();
    connections.remove(this);
    held.release();
  }

  // Reading.

  @Override
  public void channelRead(ChannelHandlerContext ctx, Object message) {
    if (phase == Phase.TUNNEL) {
      ctx.fireChannelRead(message);
      return;
    }
    ByteBuf in = (ByteBuf) message;
    if (phase == Phase.LINGER) {
      in.release();
      return;
    }
    if (phase == Phase.BODY) {
      deadline.onBytes(true);
    }
    held.add(in);
    advance();
  }

  /** Uses the held bytes as far as they may be used now. */
  private void advance() {
    if (advancing) {
      return; // called from within: the loop below sees the new phase
    }
    advancing = true;
    try {
      ByteBuf in = held.peek();
      while (in != null && step(in)) {
        in = held.peek();
      }
    } finally {
      advancing = false;
    }
    if (exchange != null) {
      exchange.requestBody().flush();
    }
    if (held.isEmpty()) {
      if (lingering.hasClientEnded()) {
        onNothingMore();
      } else if (phase == Phase.HEAD || phase == Phase.BODY) {
        reading(true);
      }
    }
  }

  /** One part of the held bytes; false if nothing more can be done with them now. */
  private boolean step(ByteBuf in) {
    return switch (phase) {
      case HEAD -> {
        if (!channel.isWritable()) {
          // Answers that the client does not take in would pile up without a limit.
          reading(false);
          yield false;
        }
        yield head(in);
      }
      case BODY -> body(in);
      case DISCARD -> discard(in);
      case WAIT_BODY, BUSY -> {
        reading(false);
        yield false;
      }
      case LINGER -> {
        held.release();
        yield false;
      }
      case TUNNEL -> false;
    };
  }

  private boolean head(ByteBuf in) {
    Exchange current = exchange;
    if (current == null) {
      current = worker.takeExchange();
      current.begin(this, pipeline);
      exchange = current;
    }
    boolean first = !reader.isInHead();
    switch (reader.head(in, current.request())) {
      case INCOMPLETE -> {
        if (first) {
          deadline.untilHead();
        }
        return true;
      }
      case REFUSED -> {
        refuse(reader.headRefusal());
        return false;
      }
      case COMPLETE -> deadline.untilNextByte();
    }
    Refusal tooLarge = reader.beginBody(current.request());
    if (tooLarge != null) {
      refuse(tooLarge);
      return false;
    }
    boolean hasBody = !reader.isBodyComplete();
    keepAlive.onRequest();
    phase = hasBody ? Phase.WAIT_BODY : Phase.BUSY;
    writer.begin(current.request());
    current.admit(hasBody);
    return true;
  }

  private boolean body(ByteBuf in) {
    ByteBuf part = reader.bodyPart(in);
    if (part == null) {
      brokenBody(Objects.requireNonNull(reader.bodyRefusal()));
      return false;
    }
    Exchange current = Objects.requireNonNull(exchange);
    boolean last = reader.isBodyComplete();
    if (last) {
      phase = Phase.BUSY;
      deadline.untilNextByte();
      Trailers trailers = reader.trailers();
      if (trailers != null) {
        current.requestBody().trailers().addAll(trailers);
      }
    }
    current.requestBody().onPart(part, last);
    return true;
  }

  private boolean discard(ByteBuf in) {
    if (!reader.discard(in)) {
      linger();
      return false;
    }
    if (reader.isBodyComplete()) {
      nextRequest();
    }
    return true;
  }

  private void refuse(Refusal reason) {
    worker.metrics().refused(reason);
    Objects.requireNonNull(exchange).onHeadRefused(reason.status(), reason.label());
    exchange = null;
    lastAnswer(reason.status(), reason.text());
  }

  /** The framing is lost in mid-request: say so if no response was begun, then end. */
  private void brokenBody(Refusal reason) {
    worker.metrics().refused(reason);
    Exchange current = Objects.requireNonNull(exchange);
    exchange = null;
    if (current.onRequestBroken(reason)) {
      lastAnswer(reason.status(), reason.text());
    } else {
      abort();
    }
  }

  /** Tells the client why nothing can follow, and ends. */
  private void lastAnswer(int status, String text) {
    closeAfterResponse = true;
    writer.ownAnswer(channel, status, text, null, false, true);
    channel.flush();
    linger();
  }

  private void nextRequest() {
    phase = Phase.HEAD;
    deadline.untilNextRequest();
  }

  private void reading(boolean on) {
    if (channel.config().isAutoRead() != on && channel.isOpen()) {
      channel.config().setAutoRead(on);
    }
  }

  // What the exchange asks for.

  @Override
  public InetSocketAddress remoteAddress() {
    return peer.address();
  }

  @Override
  public ProxiedClient proxied() {
    return ProxiedClient.of(channel, peer.serverName());
  }

  @Override
  public byte[] remoteAddressText() {
    return peer.addressText();
  }

  @Override
  public boolean isTls() {
    return peer.serverName() != null;
  }

  @Override
  public byte @Nullable [] serverName() {
    return peer.serverName();
  }

  @Override
  public BodyReader.Kind requestBodyKind() {
    return reader.bodyKind();
  }

  @Override
  public void unwrapRequestChunks() {
    reader.unwrapChunks();
  }

  @Override
  public void resumeRequest() {
    if (phase == Phase.WAIT_BODY) {
      phase = Phase.BODY;
      deadline.onBodyTaken();
      advance();
    }
  }

  @Override
  public void pauseRequest() {
    if (phase == Phase.BODY) {
      phase = Phase.WAIT_BODY;
      deadline.untilNextByte();
      reading(false);
    }
  }

  @Override
  public void interim(ResponseHead head) {
    writer.interim(channel, head);
  }

  @Override
  public void startResponse(Exchange of) {
    if (of.isTunnel()) {
      phase = Phase.TUNNEL;
      deadline.stop();
      writer.switchProtocols(channel, of.response());
      of.startTunnel(new SocketEnd(channel, held.take()));
      if (lingering.hasClientEnded()) {
        channel.pipeline().fireUserEventTriggered(ChannelInputShutdownEvent.INSTANCE);
      }
      return;
    }
    boolean close =
        keepAlive.isOver()
            || !(of.requestBody().isComplete() || (of.isOwnAnswer() && mayDiscard(of)));
    closeAfterResponse = writer.head(channel, of, close);
    of.responseBody()
        .resume(writer.sendsHeadAsReceived()); // may end the exchange before it returns
  }

  @Override
  public void responseBody(ByteBuf part, boolean last) {
    deadline.onBytes(phase == Phase.BODY);
    Exchange current = exchange;
    writer.body(channel, part, last, current == null ? null : current.responseBody().trailers());
  }

  @Override
  public void answer(Exchange of, int status, String text, byte @Nullable [] location) {
    boolean close = keepAlive.isOver() || !mayDiscard(of) || writer.clientWantsClose();
    closeAfterResponse = close;
    writer.ownAnswer(channel, status, text, location, of.isHead(), close);
    channel.flush();
    exchange = null; // not reused: a step of the stream may still hold it
    responseEnded();
  }

  /** Whether the rest of a body that nobody wants is cheaper than a new connection. */
  private boolean mayDiscard(Exchange of) {
    return reader.isBodyComplete()
        || (reader.bodyRemaining() <= MAX_DISCARD_BYTES && !of.requestBody().expectsContinue());
  }

  @Override
  public boolean isWritable() {
    return channel.isWritable();
  }

  @Override
  public void flush() {
    channel.flush();
  }

  @Override
  public void exchangeEnded(Exchange of) {
    exchange = null;
    worker.giveBack(of);
    responseEnded();
  }

  private void responseEnded() {
    if (closeAfterResponse) {
      linger();
    } else if (reader.isBodyComplete()) {
      nextRequest();
      if (keepAlive.endsWhenIdle() && held.isEmpty()) {
        endIdle();
      } else {
        advance();
      }
    } else {
      phase = Phase.DISCARD;
      reading(true);
      advance();
    }
  }

  /** We have said our last word: what comes now is not used any more. */
  private void linger() {
    boolean clientIsDone = reader.isBodyComplete() && held.isEmpty() && phase != Phase.HEAD;
    phase = Phase.LINGER;
    held.release();
    lingering.begin(clientIsDone);
  }

  @Override
  public void abort() {
    exchange = null;
    phase = Phase.LINGER;
    held.release();
    ConnectionEnd.reset(channel);
  }

  @Override
  public void drain(Drain how) {
    keepAlive.drain(how);
    if (!keepAlive.endsWhenIdle()) {
      return; // the next response says that it is the last one
    }
    if (phase == Phase.HEAD && exchange == null) {
      endIdle();
    } else if (phase == Phase.DISCARD) {
      linger();
    }
  }

  /** No request is under way, but earlier responses may still wait for the client to read. */
  private void endIdle() {
    if (held.isEmpty() && ConnectionEnd.isAllSent(channel)) {
      ConnectionEnd.now(channel);
    } else {
      linger();
    }
  }

  @Override
  public int cut() {
    int busy = exchange == null ? 0 : 1;
    ConnectionEnd.now(channel);
    return busy;
  }

  // Events.

  @Override
  public void channelWritabilityChanged(ChannelHandlerContext ctx) {
    if (phase == Phase.TUNNEL) {
      ctx.fireChannelWritabilityChanged();
      return;
    }
    if (exchange != null) {
      exchange.responseBody().onClientWritability();
    }
    if (phase == Phase.HEAD && channel.isWritable()) {
      advance();
    }
  }

  @Override
  public void channelInactive(ChannelHandlerContext ctx) {
    if (phase == Phase.TUNNEL) {
      ctx.fireChannelInactive();
      return;
    }
    held.release();
    phase = Phase.LINGER;
    cutExchange();
  }

  /**
   * FIN: the client says no more, and still listens as far as anybody can know (RFC 9112 section
   * 9.6 lets either side half-close).
   */
  @Override
  public void userEventTriggered(ChannelHandlerContext ctx, Object event) {
    if (phase == Phase.TUNNEL) {
      ctx.fireUserEventTriggered(event);
      return;
    }
    if (event instanceof ChannelInputShutdownEvent) {
      lingering.onClientEnded();
      if (held.isEmpty()) {
        onNothingMore();
      }
    } else if (event instanceof SslCloseCompletionEvent) {
      ConnectionEnd.now(channel); // after close_notify BoringSSL takes no more from us either
    }
    ctx.fireUserEventTriggered(event);
  }

  /** All that the client will ever send has been used. */
  private void onNothingMore() {
    switch (phase) {
      case BUSY, TUNNEL -> {} // its request is complete: it gets the response
      case HEAD -> {
        exchange = null;
        phase = Phase.LINGER;
        ConnectionEnd.afterWrites(channel);
      }
      case WAIT_BODY, BODY, DISCARD -> {
        cutExchange();
        phase = Phase.LINGER;
        ConnectionEnd.afterWrites(channel);
      }
      case LINGER -> lingering.onNothingMore();
    }
  }

  private void cutExchange() {
    Exchange cut = exchange;
    exchange = null;
    if (cut != null) {
      cut.onDownstreamClosed();
    }
  }

  @Override
  public void exceptionCaught(ChannelHandlerContext ctx, Throwable cause) {
    if (phase == Phase.TUNNEL) {
      ctx.fireExceptionCaught(cause);
      return;
    }
    if (ConnectionFaults.isOfPeer(cause)) {
      ConnectionEnd.now(channel);
      return;
    }
    ConnectionFaults.report(peer.address(), worker.metrics(), cause);
    Exchange failed = exchange;
    exchange = null;
    if (failed == null ? phase != Phase.HEAD : !failed.onDownstreamFailed()) {
      abort();
      return;
    }
    lastAnswer(500, "internal error");
  }

  /** What had to come did not come in time. */
  void onTimeout() {
    switch (phase) {
      case HEAD -> {
        if (reader.isInHead() && exchange != null) {
          exchange.onHeadRefused(408, "head_timeout");
          writer.ownAnswer(channel, 408, "request head not complete in time", null, false, true);
        }
        exchange = null;
        phase = Phase.LINGER;
        held.release();
        deadline.untilHeard(); // it may never read what is written
        ConnectionEnd.afterWrites(channel);
      }
      case TUNNEL -> {} // it has a deadline of its own
      case LINGER -> ConnectionEnd.now(channel);
      case BODY -> onBodyTimeout();
      case WAIT_BODY, BUSY, DISCARD -> {
        cutExchange();
        abort();
      }
    }
  }

  private void onBodyTimeout() {
    if (deadline.isRateKept()) {
      deadline.onBodyTaken();
    } else {
      brokenBody(Refusal.BODY_TOO_SLOW);
    }
  }
}
