package dev.nantian.gateway.proxy.listener;

import dev.nantian.gateway.proxy.http.BodyReader;
import dev.nantian.gateway.proxy.http.ChunkWriter;
import dev.nantian.gateway.proxy.http.FieldNames;
import dev.nantian.gateway.proxy.http.HeadWriter;
import dev.nantian.gateway.proxy.http.RequestHead;
import dev.nantian.gateway.proxy.http.ResponseHead;
import dev.nantian.gateway.proxy.http.Trailers;
import dev.nantian.gateway.proxy.pipeline.Exchange;
import io.netty.buffer.ByteBuf;
import io.netty.channel.Channel;
import io.netty.handler.codec.http.HttpResponseStatus;
import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;

/**
 * Writes responses to an HTTP/1 client and chooses how their end is marked (RFC 9112 section 6).
 *
 * <p>One for each connection, touched by its event loop only.
 */
final class ResponseWriter {
  private static final byte[] CLOSE = ascii("close");
  private static final byte[] KEEP_ALIVE = ascii("keep-alive");
  private static final byte[] CHUNKED = ascii("chunked");
  private static final byte[] RETRY_AFTER_SECONDS = ascii("1");
  private static final byte[] ZERO = {'0'};
  private static final byte[] TEXT = ascii("text/plain");

  /** A body part smaller than this share of its buffer's memory is copied if it must wait. */
  private static final int SMALL_SHARE = 4;

  private boolean http10;
  private boolean clientWantsClose;
  private boolean wrapInChunks;
  private boolean wantsTrailers;
  private boolean headAsReceived;

  /** A request of this connection begins. */
  void begin(RequestHead request) {
    http10 = request.minorVersion() == 0;
    clientWantsClose = request.wantsClose();
    wrapInChunks = false;
    wantsTrailers = request.acceptsTrailers();
  }

  boolean clientWantsClose() {
    return clientWantsClose;
  }

  /** RFC 9110 section 15.2: HTTP/1.0 knows no 1xx. */
  void interim(Channel channel, ResponseHead head) {
    if (http10) {
      return;
    }
    removeFraming(head);
    ByteBuf out = channel.alloc().directBuffer(HeadWriter.capacity(head, 0));
    HeadWriter.response(head, out);
    HeadWriter.end(out);
    write(channel, out);
    channel.flush();
  }

  /**
   * Writes the head of an upstream's response, unless it can go as received with the body's first
   * part ({@link #sendsHeadAsReceived}).
   *
   * @param close end the connection after it in any case
   * @return whether the connection ends after it
   */
  boolean head(Channel channel, Exchange exchange, boolean close) {
    ResponseHead head = exchange.response();
    BodyReader.Kind kind = exchange.responseBody().kind();
    exchange.responding();
    boolean endMarkedByClose = http10 && kind.needsCloseInHttp10();
    boolean ends = close || clientWantsClose || endMarkedByClose;
    headAsReceived =
        !ends
            && !http10
            && kind != BodyReader.Kind.UNTIL_CLOSE
            && head.status() != 204
            && head.minorVersion() == 1
            && !head.isEdited()
            && exchange.responseBody().holdsWholeHead();
    if (headAsReceived) {
      return false;
    }
    if (head.status() == 204) {
      removeFraming(head);
    } else if (http10 && head.isChunked()) {
      head.remove(FieldNames.TRANSFER_ENCODING);
    }
    if (http10 && kind == BodyReader.Kind.CHUNKED) {
      exchange.responseBody().unwrap();
    }
    wrapInChunks = !http10 && kind == BodyReader.Kind.UNTIL_CLOSE;
    ByteBuf out = channel.alloc().directBuffer(HeadWriter.capacity(head, 64));
    HeadWriter.response(head, out);
    if (kind == BodyReader.Kind.NONE && lacksLength(exchange)) {
      HeadWriter.field(FieldNames.CONTENT_LENGTH, ZERO, out);
    }
    if (wrapInChunks && !head.contains(FieldNames.TRANSFER_ENCODING)) {
      HeadWriter.field(FieldNames.TRANSFER_ENCODING, CHUNKED, out);
    }
    if (ends) {
      HeadWriter.field(FieldNames.CONNECTION, CLOSE, out);
    } else if (http10) {
      HeadWriter.field(FieldNames.CONNECTION, KEEP_ALIVE, out);
    }
    HeadWriter.end(out);
    write(channel, out);
    return ends;
  }

  /** Writes the head of a 101 response; another protocol follows. */
  void switchProtocols(Channel channel, ResponseHead head) {
    removeFraming(head);
    ByteBuf out = channel.alloc().directBuffer(HeadWriter.capacity(head, 64));
    HeadWriter.response(head, out);
    HeadWriter.field(FieldNames.CONNECTION, FieldNames.UPGRADE.bytes(), out);
    String protocol = head.text(head.upgradeOffset(), head.upgradeLength());
    HeadWriter.field(FieldNames.UPGRADE, ascii(protocol), out);
    HeadWriter.end(out);
    write(channel, out);
  }

  /** HTTP/2 ends a response with its head and needs no length for that; HTTP/1 does. */
  private static boolean lacksLength(Exchange exchange) {
    ResponseHead head = exchange.response();
    return head.contentLength() < 0
        && !exchange.isHead()
        && head.status() != 204
        && head.status() != 304
        && !head.contains(FieldNames.CONTENT_LENGTH);
  }

  /** RFC 9110 section 8.6 and RFC 9112 section 6.1: none in 1xx and 204, a next hop may wait. */
  private static void removeFraming(ResponseHead head) {
    head.remove(FieldNames.TRANSFER_ENCODING);
    head.remove(FieldNames.CONTENT_LENGTH);
  }

  /** True if the upstream must send its head on itself, in front of the body. */
  boolean sendsHeadAsReceived() {
    return headAsReceived;
  }

  /**
   * Writes a part of the body; takes over the buffer.
   *
   * @param trailers of the response; they go out if this frames the body itself and the client said
   *     {@code TE: trailers}
   */
  void body(Channel channel, ByteBuf part, boolean last, @Nullable Trailers trailers) {
    if (wrapInChunks) {
      ChunkWriter.write(channel, right(channel, part), last, wantsTrailers ? trailers : null);
    } else if (part.isReadable()) {
      write(channel, right(channel, part));
    } else {
      part.release();
    }
  }

  /**
   * A few bytes read into a 32 KiB buffer would keep all of it while a slow client makes them wait
   * (hundreds of times their size for a stream of small events): those get a buffer of their size.
   */
  private static ByteBuf right(Channel channel, ByteBuf part) {
    int length = part.readableBytes();
    boolean waits =
        channel.bytesBeforeUnwritable()
            < channel.config().getWriteBufferWaterMark().high() / SMALL_SHARE;
    // The capacity of a slice is its length; what it keeps alive is the buffer behind it.
    ByteBuf whole = part.unwrap() == null ? part : part.unwrap();
    if (!waits || length * SMALL_SHARE > whole.capacity()) {
      return part;
    }
    ByteBuf copy = channel.alloc().directBuffer(length).writeBytes(part);
    part.release();
    return copy;
  }

  /** Writes an answer of our own: a line of text, or a redirect without body. */
  void ownAnswer(
      Channel channel,
      int status,
      String text,
      byte @Nullable [] location,
      boolean toHead,
      boolean close) {
    byte[] body = text.isEmpty() ? new byte[0] : ascii(status + " " + text + "\n");
    String reason = HttpResponseStatus.valueOf(status).reasonPhrase();
    ByteBuf out =
        channel.alloc().directBuffer(224 + body.length + (location == null ? 0 : location.length));
    out.writeCharSequence("HTTP/1.1 " + status + " " + reason + "\r\n", StandardCharsets.US_ASCII);
    if (location != null) {
      HeadWriter.field(FieldNames.LOCATION, location, out);
    }
    if (status == 503) {
      HeadWriter.field(FieldNames.RETRY_AFTER, RETRY_AFTER_SECONDS, out);
    }
    if (body.length > 0) {
      HeadWriter.field(FieldNames.CONTENT_TYPE, TEXT, out);
    }
    HeadWriter.field(FieldNames.CONTENT_LENGTH, ascii(Integer.toString(body.length)), out);
    if (close) {
      HeadWriter.field(FieldNames.CONNECTION, CLOSE, out);
    } else if (http10) {
      HeadWriter.field(FieldNames.CONNECTION, KEEP_ALIVE, out);
    }
    HeadWriter.end(out);
    if (!toHead) {
      out.writeBytes(body);
    }
    write(channel, out);
  }

  /** A failed write closes the connection by itself: no promise is made for each. */
  private static void write(Channel channel, ByteBuf bytes) {
    var unused = channel.write(bytes, channel.voidPromise());
  }

  private static byte[] ascii(String text) {
    return text.getBytes(StandardCharsets.US_ASCII);
  }
}
