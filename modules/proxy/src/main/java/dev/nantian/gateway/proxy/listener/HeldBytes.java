package dev.nantian.gateway.proxy.listener;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import org.jspecify.annotations.Nullable;

/**
 * Received bytes whose time has not come.
 *
 * <p>Touched by its event loop only.
 */
final class HeldBytes {
  private @Nullable ByteBuf bytes;

  /** Puts bytes behind those that are held; takes over the buffer. */
  void add(ByteBuf in) {
    ByteBuf before = bytes;
    bytes = before == null ? in : Unpooled.wrappedBuffer(before, in);
  }

  /** The bytes to read from, null if there are none; stays the owner. */
  @Nullable ByteBuf peek() {
    if (bytes != null && !bytes.isReadable()) {
      release();
    }
    return bytes;
  }

  /** Gives all bytes away; an empty buffer if there are none. */
  ByteBuf take() {
    ByteBuf taken = peek();
    bytes = null;
    return taken == null ? Unpooled.EMPTY_BUFFER : taken;
  }

  boolean isEmpty() {
    return peek() == null;
  }

  void release() {
    if (bytes != null) {
      bytes.release();
      bytes = null;
    }
  }
}
