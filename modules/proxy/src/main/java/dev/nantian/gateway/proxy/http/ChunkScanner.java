package dev.nantian.gateway.proxy.http;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.CompositeByteBuf;
import io.netty.buffer.Unpooled;
import org.jspecify.annotations.Nullable;

/**
 * Checks the chunked coding (RFC 9112 section 7.1) byte by byte, jumping over chunk data, and finds
 * its end.
 *
 * <p>Strict: sizes of 1 to 15 hexadecimal digits, extensions of tokens or quoted strings, CRLF
 * only, trailers as field lines that do not concern framing or routing.
 */
final class ChunkScanner {
  private enum State {
    SIZE,
    EXTENSION,
    SIZE_LF,
    DATA,
    DATA_CR,
    DATA_LF,
    TRAILER,
    COMPLETE
  }

  private static final int MAX_SIZE_DIGITS = 15;

  private final HttpLimits limits;
  private final boolean extensionsRefused;
  private final Trailers trailer = new Trailers(); // one line at a time
  private @Nullable Trailers collected;
  private boolean collect;
  private State state = State.SIZE;
  private long size;
  private int sizeDigits;
  private int lineBytes;
  private final ExtensionGrammar extension = new ExtensionGrammar();
  private int trailerBytes;
  private @Nullable Refusal refusal;

  ChunkScanner(HttpLimits limits, RequestRules.ChunkExtensions extensions) {
    this.limits = limits;
    this.extensionsRefused = extensions == RequestRules.ChunkExtensions.REJECT;
  }

  void reset() {
    state = State.SIZE;
    size = 0;
    sizeDigits = 0;
    lineBytes = 0;
    trailerBytes = 0;
    trailer.clear();
    collect = false;
    if (collected != null) {
      collected.clear();
    }
    refusal = null;
  }

  /** From now on trailers are wanted apart from the bytes. */
  void collectTrailers() {
    collect = true;
  }

  /** The trailers so far; null if there are none or nobody asked for them. */
  @Nullable Trailers trailers() {
    return collected == null || collected.fieldCount() == 0 ? null : collected;
  }

  boolean isComplete() {
    return state == State.COMPLETE;
  }

  @Nullable Refusal refusal() {
    return refusal;
  }

  /** The data of the chunks in {@code in}, without framing; {@code in} is read up to their end. */
  ByteBuf unwrap(ByteBuf in) {
    CompositeByteBuf data = Unpooled.compositeBuffer(Integer.MAX_VALUE);
    int count = scan(in, in.readerIndex(), in.writerIndex(), data);
    in.skipBytes(count);
    return data;
  }

  /**
   * Goes through {@code [from, to)} and returns how many bytes belong to the body. On a refusal,
   * what came before the offending byte.
   */
  int scan(ByteBuf in, int from, int to, @Nullable CompositeByteBuf data) {
    int at = from;
    while (at < to && state != State.COMPLETE && refusal == null) {
      if (state == State.DATA) {
        int count = (int) Math.min(size, to - at);
        if (data != null) {
          data.addComponent(true, in.retainedSlice(at, count));
        }
        at += count;
        size -= count;
        if (size == 0) {
          state = State.DATA_CR;
        }
      } else {
        step(in.getByte(at));
        if (refusal == null) {
          at++;
        }
      }
    }
    return at - from;
  }

  private void step(byte b) {
    switch (state) {
      case SIZE -> size(b);
      case EXTENSION -> extension(b);
      case SIZE_LF -> {
        expect(b, '\n', State.DATA);
        if (size == 0) {
          state = State.TRAILER;
        }
        sizeDigits = 0;
        lineBytes = 0;
      }
      case DATA_CR -> expect(b, '\r', State.DATA_LF);
      case DATA_LF -> expect(b, '\n', State.SIZE);
      case TRAILER -> trailer(b);
      case DATA, COMPLETE -> throw new IllegalStateException(state.name());
    }
  }

  private void expect(byte b, char expected, State next) {
    if (b == expected) {
      state = next;
    } else {
      refusal = Refusal.BAD_CHUNK;
    }
  }

  private void size(byte b) {
    int digit = Octets.hex(b);
    if (digit >= 0) {
      sizeDigits++;
      lineBytes++;
      size = size << 4 | digit;
      if (sizeDigits > MAX_SIZE_DIGITS) {
        refusal = Refusal.BAD_CHUNK;
      }
    } else if (sizeDigits == 0) {
      refusal = Refusal.BAD_CHUNK;
    } else if (b == '\r') {
      state = State.SIZE_LF;
    } else if (extensionsRefused) {
      refusal = Refusal.CHUNK_EXTENSION;
    } else {
      extension.reset();
      state = State.EXTENSION;
      extension(b);
    }
  }

  private void extension(byte b) {
    lineBytes++;
    if (b == '\r' && extension.mayEnd()) {
      state = State.SIZE_LF;
    } else if (!extension.accept(b) || lineBytes > limits.maxChunkLineBytes()) {
      refusal = Refusal.BAD_CHUNK;
    }
  }

  private void trailer(byte b) {
    trailerBytes++;
    if (trailerBytes > limits.maxTrailerBytes()) {
      refusal = Refusal.TRAILERS_TOO_LARGE;
      return;
    }
    int offset = trailer.reserve(1);
    trailer.bytes()[offset] = b;
    // What came before is with the next hop already, which may take a lone CR for a line's end:
    // the byte after it must not follow.
    boolean afterCr = offset > 0 && trailer.bytes()[offset - 1] == '\r';
    if (afterCr != (b == '\n') || (b != '\n' && b != '\r' && !Octets.is(b, Octets.FIELD_VALUE))) {
      refusal = Refusal.BAD_TRAILER;
    } else if (b != '\n') {
      return;
    } else if (offset == 1) {
      state = State.COMPLETE;
    } else {
      Refusal wrong = FieldLine.decode(trailer, 0, offset - 1);
      if (wrong != null || trailer.isForbidden()) {
        refusal = Refusal.BAD_TRAILER;
      } else if (collect) {
        if (collected == null) {
          collected = new Trailers();
        }
        collected.addAll(trailer);
      }
      trailer.clear();
    }
  }
}
