package dev.nantian.gateway.proxy.listener.h2;

import dev.nantian.gateway.proxy.http.BodyReader;
import dev.nantian.gateway.proxy.http.FieldNames;
import dev.nantian.gateway.proxy.http.Refusal;
import dev.nantian.gateway.proxy.http.RequestHead;
import dev.nantian.gateway.proxy.http.ResponseHead;
import dev.nantian.gateway.proxy.http.Trailers;
import dev.nantian.gateway.proxy.listener.BodyRate;
import dev.nantian.gateway.proxy.loop.DeadlineWheel;
import dev.nantian.gateway.proxy.pipeline.Downstream;
import dev.nantian.gateway.proxy.pipeline.Exchange;
import dev.nantian.gateway.proxy.proxyprotocol.ProxiedClient;
import dev.nantian.gateway.proxy.tunnel.StreamEnd;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.handler.codec.http2.Http2Error;
import io.netty.handler.codec.http2.Http2Stream;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.ArrayDeque;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * One request of an HTTP/2 client and its response (RFC 9113 section 8.1).
 *
 * <pre>
 *   request:  WAITING --resumeRequest--> FLOWING --pauseRequest--> WAITING
 *             FLOWING --END_STREAM handed on--> COMPLETE
 *             any --the response is over or the stream is--> UNWANTED
 * </pre>
 *
 * <p>A request for a WebSocket (RFC 8441) is COMPLETE with its head; what follows is held by the
 * {@link StreamEnd} that the tunnel gets when the backend opens it.
 *
 * <p>The client's window for the body is given back when the backend's side has taken the bytes, so
 * no more than a window of them ever waits here.
 *
 * <p>Touched by its event loop only. As an entry of the deadline wheel it is the time that the
 * stream may go without progress.
 */
final class ClientStream extends DeadlineWheel.Entry implements Downstream {
  private enum Input {
    WAITING,
    FLOWING,
    COMPLETE,
    UNWANTED
  }

  private static final byte[] TEXT = "text/plain".getBytes(StandardCharsets.US_ASCII);

  private static final byte[] RETRY_AFTER_SECONDS = {'1'};

  /** A body part smaller than this share of its buffer's memory is copied if it must wait. */
  private static final int SMALL_SHARE = 4;

  private final Http2ClientConnection connection;
  private final ArrayDeque<ByteBuf> held = new ArrayDeque<>(0);
  private @Nullable Exchange exchange;
  private @Nullable Http2Stream stream;
  private @Nullable StreamEnd tunnel; // if the request asks for a WebSocket
  private Input input = Input.WAITING;
  private @Nullable BodyRate rate;
  private long expected = -1;
  private long received;
  private int unreturned;
  private boolean admitted;
  private boolean inputEnded;
  private boolean outputEnded;
  private boolean needsFlush;

  ClientStream(Http2ClientConnection connection, Exchange exchange) {
    this.connection = connection;
    this.exchange = exchange;
  }

  /** The head that the request's fields go into. */
  RequestHead request() {
    return Objects.requireNonNull(exchange).request();
  }

  private int id() {
    return Objects.requireNonNull(stream).id();
  }

  // What the client sends.

  /**
   * The request's fields are complete.
   *
   * @param malformed why they are not accepted
   * @return true if the stream is to be reset for it
   */
  boolean onHead(Http2Stream begun, @Nullable Refusal malformed, boolean endOfStream) {
    stream = begun;
    inputEnded = endOfStream;
    Exchange current = Objects.requireNonNull(exchange);
    Refusal refusal =
        malformed == null && connection.isBodyTooLarge(current.request().contentLength())
            ? Refusal.BODY_TOO_LARGE
            : malformed;
    if (refusal != null) {
      input = Input.UNWANTED;
      exchange = null;
      connection.metrics().refused(refusal);
      current.onHeadRefused(refusal.status(), refusal.label());
      if (refusal.isMalformedInHttp2()) {
        return true;
      }
      writeAnswer(refusal.status(), refusal.text(), null, false);
      return false;
    }
    expected = current.request().contentLength();
    if (expected > 0 && !endOfStream) {
      rate = connection.bodyRate();
    }
    touch();
    if (current.request().upgradeLength() > 0) {
      StreamEnd opening = new StreamEnd(new TunnelStream());
      tunnel = opening;
      input = Input.COMPLETE;
      if (endOfStream) {
        opening.data(Unpooled.EMPTY_BUFFER, 0, true);
      }
      current.admit(false);
      return false;
    }
    if (endOfStream) {
      input = Input.COMPLETE;
    }
    if (!isWholeWithoutEnd()) {
      admit(current, !endOfStream);
    }
    return false;
  }

  private void admit(Exchange of, boolean hasBody) {
    admitted = true;
    of.admit(hasBody);
  }

  /**
   * Content-Length has been reached, but DATA may still follow and make the request malformed. A
   * backend of HTTP/1.1 must not have it whole before that is known, or it would have been
   * forwarded (RFC 9113 section 8.1.1): the last part waits for END_STREAM, the head if it is all.
   */
  private boolean isWholeWithoutEnd() {
    return received == expected && !inputEnded;
  }

  /**
   * A part of the request's body.
   *
   * @param flowControlled bytes that count against the window, padding included
   * @return how many of those the client may have back now
   */
  int onData(ByteBuf data, int flowControlled, boolean endOfStream) {
    Exchange current = exchange;
    inputEnded = endOfStream;
    StreamEnd to = tunnel;
    if (to != null) {
      int back = to.data(data, flowControlled, endOfStream);
      connection.flushLater(this);
      return back;
    }
    if (current == null || input == Input.UNWANTED) {
      return flowControlled;
    }
    received += data.readableBytes();
    if (rate != null) {
      var unused = rate.take(data.readableBytes()); // its size is looked at below
    }
    Refusal wrong =
        disagreesWithLength()
            ? Refusal.LENGTH_DISAGREES
            : connection.isBodyTooLarge(received) ? Refusal.BODY_TOO_LARGE : null;
    if (wrong != null) {
      broken(current, wrong);
      return flowControlled;
    }
    touch();
    if (!admitted) {
      if (endOfStream) {
        input = Input.COMPLETE;
        admit(current, false);
      }
      return flowControlled;
    }
    if (input == Input.WAITING || !held.isEmpty() || isWholeWithoutEnd()) {
      if (data.isReadable()) {
        held.add(data.retain());
      }
      unreturned += flowControlled;
      if (input == Input.FLOWING) {
        handHeld(current);
        connection.flushLater(this);
      }
      return 0;
    }
    if (data.isReadable() || endOfStream) {
      hand(current, data.retainedSlice(), endOfStream);
    }
    connection.flushLater(this);
    if (input == Input.WAITING) {
      unreturned += flowControlled; // the backend does not keep up
      return 0;
    }
    return flowControlled;
  }

  /** The request's trailers, which end it. */
  void onTrailers(Trailers trailers, @Nullable Refusal refusal) {
    Exchange current = exchange;
    inputEnded = true;
    if (tunnel != null) {
      connection.resetForMistake(id()); // RFC 9113 section 8.5: DATA only
      return;
    }
    if (current == null || input == Input.UNWANTED) {
      return;
    }
    Refusal wrong = refusal == null && disagreesWithLength() ? Refusal.LENGTH_DISAGREES : refusal;
    if (wrong != null) {
      broken(current, wrong);
      return;
    }
    touch();
    if (!admitted) { // without a body there is no place for trailers in HTTP/1.1
      input = Input.COMPLETE;
      admit(current, false);
      return;
    }
    current.requestBody().trailers().addAll(trailers);
    if (input == Input.FLOWING) {
      handHeld(current);
      connection.flushLater(this);
    }
  }

  private boolean disagreesWithLength() {
    return expected >= 0 && (inputEnded ? received != expected : received > expected);
  }

  private void broken(Exchange current, Refusal why) {
    connection.metrics().refused(why);
    forget();
    if (!admitted) {
      current.onHeadRefused(why.status(), why.label());
      connection.resetForMistake(id());
      return;
    }
    boolean answerable = current.onRequestBroken(why);
    if (why.isMalformedInHttp2()) {
      connection.resetForMistake(id());
    } else if (answerable) {
      writeAnswer(why.status(), why.text(), null, false);
    } else {
      connection.reset(id(), Http2Error.CANCEL);
    }
  }

  private void hand(Exchange to, ByteBuf part, boolean last) {
    if (last) {
      input = Input.COMPLETE;
    }
    to.requestBody().onPart(part, last);
  }

  /** All that could be read for now has been handed on. */
  void flushRequest() {
    needsFlush = false;
    if (tunnel != null) {
      tunnel.readComplete();
    } else if (exchange != null) {
      exchange.requestBody().flush();
    }
  }

  /** Notes that {@link #flushRequest} is owed; false if it was already. */
  boolean owesFlush() {
    boolean first = !needsFlush;
    needsFlush = true;
    return first;
  }

  /** The client gave window, or the connection got room. */
  void onWritability() {
    if (isTunnelOpen()) {
      Objects.requireNonNull(tunnel).writabilityChanged();
      return;
    }
    touch();
    if (exchange != null) {
      exchange.responseBody().onClientWritability();
    }
  }

  /** The stream is over, however that came. */
  void onClosed() {
    connection.wheel().remove(this);
    if (isTunnelOpen()) {
      Objects.requireNonNull(tunnel).lost();
      return;
    }
    Exchange cut = exchange;
    forget();
    if (cut != null) {
      cut.onDownstreamClosed();
    }
  }

  /** Code of ours failed in this stream: it alone ends. */
  void onFailed() {
    if (isTunnelOpen()) {
      connection.reset(id(), Http2Error.INTERNAL_ERROR);
      return;
    }
    Exchange failed = exchange;
    forget();
    if (failed == null || !failed.onDownstreamFailed()) {
      connection.reset(id(), Http2Error.INTERNAL_ERROR);
    } else {
      writeAnswer(500, "internal error", null, false);
    }
  }

  /** No more of the request is wanted, and nobody is to be told of anything. */
  private void forget() {
    exchange = null;
    input = Input.UNWANTED;
    if (tunnel != null) {
      tunnel.discard();
    }
    while (!held.isEmpty()) {
      held.poll().release();
    }
    returnWindow();
  }

  private void returnWindow() {
    int count = unreturned;
    unreturned = 0;
    if (count > 0 && stream != null) {
      connection.returnWindow(stream, count);
    }
  }

  /**
   * Only a body whose length was said must come at a rate: a conversation, as gRPC has them, may be
   * silent for long.
   */
  private boolean isTimed() {
    return rate != null && rate.isOn() && input == Input.FLOWING && !inputEnded;
  }

  private void startRateWindow(BodyRate of) {
    of.startWindow(System.nanoTime());
    connection.wheel().arm(this, Math.min(of.windowMillis(), connection.streamIdleMillis(stream)));
  }

  /** There was progress. */
  void touch() {
    if (isTunnelOpen()) {
      return; // it has a deadline of its own
    }
    if (isTimed()) {
      return; // the window goes on
    }
    connection.wheel().arm(this, connection.streamIdleMillis(stream));
  }

  @Override
  protected void onDeadline() {
    Exchange cut = exchange;
    BodyRate timed = rate;
    if (cut != null && timed != null && isTimed()) {
      if (timed.isTooSlow(System.nanoTime())) {
        broken(cut, Refusal.BODY_TOO_SLOW);
      } else {
        startRateWindow(timed);
      }
      return;
    }
    forget();
    if (cut != null) {
      cut.onDownstreamClosed();
    }
    connection.onStreamDeadline(Objects.requireNonNull(stream));
  }

  // What the exchange asks for.

  @Override
  public InetSocketAddress remoteAddress() {
    return connection.peer().address();
  }

  @Override
  public ProxiedClient proxied() {
    return connection.proxied();
  }

  @Override
  public byte[] remoteAddressText() {
    return connection.peer().addressText();
  }

  @Override
  public boolean isTls() {
    return connection.peer().serverName() != null;
  }

  @Override
  public byte @Nullable [] serverName() {
    return connection.peer().serverName();
  }

  @Override
  public BodyReader.Kind requestBodyKind() {
    return expected >= 0 ? BodyReader.Kind.LENGTH : BodyReader.Kind.UNTIL_CLOSE;
  }

  @Override
  public void unwrapRequestChunks() {
    // DATA is plain as it comes
  }

  @Override
  public void resumeRequest() {
    Exchange current = exchange;
    if (input == Input.WAITING && current != null) {
      input = Input.FLOWING;
      if (rate != null && isTimed()) {
        startRateWindow(rate);
      }
      handHeld(current);
    }
    if (exchange != null) {
      exchange.requestBody().flush();
    }
  }

  private void handHeld(Exchange to) {
    while (input == Input.FLOWING
        && !held.isEmpty()
        && !(held.size() == 1 && isWholeWithoutEnd())) {
      ByteBuf part = held.poll();
      hand(to, part, inputEnded && held.isEmpty());
    }
    if (input == Input.FLOWING && inputEnded) {
      hand(to, Unpooled.EMPTY_BUFFER, true);
    }
    if (input != Input.WAITING) {
      returnWindow();
    }
  }

  @Override
  public void pauseRequest() {
    if (input == Input.FLOWING) {
      input = Input.WAITING;
      touch();
    }
  }

  @Override
  public void interim(ResponseHead head) {
    head.remove(FieldNames.CONTENT_LENGTH); // RFC 9110 section 8.6
    connection.writeFields(id(), ResponseFields.of(head), false);
    connection.flushSoon(); // the client may wait for it with the rest of its request
  }

  @Override
  public void startResponse(Exchange of) {
    ResponseHead head = of.response();
    if (tunnel != null && !mayAnswer(of)) {
      return;
    }
    BodyReader.Kind kind = of.responseBody().kind();
    of.responding();
    if (kind == BodyReader.Kind.CHUNKED) {
      of.responseBody().unwrap();
    }
    if (head.status() == 204) {
      head.remove(FieldNames.CONTENT_LENGTH); // RFC 9110 section 8.6
    }
    if (kind == BodyReader.Kind.NONE) {
      outputEnded = true;
      connection.writeFields(id(), ResponseFields.of(head), true);
    } else {
      connection.writeFields(id(), ResponseFields.of(head), false);
    }
    if (exchange != null) {
      of.responseBody().resume(false); // may end the exchange before it returns
    }
  }

  /** The response to a request for a WebSocket; true if it is one that refuses it. */
  private boolean mayAnswer(Exchange of) {
    ResponseHead head = of.response();
    if (of.isTunnel()) {
      head.remove(FieldNames.CONTENT_LENGTH); // RFC 9110 section 9.3.6
      head.remove(FieldNames.SEC_WEBSOCKET_ACCEPT);
      connection.writeFields(id(), ResponseFields.of(200, head), false);
      connection.wheel().remove(this);
      exchange = null; // what becomes of the stream concerns the tunnel
      of.startTunnel(Objects.requireNonNull(tunnel));
      connection.flushSoon();
      return false;
    }
    if (head.status() < 300) {
      of.refuseResponse(); // the client would take it for an open WebSocket
      return false;
    }
    return true;
  }

  private boolean isTunnelOpen() {
    return tunnel != null && tunnel.isOpen();
  }

  @Override
  public void responseBody(ByteBuf part, boolean last) {
    Exchange of = exchange;
    if (of == null || outputEnded) {
      part.release();
      return;
    }
    Trailers trailers = last ? of.responseBody().trailers() : null;
    boolean ends = last && trailers == null;
    if (part.isReadable() || ends) {
      outputEnded = ends;
      connection.writeData(this, id(), right(part), ends);
    } else {
      part.release();
    }
    if (trailers != null) {
      outputEnded = true;
      connection.writeTrailers(this, id(), trailers);
    }
    touch();
  }

  /** See the HTTP/1 writer: few bytes must not keep a large buffer while they wait. */
  private ByteBuf right(ByteBuf part) {
    int length = part.readableBytes();
    ByteBuf whole = part.unwrap() == null ? part : part.unwrap();
    if (isWritable() || length * SMALL_SHARE > whole.capacity()) {
      return part;
    }
    ByteBuf copy = connection.allocate(length).writeBytes(part);
    part.release();
    return copy;
  }

  @Override
  public void answer(Exchange of, int status, String text, byte @Nullable [] location) {
    boolean toHead = of.isHead();
    forget(); // not reused: a step of the stream may still hold the exchange
    writeAnswer(status, text, location, toHead);
  }

  private void writeAnswer(int status, String text, byte @Nullable [] location, boolean toHead) {
    byte[] body =
        text.isEmpty()
            ? new byte[0]
            : (status + " " + text + "\n").getBytes(StandardCharsets.US_ASCII);
    ResponseFields fields = ResponseFields.of(status);
    if (location != null) {
      fields.with(FieldNames.LOCATION, location);
    }
    if (body.length > 0) {
      fields.with(FieldNames.CONTENT_TYPE, TEXT);
    }
    fields.with(
        FieldNames.CONTENT_LENGTH,
        Integer.toString(body.length).getBytes(StandardCharsets.US_ASCII));
    if (status == 503) {
      fields.with(FieldNames.RETRY_AFTER, RETRY_AFTER_SECONDS);
    }
    boolean empty = toHead || body.length == 0;
    outputEnded = true;
    connection.writeFields(id(), fields, empty);
    if (!empty) {
      connection.writeData(this, id(), Unpooled.wrappedBuffer(body), true);
      touch();
    } else {
      onOutputSent();
    }
    connection.flushSoon();
  }

  /** The last DATA frame went, or never will. */
  void onDataEnd(boolean sent) {
    if (!isTunnelOpen()) {
      onOutputSent();
    } else {
      Objects.requireNonNull(tunnel).outputDone(sent);
    }
  }

  /**
   * The response is with the client. What it still sends of its request is of no use: it may stop
   * without taking that for an error (RFC 9113 section 8.1).
   */
  void onOutputSent() {
    if (!inputEnded) {
      connection.reset(id(), Http2Error.NO_ERROR);
    }
  }

  @Override
  public boolean isWritable() {
    return stream != null && connection.isWritable(stream);
  }

  @Override
  public void flush() {
    connection.flushSoon();
  }

  @Override
  public void exchangeEnded(Exchange of) {
    forget();
    connection.giveBack(of);
  }

  @Override
  public void abort() {
    forget();
    connection.reset(id(), Http2Error.INTERNAL_ERROR);
  }

  /** What the tunnel's end asks of the stream. */
  private final class TunnelStream implements StreamEnd.Carrier {
    @Override
    public void write(ByteBuf part, boolean last) {
      connection.writeData(ClientStream.this, id(), right(part), last);
    }

    @Override
    public void flush() {
      connection.flushSoon();
    }

    @Override
    public boolean isWritable() {
      return ClientStream.this.isWritable();
    }

    @Override
    public void giveBack(int windowBytes) {
      connection.returnWindow(Objects.requireNonNull(stream), windowBytes);
    }

    @Override
    public void reset(boolean clean) {
      connection.reset(id(), clean ? Http2Error.NO_ERROR : Http2Error.CANCEL);
    }
  }
}
