package dev.nantian.gateway.proxy.upstream;

import dev.nantian.gateway.proxy.http.BodyReader;
import dev.nantian.gateway.proxy.http.FieldNames;
import dev.nantian.gateway.proxy.http.Http2ResponseReader;
import dev.nantian.gateway.proxy.http.Refusal;
import dev.nantian.gateway.proxy.http.RequestHead;
import dev.nantian.gateway.proxy.http.ResponseHead;
import dev.nantian.gateway.proxy.http.Trailers;
import dev.nantian.gateway.proxy.http.WebSocketHandshake;
import dev.nantian.gateway.proxy.tunnel.StreamEnd;
import dev.nantian.gateway.proxy.tunnel.TunnelEnd;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.handler.codec.http2.Http2Error;
import java.nio.charset.StandardCharsets;
import java.util.ArrayDeque;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * One request on an HTTP/2 connection.
 *
 * <pre>
 *   HEAD --final head--> HELD --resume--> BODY --END_STREAM--> OVER
 *   HELD --becomeTunnel--> TUNNEL
 *   any --reset, GOAWAY, connection lost, given up--> OVER
 * </pre>
 *
 * In HELD the head is with the user, which may take its time; what comes of the body waits here.
 * The endpoint's window for this stream grows again only by what the user took while it was
 * readable, so nothing can pile up beyond one window.
 *
 * <p>Touched by its event loop only.
 */
final class Http2UpstreamStream implements UpstreamStream {
  private enum State {
    HEAD,
    HELD,
    BODY,
    TUNNEL,
    OVER
  }

  private static final byte[] HEAD_METHOD = "HEAD".getBytes(StandardCharsets.US_ASCII);

  private final Http2UpstreamConnection connection;
  private @Nullable UpstreamUser user;
  private State state = State.HEAD;
  private int id;
  private boolean toHead;
  private boolean requestComplete;
  private boolean answered;
  private boolean ended; // END_STREAM came; held parts may still have to go
  private boolean paused;
  private int unconsumed;
  private long received;
  private long expected = -1; // as the endpoint said: filters may change the head while it comes
  private BodyReader.Kind kind = BodyReader.Kind.NONE;
  private final ArrayDeque<ByteBuf> held = new ArrayDeque<>(2);
  private boolean opened; // what follows belongs to the tunnel
  private @Nullable StreamEnd tunnel; // if the request asks for a WebSocket
  private byte @Nullable [] accept; // what a client of HTTP/1.1 wants to hear then

  Http2UpstreamStream(Http2UpstreamConnection connection, UpstreamUser user) {
    this.connection = connection;
    this.user = user;
  }

  int id() {
    return id;
  }

  @Override
  public EndpointPool pool() {
    return connection.pool();
  }

  @Override
  public boolean takesChunks() {
    return false;
  }

  @Override
  public void send(RequestHead head, BodyReader.Kind body) {
    toHead = head.methodIs(HEAD_METHOD);
    boolean webSocket = head.upgradeLength() > 0;
    if (webSocket && !connection.takesWebSockets()) {
      connection.failSoon(this, UpstreamFailure.NO_WEBSOCKET);
      return;
    }
    if (webSocket) {
      byte[] key = WebSocketHandshake.keyOf(head);
      accept = key == null ? null : WebSocketHandshake.accept(key);
      tunnel = new StreamEnd(new TunnelStream());
    }
    requestComplete = body == BodyReader.Kind.NONE && !webSocket;
    id = connection.open(this, head, requestComplete);
  }

  @Override
  public void write(ByteBuf part, boolean last) {
    UpstreamUser sender = user;
    if (state == State.OVER || sender == null) {
      part.release();
      return;
    }
    requestComplete = last;
    Trailers trailers = last ? sender.requestTrailers() : null;
    boolean endsHere = last && trailers == null;
    if (part.isReadable() || endsHere) {
      connection.writeData(id, part, endsHere);
    } else {
      part.release();
    }
    if (trailers != null) {
      connection.writeTrailers(id, trailers);
    }
  }

  @Override
  public void flush() {
    connection.flushSoon();
  }

  @Override
  public boolean isWritable() {
    return state != State.OVER && connection.isWritable(id);
  }

  @Override
  public BodyReader.Kind bodyKind() {
    return kind;
  }

  @Override
  public boolean holdsWholeHead() {
    return false;
  }

  @Override
  public void unwrapChunks() {}

  @Override
  public void resume(boolean withHead) {
    state = State.BODY;
    ByteBuf part = held.poll();
    while (part != null) {
      ByteBuf next = held.poll();
      deliver(part, ended && next == null);
      if (state == State.OVER && next != null) {
        next.release();
        return;
      }
      part = next;
    }
    if (user == null) {
      return;
    }
    if (ended) {
      deliver(Unpooled.EMPTY_BUFFER, true);
      return;
    }
    if (!paused) {
      readable(true);
    }
    readComplete();
  }

  @Override
  public void readable(boolean on) {
    paused = !on;
    if (on && unconsumed > 0) {
      int count = unconsumed;
      unconsumed = 0;
      connection.consume(id, count);
    }
  }

  @Override
  public TunnelEnd becomeTunnel() {
    state = State.TUNNEL;
    user = null;
    return Objects.requireNonNull(tunnel);
  }

  @Override
  public void abandon() {
    boolean wasOver = state == State.OVER;
    over();
    if (!wasOver) {
      connection.reset(id, Http2Error.CANCEL);
    }
  }

  private boolean isOpening(ResponseHead head) {
    return tunnel != null && head.status() >= 200 && head.status() < 300;
  }

  /**
   * RFC 8441 section 5: what HTTP/1.1 says by 101. It is given to the user as that, with the answer
   * to the key that its client sent.
   */
  private void open(UpstreamUser receiver, ResponseHead head) {
    opened = true;
    head.changeStatus(101);
    head.remove(FieldNames.CONTENT_LENGTH); // RFC 9110 section 9.3.6
    byte[] protocol = WebSocketHandshake.PROTOCOL.getBytes(StandardCharsets.US_ASCII);
    head.upgrade(head.append(protocol), protocol.length);
    head.remove(FieldNames.SEC_WEBSOCKET_ACCEPT);
    if (accept != null) {
      head.add(FieldNames.SEC_WEBSOCKET_ACCEPT, accept);
    }
    kind = BodyReader.Kind.NONE;
    state = State.HELD;
    try {
      receiver.onResponseHead();
    } catch (RuntimeException e) {
      broken(receiver, e);
    }
  }

  /** A field section begins: says where it goes. */
  void beginSection(Http2ResponseReader reader) {
    UpstreamUser receiver = user;
    if (receiver == null || ended) {
      reader.ignore();
    } else if (answered) {
      reader.begin(receiver.responseTrailers());
    } else {
      reader.begin(receiver.responseHead());
    }
  }

  /** A field section is complete in the user's head. */
  void onSection(@Nullable Refusal wrong, boolean end) {
    UpstreamUser receiver = user;
    if (state == State.TUNNEL) {
      connection.reset(id, Http2Error.PROTOCOL_ERROR); // RFC 9113 section 8.5: DATA only
      onTunnelLost();
      return;
    }
    if (receiver == null) {
      return;
    }
    if (wrong != null || opened || (answered && !end)) {
      refuse();
      return;
    }
    if (answered) {
      end();
      return;
    }
    ResponseHead head = receiver.responseHead();
    if (head.status() < 200) {
      // RFC 9113 section 8.6: there is no 101 in HTTP/2; an interim response ends no stream.
      if (end || head.status() == 101) {
        refuse();
        return;
      }
      try {
        receiver.onInterimResponse();
      } catch (RuntimeException e) {
        broken(receiver, e);
      }
      head.clear();
      return;
    }
    answered = true;
    if (isOpening(head)) {
      if (end) {
        Objects.requireNonNull(tunnel).data(Unpooled.EMPTY_BUFFER, 0, true);
      }
      open(receiver, head);
      return;
    }
    ended = end;
    expected = head.contentLength();
    kind = kindOf(head, end);
    if (end
        && kind == BodyReader.Kind.NONE
        && !toHead
        && head.contentLength() > 0
        && !isBodiless(head)) {
      refuse();
      return;
    }
    state = State.HELD;
    try {
      receiver.onResponseHead();
    } catch (RuntimeException e) {
      broken(receiver, e);
    }
  }

  private static boolean isBodiless(ResponseHead head) {
    return head.status() == 204 || head.status() == 304;
  }

  private BodyReader.Kind kindOf(ResponseHead head, boolean end) {
    if (end || toHead || isBodiless(head)) {
      return BodyReader.Kind.NONE;
    }
    return head.contentLength() >= 0 ? BodyReader.Kind.LENGTH : BodyReader.Kind.UNTIL_CLOSE;
  }

  /**
   * A DATA frame.
   *
   * @return how many of its bytes the window gets back at once
   */
  int onData(ByteBuf data, int padding, boolean end) {
    UpstreamUser receiver = user;
    int length = data.readableBytes();
    StreamEnd of = tunnel;
    if (of != null && opened) {
      return of.data(data, length + padding, end);
    }
    if (receiver == null || ended) {
      return length + padding;
    }
    received += length;
    boolean tooMuch =
        kind == BodyReader.Kind.NONE
            ? length > 0
            : kind == BodyReader.Kind.LENGTH && received > expected;
    if (!answered || tooMuch) {
      refuse();
      return length + padding;
    }
    if (state == State.HELD) {
      if (length > 0) {
        held.add(data.readRetainedSlice(length));
        unconsumed += length;
      }
      if (end) {
        end();
      }
      return padding;
    }
    if (end) {
      if (isShort()) {
        refuse();
      } else {
        ended = true;
        deliver(data.readRetainedSlice(length), true);
      }
      return length + padding;
    }
    deliver(data.readRetainedSlice(length), false);
    if (paused) {
      unconsumed += length;
      return padding;
    }
    return length + padding;
  }

  private void onTunnelLost() {
    StreamEnd of = tunnel;
    if (of != null) {
      of.lost();
    }
  }

  private boolean isShort() {
    return kind == BodyReader.Kind.LENGTH && received < expected;
  }

  /** END_STREAM without data, or while data is held. */
  private void end() {
    UpstreamUser receiver = user;
    if (receiver == null) {
      return;
    }
    if (isShort()) {
      refuse();
      return;
    }
    ended = true;
    if (state == State.BODY) {
      deliver(Unpooled.EMPTY_BUFFER, true);
    }
  }

  private void deliver(ByteBuf part, boolean last) {
    UpstreamUser receiver = user;
    if (receiver == null) {
      part.release();
      return;
    }
    if (last) {
      boolean cut = !requestComplete;
      over();
      if (cut) {
        // RFC 9113 section 8.1: the backend wants no more of the request.
        connection.reset(id, Http2Error.NO_ERROR);
      }
    }
    try {
      receiver.onResponseBody(part, last);
    } catch (RuntimeException e) {
      broken(receiver, e);
    }
  }

  /** All that could be read for now was handed on. */
  void readComplete() {
    UpstreamUser receiver = user;
    if (state == State.TUNNEL && tunnel != null) {
      tunnel.readComplete();
    } else if (receiver != null && state == State.BODY) {
      try {
        receiver.onUpstreamReadComplete();
      } catch (RuntimeException e) {
        broken(receiver, e);
      }
    }
  }

  void writabilityChanged() {
    UpstreamUser sender = user;
    if (state == State.TUNNEL && tunnel != null) {
      tunnel.writabilityChanged();
    } else if (sender != null && !requestComplete) {
      try {
        sender.onUpstreamWritability();
      } catch (RuntimeException e) {
        broken(sender, e);
      }
    }
  }

  /** Malformed: RFC 9113 section 8.1.1. */
  private void refuse() {
    UpstreamUser receiver = user;
    boolean inBody = answered;
    over();
    connection.reset(id, Http2Error.PROTOCOL_ERROR);
    if (receiver != null) {
      receiver.onUpstreamFailed(inBody ? UpstreamFailure.TRUNCATED : UpstreamFailure.BAD_RESPONSE);
    }
  }

  /**
   * The stream was reset or lost. A response that is whole here already goes on.
   *
   * @param ifUnanswered what that means when nothing of the response came
   */
  void lost(UpstreamFailure ifUnanswered) {
    UpstreamUser receiver = user;
    if (state == State.TUNNEL) {
      onTunnelLost();
      return;
    }
    if (receiver == null || ended) {
      return;
    }
    UpstreamFailure failure = answered ? UpstreamFailure.TRUNCATED : ifUnanswered;
    over();
    receiver.onUpstreamFailed(failure);
  }

  /** Our own code threw: that ends this stream, not the connection that it shares. */
  private void broken(UpstreamUser receiver, RuntimeException cause) {
    boolean wasOver = state == State.OVER;
    over();
    if (!wasOver) {
      connection.reset(id, Http2Error.CANCEL);
    }
    pool().handlerFailed(cause);
    receiver.onUpstreamFailed(UpstreamFailure.INTERNAL);
  }

  private void over() {
    state = State.OVER;
    user = null;
    ByteBuf part = held.poll();
    while (part != null) {
      part.release();
      part = held.poll();
    }
    if (tunnel != null) {
      tunnel.discard();
    }
  }

  /** What the tunnel's end asks of the stream. */
  private final class TunnelStream implements StreamEnd.Carrier {
    @Override
    public void write(ByteBuf part, boolean last) {
      if (last) {
        part.release();
        connection.writeEnd(id, Objects.requireNonNull(tunnel)::outputDone);
      } else {
        connection.writeData(id, part, false);
      }
    }

    @Override
    public void flush() {
      connection.flushSoon();
    }

    @Override
    public boolean isWritable() {
      return connection.isWritable(id);
    }

    @Override
    public void giveBack(int windowBytes) {
      connection.consume(id, windowBytes);
    }

    @Override
    public void reset(boolean clean) {
      connection.reset(id, clean ? Http2Error.NO_ERROR : Http2Error.CANCEL);
    }
  }
}
