package dev.nantian.gateway.proxy.pipeline;

import dev.nantian.gateway.proxy.http.BodyReader;
import dev.nantian.gateway.proxy.http.Trailers;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import org.jspecify.annotations.Nullable;

/**
 * The body of an exchange's response on its way: from the backend, through the filters if one asked
 * for it, to the client. The backend waits while the client does not take it as fast as it comes.
 *
 * <p>Touched by its event loop only; reused with its exchange.
 */
public final class ResponseBody {
  private final Exchange exchange;
  private final FilterSide filters;
  private final UpstreamSide upstream;
  private final ExchangeRecord record;
  private @Nullable Trailers trailers; // seldom there: made when needed, not kept

  ResponseBody(
      Exchange exchange, FilterSide filters, UpstreamSide upstream, ExchangeRecord record) {
    this.exchange = exchange;
    this.filters = filters;
    this.upstream = upstream;
    this.record = record;
  }

  /** A request is about to be received, or another try follows. */
  void clear() {
    trailers = null;
  }

  // The client's side.

  /** How the body comes, once the head is there. */
  public BodyReader.Kind kind() {
    FilterChain chain = filters.ofResponseBody();
    return chain == null ? upstream.stream().bodyKind() : chain.responseLane().kind();
  }

  /** True if the head as received is still whole and {@link #resume} can send it. */
  public boolean holdsWholeHead() {
    return filters.ofResponseBody() == null && upstream.stream().holdsWholeHead();
  }

  /** The body is wanted as plain data. Before {@link #resume}. */
  public void unwrap() {
    if (filters.ofResponseBody() == null) {
      upstream.stream().unwrapChunks();
    }
  }

  /**
   * Lets the body come; may end the exchange before it returns.
   *
   * @param withHead the first part begins with the head as received; needs {@link #holdsWholeHead}
   */
  public void resume(boolean withHead) {
    FilterChain chain = filters.ofResponseBody();
    if (chain == null) {
      upstream.stream().resume(withHead);
    } else {
      chain.responseSinkReady();
    }
  }

  /** What follows the body, complete when its last part comes; null for nothing. */
  public @Nullable Trailers trailers() {
    return trailers == null || trailers.isEmpty() ? null : trailers;
  }

  /** The client takes bytes again or no more. */
  public void onClientWritability() {
    FilterChain chain = filters.ofResponseBody();
    if (chain != null) {
      chain.onWritability();
    } else {
      upstream.readable(exchange.downstream().isWritable());
    }
  }

  // The backend's side.

  /** To be filled with what follows the body, by the backend's stream and by filters. */
  Trailers trailersToFill() {
    if (trailers == null) {
      trailers = new Trailers();
    }
    return trailers;
  }

  /** A part has come; takes over the buffer. */
  void onPart(ByteBuf part, boolean last) {
    FilterChain chain = filters.ofResponseBody();
    if (chain != null) {
      chain.responsePart(part, last);
    } else {
      passOn(part, last);
    }
  }

  /** The backend has no more for now: sends what was passed on. */
  void flush() {
    FilterChain chain = filters.ofResponseBody();
    if (chain != null) {
      chain.responseLane().flushed();
    }
    if (exchange.isResponding()) {
      exchange.downstream().flush();
    }
  }

  // Behind the filters.

  /** A part has passed the filters; takes over the buffer. */
  void write(ByteBuf part) {
    record.sent(part.readableBytes());
    exchange.downstream().responseBody(part, false);
  }

  /** The body is at its end behind the filters. */
  void end() {
    passOn(Unpooled.EMPTY_BUFFER, true);
  }

  private void passOn(ByteBuf part, boolean last) {
    record.sent(part.readableBytes());
    Downstream to = exchange.downstream();
    to.responseBody(part, last);
    if (last) {
      to.flush();
      exchange.served();
      to.exchangeEnded(exchange);
    } else if (!to.isWritable()) {
      upstream.readable(false);
    }
  }
}
