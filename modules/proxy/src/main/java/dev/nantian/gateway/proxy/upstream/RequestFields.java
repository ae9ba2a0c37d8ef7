package dev.nantian.gateway.proxy.upstream;

import dev.nantian.gateway.proxy.http.FieldNames;
import dev.nantian.gateway.proxy.http.Head;
import dev.nantian.gateway.proxy.http.RequestHead;
import dev.nantian.gateway.proxy.http.WebSocketHandshake;
import io.netty.handler.codec.http2.DefaultHttp2Headers;
import io.netty.handler.codec.http2.Http2Headers;
import io.netty.handler.codec.http2.ReadOnlyHttp2Headers;
import io.netty.util.AsciiString;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Requests' fields as Netty's HPACK encoder wants them.
 *
 * <p>The encoder keeps names and values in its table, so they need bytes that stay: values are
 * copied, names come from a small cache, since nearly all requests have the same ones.
 *
 * <p>One for each connection, touched by its event loop only.
 */
final class RequestFields {
  private static final AsciiString GET = AsciiString.cached("GET");
  private static final AsciiString POST = AsciiString.cached("POST");
  private static final AsciiString CONNECT = AsciiString.cached("CONNECT");
  private static final AsciiString PROTOCOL = AsciiString.cached(":protocol");
  private static final AsciiString WEBSOCKET = AsciiString.cached(WebSocketHandshake.PROTOCOL);
  private static final AsciiString TE = AsciiString.cached("te");
  private static final AsciiString TRAILERS = AsciiString.cached("trailers");
  private static final int CACHE_SLOTS = 256;

  private final AsciiString scheme;
  private final @Nullable AsciiString[] names = new @Nullable AsciiString[CACHE_SLOTS];
  private final List<AsciiString> fields = new ArrayList<>();

  /**
   * @param tls which scheme requests have
   */
  RequestFields(boolean tls) {
    scheme = AsciiString.cached(tls ? "https" : "http");
  }

  /** An upgrade to WebSocket comes out as extended CONNECT (RFC 8441 section 4). */
  Http2Headers of(RequestHead head) {
    AsciiString authority = AsciiString.EMPTY_STRING;
    boolean connects = head.upgradeLength() > 0;
    fields.clear();
    if (connects) {
      fields.add(PROTOCOL); // first, for pseudo-header fields are
      fields.add(WEBSOCKET);
    }
    for (int slot = 0; slot < head.fieldCount(); slot++) {
      if (!head.isPresent(slot)
          || head.is(slot, FieldNames.TRANSFER_ENCODING)
          || (connects && head.is(slot, FieldNames.SEC_WEBSOCKET_KEY))) {
        continue;
      }
      AsciiString value = copy(head, head.valueOffset(slot), head.valueLength(slot));
      if (head.is(slot, FieldNames.HOST)) {
        authority = value;
      } else {
        fields.add(name(head, slot));
        fields.add(value);
      }
    }
    if (head.acceptsTrailers()) {
      fields.add(TE);
      fields.add(TRAILERS);
    }
    return ReadOnlyHttp2Headers.clientHeaders(
        false,
        connects ? CONNECT : method(head),
        path(head),
        scheme,
        authority,
        fields.toArray(AsciiString[]::new));
  }

  /** Trailers may wait behind DATA for the backend's window, so all of it is copied. */
  Http2Headers ofTrailers(Head head) {
    DefaultHttp2Headers trailers = new DefaultHttp2Headers(false, 8);
    for (int slot = 0; slot < head.fieldCount(); slot++) {
      if (head.isPresent(slot)) {
        trailers.add(name(head, slot), copy(head, head.valueOffset(slot), head.valueLength(slot)));
      }
    }
    return trailers;
  }

  private static AsciiString method(RequestHead head) {
    if (head.methodIs(GET.array())) {
      return GET;
    }
    return head.methodIs(POST.array())
        ? POST
        : copy(head, head.methodOffset(), head.methodLength());
  }

  private static AsciiString path(RequestHead head) {
    int query = head.queryLength();
    byte[] bytes = new byte[head.pathLength() + (query < 0 ? 0 : 1 + query)];
    System.arraycopy(head.bytes(), head.pathOffset(), bytes, 0, head.pathLength());
    if (query >= 0) {
      bytes[head.pathLength()] = '?';
      System.arraycopy(head.bytes(), head.queryOffset(), bytes, head.pathLength() + 1, query);
    }
    return new AsciiString(bytes, false);
  }

  private AsciiString name(Head head, int slot) {
    int entry = head.nameHash(slot) & (CACHE_SLOTS - 1);
    AsciiString cached = names[entry];
    if (cached == null || !isName(cached, head, slot)) {
      cached = copy(head, head.nameOffset(slot), head.nameLength(slot)).toLowerCase();
      names[entry] = cached;
    }
    return cached;
  }

  private static boolean isName(AsciiString name, Head head, int slot) {
    int length = head.nameLength(slot);
    if (name.length() != length) {
      return false;
    }
    byte[] bytes = head.bytes();
    int offset = head.nameOffset(slot);
    for (int i = 0; i < length; i++) {
      byte b = bytes[offset + i];
      if (name.byteAt(i) != (b >= 'A' && b <= 'Z' ? b + ('a' - 'A') : b)) {
        return false;
      }
    }
    return true;
  }

  private static AsciiString copy(Head head, int offset, int length) {
    return new AsciiString(head.bytes(), offset, length, true);
  }
}
