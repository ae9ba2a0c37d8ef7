package dev.nantian.gateway.proxy.http;

import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;

/**
 * Takes the decoded fields of an HTTP/2 field section into a head (RFC 9113 sections 8.1 to 8.3).
 *
 * <p>A request's head comes out as HTTP/1 would have left it: its authority is its one Host field,
 * cookies are one field again, and what concerns the connection only is gone. So everything behind
 * sees no difference, and a request that is sent on as HTTP/1.1 is one that the HTTP/1 codec would
 * have let in.
 *
 * <p>One for each connection, touched by its event loop only.
 */
public final class Http2HeadReader {
  private static final byte[] CONNECT = ascii("CONNECT");
  private static final byte[] METHOD_NAME = ascii(":method");
  private static final byte[] SCHEME_NAME = ascii(":scheme");
  private static final byte[] AUTHORITY_NAME = ascii(":authority");
  private static final byte[] PATH_NAME = ascii(":path");
  private static final byte[] PROTOCOL_NAME = ascii(":protocol");
  private static final byte[] GET = ascii("GET");
  private static final HeaderName COOKIE = HeaderName.of("cookie");
  private static final int MAX_METHOD_BYTES = 32;

  private static final int METHOD = 1;
  private static final int SCHEME = 2;
  private static final int AUTHORITY = 4;
  private static final int PATH = 8;
  private static final int REGULAR = 16;
  private static final int PROTOCOL = 32;

  private final HttpLimits limits;
  private final RequestHeadDecoder rules;
  private @Nullable RequestHead request;
  private @Nullable Head head;
  private int seen;
  private int pathOffset;
  private int pathLength;
  private int protocolOffset;
  private int protocolLength;
  private int cookies;
  private @Nullable Refusal refusal;

  public Http2HeadReader(HttpLimits limits, RequestRules rules) {
    this.limits = limits;
    this.rules = new RequestHeadDecoder(limits, rules);
  }

  /** A request's fields follow. */
  public void begin(RequestHead into) {
    request = into;
    begin((Head) into);
    into.version(HttpVersion.HTTP_2);
  }

  /** A request's trailers follow. */
  public void begin(Trailers into) {
    request = null;
    begin((Head) into);
    seen = REGULAR;
  }

  private void begin(Head into) {
    into.clear();
    head = into;
    seen = 0;
    cookies = 0;
    refusal = null;
  }

  /** Takes a field; after the first that is wrong, all others are passed over. */
  public void field(
      byte[] nameBytes,
      int nameOffset,
      int nameLength,
      byte[] valueBytes,
      int valueOffset,
      int valueLength) {
    Head into = head;
    if (refusal != null || into == null) {
      return;
    }
    refusal = check(nameBytes, nameOffset, nameLength, valueBytes, valueOffset, valueLength);
    if (refusal != null) {
      return;
    }
    if (nameBytes[nameOffset] == ':') {
      refusal = pseudo(nameBytes, nameOffset, nameLength, valueBytes, valueOffset, valueLength);
      return;
    }
    seen |= REGULAR;
    if (nameLength + valueLength > limits.maxFieldBytes()) {
      refusal = Refusal.FIELD_TOO_LARGE;
      return;
    }
    int hash = HeaderName.hash(nameBytes, nameOffset, nameLength);
    if (hash == COOKIE.hash() && COOKIE.matches(nameBytes, nameOffset, nameLength)) {
      cookies++;
    }
    // Crumbs count as the one field that they become (RFC 9113 section 8.2.3).
    if (into.fieldCount() - Math.max(cookies - 1, 0) >= limits.maxFields()) {
      refusal = Refusal.TOO_MANY_FIELDS;
      return;
    }
    int name = copy(into, nameBytes, nameOffset, nameLength);
    int value = copy(into, valueBytes, valueOffset, valueLength);
    into.record(name, nameLength, value, valueLength, hash);
  }

  private static int copy(Head into, byte[] bytes, int offset, int length) {
    int at = into.reserve(length);
    System.arraycopy(bytes, offset, into.bytes(), at, length);
    return at;
  }

  /** Names are tokens in lower case; values have no control bytes and no blanks around them. */
  private static @Nullable Refusal check(
      byte[] nameBytes,
      int nameOffset,
      int nameLength,
      byte[] valueBytes,
      int valueOffset,
      int valueLength) {
    int from = nameLength > 0 && nameBytes[nameOffset] == ':' ? 1 : 0;
    if (nameLength == from) {
      return Refusal.BAD_FIELD_NAME;
    }
    for (int i = nameOffset + from; i < nameOffset + nameLength; i++) {
      int b = nameBytes[i] & 0xff;
      if ((Octets.CLASS[b] & Octets.TOKEN) == 0 || Octets.LOWER[b] != nameBytes[i]) {
        return Refusal.BAD_FIELD_NAME;
      }
    }
    for (int i = valueOffset; i < valueOffset + valueLength; i++) {
      if (!Octets.is(valueBytes[i], Octets.FIELD_VALUE)) {
        return Refusal.BAD_FIELD_VALUE;
      }
    }
    boolean blanksAround =
        valueLength > 0
            && (FieldLine.isBlank(valueBytes[valueOffset])
                || FieldLine.isBlank(valueBytes[valueOffset + valueLength - 1]));
    return blanksAround ? Refusal.BAD_FIELD_VALUE : null;
  }

  private @Nullable Refusal pseudo(
      byte[] nameBytes,
      int nameOffset,
      int nameLength,
      byte[] valueBytes,
      int valueOffset,
      int valueLength) {
    RequestHead into = request;
    int which = pseudoName(nameBytes, nameOffset, nameLength);
    if (into == null || which == 0 || (seen & (which | REGULAR)) != 0) {
      return Refusal.BAD_PSEUDO_FIELD;
    }
    seen |= which;
    if (which == SCHEME) {
      boolean known =
          Octets.equalsIgnoreCase(valueBytes, valueOffset, valueLength, "http")
              || Octets.equalsIgnoreCase(valueBytes, valueOffset, valueLength, "https");
      return known ? null : Refusal.BAD_TARGET;
    }
    int offset = copy(into, valueBytes, valueOffset, valueLength);
    switch (which) {
      case METHOD -> {
        for (int i = valueOffset; i < valueOffset + valueLength; i++) {
          if (!Octets.is(valueBytes[i], Octets.TOKEN)) {
            return Refusal.BAD_METHOD;
          }
        }
        if (valueLength == 0 || valueLength > MAX_METHOD_BYTES) {
          return Refusal.BAD_METHOD;
        }
        into.method(offset, valueLength);
      }
      case PATH -> {
        if (valueLength > limits.maxRequestLineBytes()) {
          return Refusal.URI_TOO_LONG;
        }
        pathOffset = offset;
        pathLength = valueLength;
      }
      case PROTOCOL -> {
        protocolOffset = offset;
        protocolLength = valueLength;
      }
      default -> {
        int name = into.append(FieldNames.HOST.bytes());
        into.record(
            name, FieldNames.HOST.bytes().length, offset, valueLength, FieldNames.HOST.hash());
      }
    }
    return null;
  }

  private static int pseudoName(byte[] bytes, int offset, int length) {
    return switch (length) {
      case 5 -> is(PATH_NAME, bytes, offset) ? PATH : 0;
      case 7 ->
          is(METHOD_NAME, bytes, offset) ? METHOD : is(SCHEME_NAME, bytes, offset) ? SCHEME : 0;
      case 9 -> is(PROTOCOL_NAME, bytes, offset) ? PROTOCOL : 0;
      case 10 -> is(AUTHORITY_NAME, bytes, offset) ? AUTHORITY : 0;
      default -> 0;
    };
  }

  private static boolean is(byte[] name, byte[] bytes, int offset) {
    for (int i = 0; i < name.length; i++) {
      if (bytes[offset + i] != name[i]) {
        return false;
      }
    }
    return true;
  }

  /**
   * All fields were taken.
   *
   * @param endOfStream nothing follows
   * @return why the section is refused; null if it is good
   */
  public @Nullable Refusal finish(boolean endOfStream) {
    RequestHead of = request;
    Head any = head;
    if (refusal != null || any == null) {
      return refusal;
    }
    if (of == null) {
      Trailers trailers = (Trailers) any;
      return !endOfStream || trailers.isForbidden() ? Refusal.BAD_TRAILER : null;
    }
    Refusal wrong = concernsConnection(of);
    if (wrong == null) {
      wrong = target(of);
    }
    if (wrong == null) {
      wrong = host(of);
    }
    if (wrong == null) {
      joinCookies(of);
      wrong = rules.finish(of);
    }
    if (wrong == null && (seen & PROTOCOL) != 0) {
      wrong = upgrade(of);
    }
    if (wrong == null && endOfStream && of.contentLength() > 0) {
      wrong = Refusal.LENGTH_DISAGREES;
    }
    return wrong;
  }

  /** RFC 9113 section 8.2.2: such a field makes the request malformed. */
  private static @Nullable Refusal concernsConnection(RequestHead head) {
    for (int slot = 0; slot < head.fieldCount(); slot++) {
      boolean te = head.is(slot, FieldNames.TE);
      boolean wrong =
          te
              ? !Octets.equalsIgnoreCase(
                  head.bytes(), head.valueOffset(slot), head.valueLength(slot), "trailers")
              : head.is(slot, FieldNames.CONNECTION)
                  || head.is(slot, FieldNames.TRANSFER_ENCODING)
                  || head.is(slot, FieldNames.UPGRADE)
                  || head.is(slot, FieldNames.KEEP_ALIVE)
                  || head.is(slot, FieldNames.PROXY_CONNECTION);
      if (wrong) {
        return Refusal.CONNECTION_FIELD;
      }
    }
    return null;
  }

  private @Nullable Refusal target(RequestHead of) {
    if ((seen & METHOD) == 0) {
      return Refusal.BAD_PSEUDO_FIELD;
    }
    boolean connects = of.methodIs(CONNECT);
    if (connects && (seen & PROTOCOL) == 0) {
      return (seen & (SCHEME | PATH)) == 0 ? Refusal.CONNECT : Refusal.BAD_PSEUDO_FIELD;
    }
    if (!connects && (seen & PROTOCOL) != 0) {
      return Refusal.BAD_PSEUDO_FIELD; // RFC 8441 section 4
    }
    if (connects) {
      of.method(of.append(GET), GET.length);
    }
    if ((seen & SCHEME) == 0 || (seen & PATH) == 0 || pathLength == 0) {
      return Refusal.BAD_PSEUDO_FIELD;
    }
    byte first = of.bytes()[pathOffset];
    if (first != '/' && first != '*') {
      return Refusal.BAD_TARGET;
    }
    return RequestTarget.decode(of, pathOffset, pathOffset + pathLength);
  }

  /**
   * RFC 8441 section 5: opens a WebSocket as GET and Upgrade do in HTTP/1.1, and comes out as that.
   * What HTTP/1.1 has for its handshake means nothing here.
   */
  private @Nullable Refusal upgrade(RequestHead of) {
    if (!Octets.equalsIgnoreCase(
        of.bytes(), protocolOffset, protocolLength, WebSocketHandshake.PROTOCOL)) {
      return Refusal.UNKNOWN_PROTOCOL;
    }
    if (of.contentLength() >= 0) {
      return Refusal.BAD_CONTENT_LENGTH; // RFC 9110 section 9.3.6: CONNECT has no content
    }
    of.upgrade(protocolOffset, protocolLength);
    of.remove(FieldNames.SEC_WEBSOCKET_KEY);
    of.remove(FieldNames.SEC_WEBSOCKET_ACCEPT);
    return null;
  }

  /** RFC 9113 section 8.3.1: a Host beside :authority must say the same, and then says nothing. */
  private @Nullable Refusal host(RequestHead of) {
    if ((seen & AUTHORITY) == 0) {
      return null;
    }
    int authority = of.indexOf(FieldNames.HOST, 0);
    byte[] bytes = of.bytes();
    for (int slot = of.indexOf(FieldNames.HOST, authority + 1);
        slot >= 0;
        slot = of.indexOf(FieldNames.HOST, slot + 1)) {
      if (of.valueLength(slot) != of.valueLength(authority)) {
        return Refusal.HOST_DISAGREES;
      }
      for (int i = 0; i < of.valueLength(slot); i++) {
        if (Octets.LOWER[bytes[of.valueOffset(slot) + i] & 0xff]
            != Octets.LOWER[bytes[of.valueOffset(authority) + i] & 0xff]) {
          return Refusal.HOST_DISAGREES;
        }
      }
      of.removeSlot(slot);
    }
    return null;
  }

  /** RFC 9113 section 8.2.3: what was split for compression is one field for everybody else. */
  private void joinCookies(RequestHead of) {
    if (cookies < 2) {
      return;
    }
    int total = 2 * (cookies - 1);
    for (int slot = of.indexOf(COOKIE, 0); slot >= 0; slot = of.indexOf(COOKIE, slot + 1)) {
      total += of.valueLength(slot);
    }
    int name = of.append(COOKIE.bytes());
    int start = of.reserve(total);
    byte[] bytes = of.bytes();
    int at = start;
    for (int slot = of.indexOf(COOKIE, 0); slot >= 0; slot = of.indexOf(COOKIE, slot + 1)) {
      if (at > start) {
        bytes[at++] = ';';
        bytes[at++] = ' ';
      }
      System.arraycopy(bytes, of.valueOffset(slot), bytes, at, of.valueLength(slot));
      at += of.valueLength(slot);
      of.removeSlot(slot);
    }
    of.record(name, COOKIE.bytes().length, start, total, COOKIE.hash());
  }

  private static byte[] ascii(String text) {
    return text.getBytes(StandardCharsets.US_ASCII);
  }
}
