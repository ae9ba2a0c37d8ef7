package dev.nantian.gateway.proxy.http;

import io.netty.buffer.ByteBuf;
import org.jspecify.annotations.Nullable;

/**
 * Takes a start line and field lines from a connection's bytes into a {@link Head} (RFC 9112
 * sections 2 to 5), line by line, so that the result does not depend on how the bytes were cut into
 * reads.
 *
 * <p>Fields that concern one connection only (RFC 9110 section 7.6.1) are removed from the head
 * once it is complete and leave their meaning in {@link Head#wantsClose()} and {@link
 * Head#wantsKeepAlive()}.
 *
 * <p>One for each connection, touched by its event loop only.
 */
abstract class HeadDecoder<H extends Head> {
  /**
   * Bytes copied from the buffer at once: most heads fit, and little of a body that follows is
   * copied for nothing.
   */
  private static final int BLOCK = 1024;

  private final HttpLimits limits;
  private int scanned;
  private int lineStart;
  private boolean startLineSeen;
  private boolean emptyLineSeen;
  private @Nullable Refusal refusal;

  HeadDecoder(HttpLimits limits) {
    this.limits = limits;
  }

  /** Prepares for the next head. */
  public void reset() {
    scanned = 0;
    lineStart = 0;
    startLineSeen = false;
    emptyLineSeen = false;
    refusal = null;
  }

  /** The reason after {@link Progress#REFUSED}. */
  public final Refusal refusal() {
    return refusal == null ? Refusal.NOT_HTTP : refusal;
  }

  /** True if a part of a head was taken in since {@link #reset()}. */
  public final boolean isStarted() {
    return scanned > 0;
  }

  final int maxRequestLineBytes() {
    return limits.maxRequestLineBytes();
  }

  /**
   * Takes bytes of {@code in} into {@code head}, which must be the same and cleared at the first
   * call after {@link #reset()}. On {@link Progress#COMPLETE} {@code in} stands at the first byte
   * after the head.
   */
  public final Progress decode(ByteBuf in, H head) {
    while (true) {
      byte[] bytes = head.bytes();
      int end = head.length();
      int at = scanned;
      while (at < end && bytes[at] != '\n') {
        at++;
      }
      scanned = at;
      if (at == end) {
        Refusal tooLong = checkSize(end);
        if (tooLong != null) {
          return refuse(tooLong);
        }
        int count = Math.min(in.readableBytes(), BLOCK);
        if (count == 0) {
          return Progress.INCOMPLETE;
        }
        int offset = head.reserve(count);
        in.readBytes(head.bytes(), offset, count);
        continue;
      }
      scanned = at + 1;
      Refusal wrong = checkSize(at);
      if (wrong == null && (at == lineStart || bytes[at - 1] != '\r')) {
        wrong = Refusal.BARE_LF;
      }
      if (wrong != null) {
        return refuse(wrong);
      }
      int lineEnd = at - 1;
      if (lineEnd > lineStart) {
        wrong = line(head, lineStart, lineEnd);
      } else if (startLineSeen) {
        int surplus = end - (at + 1);
        in.readerIndex(in.readerIndex() - surplus);
        head.truncate(at + 1);
        wrong = finish(head);
        if (wrong == null) {
          return Progress.COMPLETE;
        }
      } else if (emptyLineSeen || !allowsLeadingEmptyLine()) {
        wrong = malformedStartLine();
      } else {
        emptyLineSeen = true;
      }
      if (wrong != null) {
        return refuse(wrong);
      }
      lineStart = at + 1;
    }
  }

  private Progress refuse(Refusal reason) {
    refusal = reason;
    return Progress.REFUSED;
  }

  /**
   * Limits, judged by position in the stream alone. {@code at} is the LF or the end of what came.
   */
  private @Nullable Refusal checkSize(int at) {
    if (!startLineSeen && at - lineStart > maxRequestLineBytes() + 1) {
      return startLineTooLong();
    }
    if (at >= limits.maxHeadBytes()) {
      return Refusal.HEAD_TOO_LARGE;
    }
    return startLineSeen && at - lineStart > limits.maxFieldBytes() + 1
        ? Refusal.FIELD_TOO_LARGE
        : null;
  }

  private @Nullable Refusal line(H head, int start, int end) {
    if (!startLineSeen) {
      startLineSeen = true;
      return startLine(head, start, end);
    }
    if (head.fieldCount() == limits.maxFields()) {
      return Refusal.TOO_MANY_FIELDS;
    }
    return FieldLine.decode(head, start, end);
  }

  /** RFC 9112 section 2.2: a server ignores one empty line before a request line. */
  abstract boolean allowsLeadingEmptyLine();

  abstract Refusal startLineTooLong();

  abstract Refusal malformedStartLine();

  /** Checks and records the first line, {@code [start, end)} without CRLF. */
  abstract @Nullable Refusal startLine(H head, int start, int end);

  /** Checks the complete head as a whole. */
  abstract @Nullable Refusal finish(H head);
}
