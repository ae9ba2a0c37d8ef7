package dev.nantian.gateway.filters.compression;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import io.netty.buffer.Unpooled;
import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import org.jspecify.annotations.Nullable;

/**
 * Encodes one body, part by part.
 *
 * <p>For one thread. {@link #close} frees what native code holds.
 */
final class BodyEncoder {
  private final ByteBufAllocator allocator;
  private final OutputStream encoder;
  private @Nullable ByteBuf out;
  private boolean closed;

  BodyEncoder(Algorithm algorithm, ByteBufAllocator allocator) {
    this.allocator = allocator;
    try {
      this.encoder = algorithm.encoder(new Sink());
    } catch (IOException e) {
      throw new UncheckedIOException(e); // from memory to memory
    }
  }

  /** Encodes a part, which is released; gives what came out so far, maybe nothing. */
  ByteBuf encode(ByteBuf part) {
    try {
      part.readBytes(encoder, part.readableBytes());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    } finally {
      part.release();
    }
    return take();
  }

  /** Gives all that is needed to decode what was encoded so far. */
  ByteBuf flush() {
    try {
      encoder.flush();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return take();
  }

  /** Gives the end of the body. */
  ByteBuf finish() {
    closeEncoder();
    return take();
  }

  /** Gives up what is left. */
  void close() {
    closeEncoder();
    take().release();
  }

  private void closeEncoder() {
    if (!closed) {
      closed = true;
      try {
        encoder.close();
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
    }
  }

  private ByteBuf take() {
    ByteBuf taken = out;
    out = null;
    return taken == null ? Unpooled.EMPTY_BUFFER : taken;
  }

  private final class Sink extends OutputStream {
    @Override
    public void write(int b) {
      room(1).writeByte(b);
    }

    @Override
    public void write(byte[] bytes, int offset, int length) {
      if (length > 0) {
        room(length).writeBytes(bytes, offset, length);
      }
    }

    private ByteBuf room(int count) {
      ByteBuf to = out;
      if (to == null) {
        to = allocator.buffer(Math.max(count, 512));
        out = to;
      }
      return to;
    }
  }
}
