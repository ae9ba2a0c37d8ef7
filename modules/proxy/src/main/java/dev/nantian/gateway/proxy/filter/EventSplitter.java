package dev.nantian.gateway.proxy.filter;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import io.netty.buffer.CompositeByteBuf;
import org.jspecify.annotations.Nullable;

/**
 * Cuts a body of server-sent events (text/event-stream, HTML Living Standard section 9.2.6) into
 * its events: up to and including the empty line that ends each. Lines end with LF, CR LF or CR.
 *
 * <p>Nothing is copied where an event lies within one part. For one thread.
 */
public final class EventSplitter {
  private final ByteBufAllocator allocator;
  private final int maxBytes;
  private @Nullable ByteBuf in;
  private int scanned; // bytes of `in` from its reader index that hold no end of an event
  private boolean lineEmpty = true;
  private boolean afterCr;

  /**
   * @param maxBytes of one event
   */
  public EventSplitter(ByteBufAllocator allocator, int maxBytes) {
    this.allocator = allocator;
    this.maxBytes = maxBytes;
  }

  /** Takes a part of the body over. */
  public void add(ByteBuf part) {
    ByteBuf before = in;
    if (before == null || !before.isReadable()) {
      release();
      in = part;
      scanned = 0;
    } else if (before instanceof CompositeByteBuf composite) {
      composite.discardReadComponents().addFlattenedComponents(true, part);
    } else {
      in =
          allocator
              .compositeBuffer(64)
              .addFlattenedComponents(true, before)
              .addFlattenedComponents(true, part);
    }
  }

  /**
   * The next whole event; the caller releases it. Null if there is none yet.
   *
   * @throws IllegalStateException if an event is too long
   */
  public @Nullable ByteBuf next() {
    ByteBuf from = in;
    if (from == null) {
      return null;
    }
    int start = from.readerIndex();
    int end = from.writerIndex();
    for (int at = start + scanned; at < end; at++) {
      byte b = from.getByte(at);
      if (b == '\n' && afterCr) {
        afterCr = false; // the second byte of one line end
        continue;
      }
      afterCr = b == '\r';
      if (b != '\n' && b != '\r') {
        lineEmpty = false;
      } else if (!lineEmpty) {
        lineEmpty = true;
      } else if (at > start) {
        return cut(from, at);
      }
      // An empty line at the begin ends nothing: it stays with the event that follows.
    }
    scanned = end - start;
    if (scanned > maxBytes) {
      throw new IllegalStateException(
          "event longer than " + maxBytes + " bytes in an event stream");
    }
    return null;
  }

  private ByteBuf cut(ByteBuf from, int lastByte) {
    int end = lastByte + 1;
    if (afterCr && end < from.writerIndex() && from.getByte(end) == '\n') {
      end++;
      afterCr = false;
    }
    scanned = 0;
    int length = end - from.readerIndex();
    if (end == from.writerIndex()) {
      in = null;
      return from;
    }
    return from.readRetainedSlice(length);
  }

  /** What is left at the end of the body; the caller releases it. Null if nothing is. */
  public @Nullable ByteBuf rest() {
    ByteBuf left = in;
    in = null;
    scanned = 0;
    if (left != null && !left.isReadable()) {
      left.release();
      return null;
    }
    return left;
  }

  /** Releases what is held. */
  public void release() {
    if (in != null) {
      in.release();
      in = null;
    }
  }
}
