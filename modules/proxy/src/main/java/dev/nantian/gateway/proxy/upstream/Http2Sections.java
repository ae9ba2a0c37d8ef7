package dev.nantian.gateway.proxy.upstream;

import dev.nantian.gateway.proxy.http.Http2ResponseReader;
import dev.nantian.gateway.proxy.http.HttpLimits;
import io.netty.buffer.ByteBuf;
import io.netty.handler.codec.http2.DefaultHttp2Headers;
import io.netty.handler.codec.http2.DefaultHttp2HeadersDecoder;
import io.netty.handler.codec.http2.Http2Exception;
import io.netty.handler.codec.http2.Http2Headers;
import io.netty.util.AsciiString;
import java.util.function.IntFunction;
import org.jspecify.annotations.Nullable;

/**
 * Decodes field sections of a backend right into the heads of exchanges: Netty's HPACK decoder
 * believes that it fills its own headers. Saves an entry, a hash and a copy for each field.
 *
 * <p>One for each connection, touched by its event loop only.
 */
final class Http2Sections extends DefaultHttp2HeadersDecoder {
  private final IntFunction<@Nullable Http2UpstreamStream> streams;
  private final Http2ResponseReader reader;
  private final Sink sink = new Sink();

  /**
   * @param streams finds the stream of an id; null for one that is over
   */
  Http2Sections(IntFunction<@Nullable Http2UpstreamStream> streams, HttpLimits limits) {
    super(false, limits.maxHeadBytes());
    this.streams = streams;
    this.reader = new Http2ResponseReader(limits);
  }

  @Override
  public Http2Headers decodeHeaders(int streamId, ByteBuf block) throws Http2Exception {
    Http2UpstreamStream stream = streams.apply(streamId);
    if (stream == null) {
      reader.ignore();
    } else {
      stream.beginSection(reader);
    }
    return super.decodeHeaders(streamId, block);
  }

  @Override
  protected Http2Headers newHeaders() {
    return sink;
  }

  /** Has the section that was decoded last. */
  Http2ResponseReader reader() {
    return reader;
  }

  private final class Sink extends DefaultHttp2Headers {
    private Sink() {
      super(false, 2);
    }

    @Override
    public Http2Headers add(CharSequence name, CharSequence value) {
      AsciiString n = AsciiString.of(name);
      AsciiString v = AsciiString.of(value);
      reader.field(n.array(), n.arrayOffset(), n.length(), v.array(), v.arrayOffset(), v.length());
      return this;
    }

    /** The decoder asks whether the response is an interim one. */
    @Override
    public CharSequence status() {
      return reader.status() >= 100 && reader.status() < 200 ? "100" : "200";
    }
  }
}
