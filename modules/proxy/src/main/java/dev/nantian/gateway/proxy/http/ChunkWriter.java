package dev.nantian.gateway.proxy.http;

import io.netty.buffer.ByteBuf;
import io.netty.channel.Channel;
import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;

/** Writes plain data in the chunked coding (RFC 9112 section 7.1). */
public final class ChunkWriter {
  private static final int CRLF = '\r' << 8 | '\n';
  private static final byte[] LAST_CHUNK = "0\r\n\r\n".getBytes(StandardCharsets.US_ASCII);

  private ChunkWriter() {}

  /**
   * Writes a part of a body to a channel.
   *
   * @param part taken over; an empty one makes no chunk
   * @param last ends the body
   * @param trailers what follows the last part; null for nothing
   */
  public static void write(
      Channel channel, ByteBuf part, boolean last, @Nullable Trailers trailers) {
    int length = part.readableBytes();
    if (length == 0) {
      part.release();
    } else {
      ByteBuf size = channel.alloc().directBuffer(16);
      size.writeCharSequence(Integer.toHexString(length) + "\r\n", StandardCharsets.US_ASCII);
      queue(channel, size);
      queue(channel, part);
      if (!last) {
        queue(channel, channel.alloc().directBuffer(2).writeShort(CRLF));
      }
    }
    if (last) {
      queue(channel, end(channel, length > 0, trailers));
    }
  }

  private static ByteBuf end(Channel channel, boolean afterData, @Nullable Trailers trailers) {
    int room = trailers == null ? 0 : HeadWriter.capacity(trailers, 0);
    ByteBuf out = channel.alloc().directBuffer(2 + LAST_CHUNK.length + room);
    if (afterData) {
      out.writeShort(CRLF);
    }
    if (trailers == null) {
      out.writeBytes(LAST_CHUNK);
    } else {
      out.writeByte('0').writeShort(CRLF);
      HeadWriter.fields(trailers, out);
      HeadWriter.end(out);
    }
    return out;
  }

  private static void queue(Channel channel, ByteBuf bytes) {
    var unused = channel.write(bytes, channel.voidPromise());
  }
}
