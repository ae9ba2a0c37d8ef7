package dev.nantian.gateway.proxy.listener;

import dev.nantian.gateway.proxy.http.BodyReader;
import dev.nantian.gateway.proxy.http.Progress;
import dev.nantian.gateway.proxy.http.Refusal;
import dev.nantian.gateway.proxy.http.RequestHead;
import dev.nantian.gateway.proxy.http.RequestHeadDecoder;
import dev.nantian.gateway.proxy.http.Trailers;
import io.netty.buffer.ByteBuf;
import org.jspecify.annotations.Nullable;

/**
 * Makes heads and parts of bodies of a client's HTTP/1.1 bytes, and refuses what is malformed or
 * larger than it may be.
 *
 * <p>One for each connection, touched by its event loop only.
 */
final class RequestReader {
  private final BodyLimits limits;
  private final BodyRate rate;
  private final RequestHeadDecoder decoder;
  private final BodyReader body;
  private @Nullable Refusal bodyRefusal;

  RequestReader(ConnectionSettings settings, BodyRate rate) {
    this.limits = settings.bodies();
    this.rate = rate;
    this.decoder = new RequestHeadDecoder(settings.limits(), settings.rules());
    this.body = new BodyReader(settings.limits(), settings.rules().chunkExtensions());
  }

  /** True between a head's first byte and its last. */
  boolean isInHead() {
    return decoder.isStarted();
  }

  /** Reads on in a head; if it is complete, {@link #beginBody} must follow. */
  Progress head(ByteBuf in, RequestHead head) {
    Progress result = decoder.decode(in, head);
    if (result == Progress.COMPLETE) {
      decoder.reset();
    }
    return result;
  }

  /** Why the head was refused. */
  Refusal headRefusal() {
    return decoder.refusal();
  }

  /** The head says what body follows; null, or why the request is refused. */
  @Nullable Refusal beginBody(RequestHead head) {
    body.beginRequest(head);
    if (limits.isTooLarge(head.contentLength())) {
      return Refusal.BODY_TOO_LARGE;
    }
    rate.begin();
    return null;
  }

  /** True if nothing of a body is to come. */
  boolean isBodyComplete() {
    return body.isComplete();
  }

  /** How many bytes of the body are to come at most. */
  long bodyRemaining() {
    return body.remaining();
  }

  /**
   * How the body comes from {@link #bodyPart}; UNTIL_CLOSE stands for one whose length nobody said.
   */
  BodyReader.Kind bodyKind() {
    return body.isUnwrapping() ? BodyReader.Kind.UNTIL_CLOSE : body.kind();
  }

  /** Chunks are to be taken out of their framing. */
  void unwrapChunks() {
    body.unwrapChunks();
  }

  /** The next part of the body; null if the body is refused. */
  @Nullable ByteBuf bodyPart(ByteBuf in) {
    int before = in.readableBytes();
    ByteBuf part = body.isUnwrapping() ? body.unwrap(in) : in.readRetainedSlice(body.advance(in));
    boolean fits = rate.take(before - in.readableBytes());
    Refusal wrong = body.refusal();
    bodyRefusal = wrong == null && !fits ? Refusal.BODY_TOO_LARGE : wrong;
    if (bodyRefusal != null) {
      part.release();
      return null;
    }
    return part;
  }

  /** Why there was no part. */
  @Nullable Refusal bodyRefusal() {
    return bodyRefusal;
  }

  /** What came behind an unwrapped body; null for nothing. */
  @Nullable Trailers trailers() {
    return body.trailers();
  }

  /** Passes over a part of a body that nobody wants; false if it is malformed. */
  boolean discard(ByteBuf in) {
    in.skipBytes(body.advance(in));
    return body.refusal() == null;
  }
}
