package dev.nantian.gateway.proxy.http;

import io.netty.buffer.ByteBuf;
import org.jspecify.annotations.Nullable;

/**
 * Follows a message's body through the bytes of a connection to its end (RFC 9112 section 6.3),
 * checking chunks on the way, without holding any of it.
 *
 * <p>The body is handed on as it was framed, or, after {@link #unwrapChunks()}, as plain data.
 *
 * <p>One for each direction of a connection, touched by its event loop only.
 */
public final class BodyReader {
  /** How the end of the body is known. */
  public enum Kind {
    NONE,
    LENGTH,
    CHUNKED,
    /** Plain data up to the end of the connection (responses) or of an HTTP/2 stream. */
    UNTIL_CLOSE;

    /** True if HTTP/1.0 could mark such an end only by closing the connection. */
    public boolean needsCloseInHttp10() {
      return this == CHUNKED || this == UNTIL_CLOSE;
    }
  }

  private final ChunkScanner chunks;
  private Kind kind = Kind.NONE;
  private long remaining;
  private boolean unwrap;

  public BodyReader(HttpLimits limits, RequestRules.ChunkExtensions extensions) {
    this.chunks = new ChunkScanner(limits, extensions);
  }

  /** A reader that takes chunk extensions. */
  public BodyReader(HttpLimits limits) {
    this(limits, RequestRules.ChunkExtensions.ALLOW);
  }

  /** Prepares for the body of a request with this head. */
  public void beginRequest(RequestHead head) {
    begin(
        head.isChunked() ? Kind.CHUNKED : head.contentLength() > 0 ? Kind.LENGTH : Kind.NONE,
        head.contentLength());
  }

  /**
   * Prepares for the body of a final response (RFC 9112 section 6.3).
   *
   * @param toHead the request's method was HEAD
   */
  public void beginResponse(ResponseHead head, boolean toHead) {
    int status = head.status();
    if (toHead || status == 204 || status == 304) {
      begin(Kind.NONE, 0);
    } else if (head.isChunked()) {
      begin(Kind.CHUNKED, 0);
    } else if (head.contentLength() >= 0) {
      begin(head.contentLength() > 0 ? Kind.LENGTH : Kind.NONE, head.contentLength());
    } else {
      begin(Kind.UNTIL_CLOSE, 0);
    }
  }

  private void begin(Kind kind, long length) {
    this.kind = kind;
    this.remaining = length;
    this.unwrap = false;
    chunks.reset();
  }

  /** A 101 response has no body: what follows is another protocol. */
  public void beginTunnel() {
    begin(Kind.NONE, 0);
  }

  public Kind kind() {
    return kind;
  }

  /** From now on the data of chunks is wanted without framing, and {@link #trailers} apart. */
  public void unwrapChunks() {
    unwrap = true;
    chunks.collectTrailers();
  }

  /** The trailers of a complete unwrapped body; null if it has none. Valid until the next body. */
  public @Nullable Trailers trailers() {
    return chunks.trailers();
  }

  /** True if the body was read to its end. */
  public boolean isComplete() {
    return switch (kind) {
      case NONE -> true;
      case LENGTH -> remaining == 0;
      case CHUNKED -> chunks.isComplete();
      case UNTIL_CLOSE -> false;
    };
  }

  /** Not null once the body turned out to be malformed. */
  public @Nullable Refusal refusal() {
    return chunks.refusal();
  }

  /** True if parts of the body must be taken with {@link #unwrap} instead of {@link #advance}. */
  public boolean isUnwrapping() {
    return unwrap && kind == Kind.CHUNKED;
  }

  /**
   * Goes on with the readable bytes of {@code in} and returns how many of them belong to the body,
   * without moving its reader index.
   */
  public int advance(ByteBuf in) {
    return switch (kind) {
      case NONE -> 0;
      case UNTIL_CLOSE -> in.readableBytes();
      case LENGTH -> {
        int count = (int) Math.min(remaining, in.readableBytes());
        remaining -= count;
        yield count;
      }
      case CHUNKED -> chunks.scan(in, in.readerIndex(), in.writerIndex(), null);
    };
  }

  /**
   * Like {@link #advance}, but gives the data of the chunks as a new buffer and moves the reader
   * index of {@code in} behind them.
   */
  public ByteBuf unwrap(ByteBuf in) {
    return chunks.unwrap(in);
  }

  /** Bytes still to come if the length is known, else {@link Long#MAX_VALUE}. */
  public long remaining() {
    return switch (kind) {
      case NONE -> 0;
      case LENGTH -> remaining;
      case CHUNKED -> chunks.isComplete() ? 0 : Long.MAX_VALUE;
      case UNTIL_CLOSE -> Long.MAX_VALUE;
    };
  }
}
