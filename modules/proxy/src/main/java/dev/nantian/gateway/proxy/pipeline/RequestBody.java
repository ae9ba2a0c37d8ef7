package dev.nantian.gateway.proxy.pipeline;

import dev.nantian.gateway.proxy.http.BodyReader;
import dev.nantian.gateway.proxy.http.FieldNames;
import dev.nantian.gateway.proxy.http.RequestHead;
import dev.nantian.gateway.proxy.http.Trailers;
import dev.nantian.gateway.proxy.upstream.UpstreamStream;
import io.netty.buffer.ByteBuf;
import org.jspecify.annotations.Nullable;

/**
 * The body of an exchange's request on its way: from the client, through the filters if one asked
 * for it, to the backend. The client waits while the backend does not take it as fast as it comes.
 *
 * <p>Touched by its event loop only; reused with its exchange.
 */
public final class RequestBody {
  private final Exchange exchange;
  private final FilterSide filters;
  private final UpstreamSide upstream;
  private final ExchangeRecord record;
  private @Nullable Trailers trailers; // seldom there: made when needed, not kept
  private boolean exists;
  private boolean expected;
  private boolean complete;

  RequestBody(Exchange exchange, FilterSide filters, UpstreamSide upstream, ExchangeRecord record) {
    this.exchange = exchange;
    this.filters = filters;
    this.upstream = upstream;
    this.record = record;
  }

  /** A request is about to be received. */
  void clear() {
    trailers = null;
    complete = false;
  }

  /** The head is complete. */
  void begin(RequestHead head, boolean follows) {
    exists = follows;
    complete = !follows;
    expected = head.contains(FieldNames.EXPECT);
  }

  boolean exists() {
    return exists;
  }

  /** True if the client waits for a 100 before it sends the body, whatever filters did since. */
  public boolean expectsContinue() {
    return expected;
  }

  /** True once the last byte was passed on or there is no body. */
  public boolean isComplete() {
    return complete;
  }

  /** To be filled by the client's side with what follows the body; empty at first. */
  public Trailers trailers() {
    if (trailers == null) {
      trailers = new Trailers();
    }
    return trailers;
  }

  /** What follows the body, complete when its last part was sent; null for nothing. */
  @Nullable Trailers trailersToSend() {
    return trailers == null || trailers.isEmpty() ? null : trailers;
  }

  // The client's side.

  /**
   * A part has come; takes over the buffer. Trailers that are not in its bytes must be in {@link
   * #trailers} when the last part comes.
   */
  public void onPart(ByteBuf part, boolean last) {
    record.received(part.readableBytes());
    complete = last;
    FilterChain chain = filters.ofRequestBody();
    if (chain != null) {
      chain.requestPart(part, last);
    } else {
      upstream.write(part, last);
    }
  }

  /** Sends what was passed on. */
  public void flush() {
    upstream.flush();
  }

  // The backend's side.

  /** How the body goes to {@code stream}. */
  BodyReader.Kind kindFor(UpstreamStream stream) {
    FilterChain chain = filters.ofRequestBody();
    if (chain != null) {
      return chain.requestLane().kind();
    }
    if (!exists) {
      return BodyReader.Kind.NONE;
    }
    Downstream from = exchange.downstream();
    if (from.requestBodyKind() == BodyReader.Kind.CHUNKED && !stream.takesChunks()) {
      from.unwrapRequestChunks();
    }
    return from.requestBodyKind();
  }

  /** True once all of the body that goes to the backend was written. */
  boolean isSent() {
    FilterChain chain = filters.ofRequestBody();
    return chain == null ? complete : chain.requestLane().isClosed();
  }

  /** The backend takes the rest of the body. */
  void send() {
    FilterChain chain = filters.ofRequestBody();
    if (chain != null) {
      chain.requestSinkReady();
      upstream.flush();
    } else {
      exchange.downstream().resumeRequest();
    }
  }

  /** The try is lost: the body must wait for the next one. */
  void hold() {
    exchange.downstream().pauseRequest();
    FilterChain chain = filters.chain();
    if (chain != null) {
      chain.requestLane().closeSink();
    }
  }

  /** The backend takes bytes again. */
  void onBackendWritable() {
    FilterChain chain = filters.ofRequestBody();
    if (chain != null) {
      chain.onWritability();
    } else if (!complete) {
      exchange.downstream().resumeRequest();
    } else {
      return;
    }
    upstream.flush();
  }
}
