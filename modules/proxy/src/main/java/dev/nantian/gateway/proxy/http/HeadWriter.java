package dev.nantian.gateway.proxy.http;

import io.netty.buffer.ByteBuf;
import java.nio.charset.StandardCharsets;

/**
 * Writes heads as HTTP/1.1 (RFC 9112 sections 2 to 5).
 *
 * <p>Field lines that stand as received, one after the other, are copied in one piece.
 */
public final class HeadWriter {
  private static final byte[] HTTP_1_1 = " HTTP/1.1\r\n".getBytes(StandardCharsets.US_ASCII);
  private static final byte[] STATUS_LINE = "HTTP/1.1 ".getBytes(StandardCharsets.US_ASCII);
  private static final int CRLF = '\r' << 8 | '\n';
  private static final int COLON_SP = ':' << 8 | ' ';

  private HeadWriter() {}

  /** Room that a head needs at most, with {@code extra} bytes for added lines. */
  public static int capacity(Head head, int extra) {
    return head.length() + 4 * head.fieldCount() + 32 + extra;
  }

  /**
   * Request line and present fields, without the empty line that ends the head: the caller may add
   * lines, then {@link #end}.
   */
  public static void request(RequestHead head, ByteBuf out) {
    byte[] bytes = head.bytes();
    out.writeBytes(bytes, head.methodOffset(), head.methodLength());
    out.writeByte(' ');
    out.writeBytes(bytes, head.pathOffset(), head.pathLength());
    if (head.queryLength() >= 0) {
      out.writeByte('?');
      out.writeBytes(bytes, head.queryOffset(), head.queryLength());
    }
    out.writeBytes(HTTP_1_1);
    fields(head, out);
  }

  /** Status line and present fields, without the empty line that ends the head. */
  public static void response(ResponseHead head, ByteBuf out) {
    out.writeBytes(STATUS_LINE);
    int status = head.status();
    out.writeByte('0' + status / 100);
    out.writeByte('0' + status / 10 % 10);
    out.writeByte('0' + status % 10);
    out.writeByte(' ');
    out.writeBytes(head.bytes(), head.reasonOffset(), head.reasonLength());
    out.writeShort(CRLF);
    fields(head, out);
  }

  /** Adds a field line. */
  public static void field(HeaderName name, byte[] value, ByteBuf out) {
    out.writeBytes(name.bytes());
    out.writeShort(COLON_SP);
    out.writeBytes(value);
    out.writeShort(CRLF);
  }

  /** The empty line after the last field. */
  public static void end(ByteBuf out) {
    out.writeShort(CRLF);
  }

  /** The present fields. */
  public static void fields(Head head, ByteBuf out) {
    byte[] bytes = head.bytes();
    int runStart = -1;
    int runEnd = -1; // just after the value of the run's last line
    for (int slot = 0; slot < head.fieldCount(); slot++) {
      if (!head.isPresent(slot)) {
        continue;
      }
      int nameOffset = head.nameOffset(slot);
      int nameEnd = nameOffset + head.nameLength(slot);
      int valueOffset = head.valueOffset(slot);
      int valueEnd = valueOffset + head.valueLength(slot);
      boolean asReceived = valueOffset > nameEnd && bytes[nameEnd] == ':';
      if (asReceived && runStart >= 0 && nameOffset == runEnd + 2) {
        runEnd = valueEnd;
        continue;
      }
      if (runStart >= 0) {
        out.writeBytes(bytes, runStart, runEnd - runStart);
        out.writeShort(CRLF);
        runStart = -1;
      }
      if (asReceived) {
        runStart = nameOffset;
        runEnd = valueEnd;
      } else {
        out.writeBytes(bytes, nameOffset, nameEnd - nameOffset);
        out.writeShort(COLON_SP);
        out.writeBytes(bytes, valueOffset, valueEnd - valueOffset);
        out.writeShort(CRLF);
      }
    }
    if (runStart >= 0) {
      out.writeBytes(bytes, runStart, runEnd - runStart);
      out.writeShort(CRLF);
    }
  }
}
