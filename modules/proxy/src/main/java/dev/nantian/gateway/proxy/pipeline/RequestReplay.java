package dev.nantian.gateway.proxy.pipeline;

import dev.nantian.gateway.proxy.upstream.UpstreamStream;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.PooledByteBufAllocator;
import io.netty.buffer.Unpooled;
import org.jspecify.annotations.Nullable;

/**
 * A copy of what was sent of a request's body, for another try; given up when it grows beyond
 * {@link #MAX_BYTES}.
 *
 * <p>A copy, because a part that is kept holds its whole receive buffer. Touched by its event loop
 * only.
 */
final class RequestReplay {
  /** A body of up to 64 KiB can be sent again. */
  static final int MAX_BYTES = 64 << 10;

  private @Nullable ByteBuf copy;
  private boolean tooLarge;

  /** A part was sent. */
  void add(ByteBuf part) {
    int count = part.readableBytes();
    if (tooLarge || count == 0) {
      return;
    }
    if (copy == null) {
      copy = PooledByteBufAllocator.DEFAULT.buffer(Math.min(count, MAX_BYTES));
    }
    if (copy.readableBytes() + count > MAX_BYTES) {
      clear();
      tooLarge = true;
    } else {
      copy.writeBytes(part, part.readerIndex(), count);
    }
  }

  /** True if everything that was sent is here. */
  boolean isWhole() {
    return !tooLarge;
  }

  /** Sends it again. */
  void writeTo(UpstreamStream to, boolean last) {
    if (copy != null) {
      to.write(copy.retainedDuplicate(), last);
    } else if (last) {
      to.write(Unpooled.EMPTY_BUFFER, true);
    }
  }

  /** Forgets everything. */
  void clear() {
    tooLarge = false;
    if (copy != null) {
      copy.release();
      copy = null;
    }
  }
}
