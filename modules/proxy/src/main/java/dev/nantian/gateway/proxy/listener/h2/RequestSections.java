package dev.nantian.gateway.proxy.listener.h2;

import dev.nantian.gateway.proxy.http.Http2HeadReader;
import dev.nantian.gateway.proxy.http.Trailers;
import dev.nantian.gateway.proxy.listener.ConnectionSettings;
import io.netty.buffer.ByteBuf;
import io.netty.handler.codec.http2.DefaultHttp2Headers;
import io.netty.handler.codec.http2.DefaultHttp2HeadersDecoder;
import io.netty.handler.codec.http2.Http2Connection;
import io.netty.handler.codec.http2.Http2Exception;
import io.netty.handler.codec.http2.Http2Headers;
import io.netty.util.AsciiString;
import java.util.Objects;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Decodes field sections right into the heads of exchanges: Netty's HPACK decoder believes that it
 * fills its own headers. Saves an entry, a hash and a copy for each field.
 *
 * <p>One for each connection, touched by its event loop only.
 */
final class RequestSections extends DefaultHttp2HeadersDecoder {
  private final Http2Connection connection;
  private final Supplier<ClientStream> newStream;
  private final Http2HeadReader reader;
  private final Sink sink = new Sink();
  private final Trailers trailers = new Trailers();
  private @Nullable ClientStream next;

  /**
   * @param newStream makes streams whose exchange waits for its head
   */
  RequestSections(
      Http2Connection connection, ConnectionSettings settings, Supplier<ClientStream> newStream) {
    super(false, settings.limits().maxHeadBytes());
    this.connection = connection;
    this.newStream = newStream;
    this.reader = new Http2HeadReader(settings.limits(), settings.rules());
  }

  @Override
  public Http2Headers decodeHeaders(int streamId, ByteBuf block) throws Http2Exception {
    if (connection.stream(streamId) != null) {
      reader.begin(trailers);
    } else {
      if (next == null) {
        next = newStream.get();
      }
      reader.begin(next.request());
    }
    return super.decodeHeaders(streamId, block);
  }

  @Override
  protected Http2Headers newHeaders() {
    return sink;
  }

  /** Rules for the section that was decoded last. */
  Http2HeadReader reader() {
    return reader;
  }

  /** The stream that the last section begins. */
  ClientStream takeStream() {
    ClientStream begun = Objects.requireNonNull(next);
    next = null;
    return begun;
  }

  /** The trailers that were decoded last; valid until the next section. */
  Trailers trailers() {
    return trailers;
  }

  private final class Sink extends DefaultHttp2Headers {
    Sink() {
      super(false, 2);
    }

    @Override
    public Http2Headers add(CharSequence name, CharSequence value) {
      AsciiString nameBytes = AsciiString.of(name);
      AsciiString valueBytes = AsciiString.of(value);
      reader.field(
          nameBytes.array(),
          nameBytes.arrayOffset(),
          nameBytes.length(),
          valueBytes.array(),
          valueBytes.arrayOffset(),
          valueBytes.length());
      return this;
    }
  }
}
