package dev.nantian.gateway.proxy.http;

import java.util.Locale;

/**
 * Why the codec does not accept a message. A request gets the status; a response becomes a 502.
 *
 * <p>The text is safe to show to the client: it holds nothing of the message.
 */
public enum Refusal {
  /** RFC 9112 section 2.2: a recipient may accept a lone LF; we do not, others disagree on it. */
  BARE_LF(400, "line not ended by CRLF"),
  BAD_REQUEST_LINE(400, "malformed request line"),
  BAD_METHOD(400, "malformed method"),
  /** RFC 9112 section 3.2. */
  BAD_TARGET(400, "malformed request target"),
  /** RFC 9112 section 3.2: a fragment is never sent. */
  FRAGMENT(400, "fragment in request target"),
  BAD_PERCENT_ESCAPE(400, "malformed percent escape in request target"),
  /** RFC 3986 section 5.2.4: clients remove them; who does not wants two servers to disagree. */
  DOT_SEGMENT(400, "dot segment in path"),
  /** See {@link PathRules} for this and the next ones. */
  EMPTY_SEGMENT(400, "empty segment in path"),
  ESCAPED_SLASH(400, "escaped slash in path"),
  ESCAPED_BACKSLASH(400, "escaped backslash in path"),
  ESCAPED_CONTROL(400, "escaped control character in path"),
  NEEDLESS_ESCAPE(400, "needless percent escape in path"),
  DOUBLE_ESCAPE(400, "double percent escape in path"),
  PATH_PARAMETER(400, "parameter in path"),
  BAD_UTF8(400, "request target is not UTF-8"),
  /** See {@link RequestRules.Underscores}. */
  UNDERSCORE(400, "underscore in header name"),
  /** RFC 9112 section 3.2. */
  MISSING_HOST(400, "missing Host"),
  SEVERAL_HOSTS(400, "more than one Host"),
  BAD_HOST(400, "malformed Host"),
  /** RFC 9112 section 3.2.2 lets the target win; we refuse, a next hop may choose the other. */
  HOST_DISAGREES(400, "request target and Host disagree"),
  BAD_VERSION(400, "malformed HTTP version"),
  UNSUPPORTED_VERSION(505, "HTTP version not supported"),
  /** RFC 9112 section 5.2. */
  LINE_FOLDING(400, "folded header line"),
  BAD_FIELD_NAME(400, "malformed header name"),
  BAD_FIELD_VALUE(400, "control character in header value"),
  BAD_CONTENT_LENGTH(400, "malformed Content-Length"),
  SEVERAL_CONTENT_LENGTHS(400, "more than one Content-Length"),
  /** RFC 9112 section 6.1. */
  LENGTH_AND_ENCODING(400, "both Content-Length and Transfer-Encoding"),
  BAD_TRANSFER_ENCODING(400, "malformed Transfer-Encoding"),
  UNSUPPORTED_TRANSFER_ENCODING(501, "Transfer-Encoding not supported"),
  /** RFC 9112 section 6.1. */
  ENCODING_IN_HTTP_1_0(400, "Transfer-Encoding in HTTP/1.0"),
  /** RFC 9110 section 7.6.1: a connection option must not name an end-to-end field. */
  BAD_CONNECTION_OPTION(400, "malformed Connection"),
  /** RFC 9110 section 10.1.1. */
  UNSUPPORTED_EXPECTATION(417, "expectation not supported"),
  CONNECT(501, "CONNECT not supported"),
  /** RFC 8441 section 4: another {@code :protocol} than {@code websocket}. */
  UNKNOWN_PROTOCOL(501, "CONNECT with this :protocol not supported"),
  BAD_CHUNK(400, "malformed chunk"),
  CHUNK_EXTENSION(400, "chunk extension"),
  BAD_TRAILER(400, "malformed trailer"),
  TRAILERS_TOO_LARGE(431, "trailers too large"),
  /** RFC 9113 section 8.3. */
  BAD_PSEUDO_FIELD(400, "malformed pseudo-header field"),
  /** RFC 9113 section 8.2.2. */
  CONNECTION_FIELD(400, "connection-specific header field"),
  /** RFC 9113 section 8.1.1. */
  LENGTH_DISAGREES(400, "Content-Length and length of the body disagree"),
  URI_TOO_LONG(414, "request line too long"),
  HEAD_TOO_LARGE(431, "header section too large"),
  FIELD_TOO_LARGE(431, "header field too large"),
  TOO_MANY_FIELDS(431, "too many header fields"),
  BAD_STATUS_LINE(400, "malformed status line"),
  /** See {@code BodyLimits} for this and the next one. */
  BODY_TOO_LARGE(413, "request body too large"),
  BODY_TOO_SLOW(408, "request body too slow"),
  /** RFC 9112 section 3: not HTTP at all, for example a TLS hello on a cleartext port. */
  NOT_HTTP(400, "not an HTTP request");

  private final int status;
  private final String text;

  Refusal(int status, String text) {
    this.status = status;
    this.text = text;
  }

  /** The status that answers a request refused so. */
  public int status() {
    return status;
  }

  /** What is wrong, for people. */
  public String text() {
    return text;
  }

  /**
   * True if HTTP/2 has a request malformed for this (RFC 9113 section 8.1.1): its stream is reset,
   * where others get an answer.
   */
  public boolean isMalformedInHttp2() {
    return switch (this) {
      case BAD_PSEUDO_FIELD,
          CONNECTION_FIELD,
          LENGTH_DISAGREES,
          BAD_FIELD_NAME,
          BAD_FIELD_VALUE,
          BAD_TRAILER,
          BAD_CONTENT_LENGTH,
          SEVERAL_CONTENT_LENGTHS ->
          true;
      default -> false;
    };
  }

  /** Stable name for metrics and logs, for example {@code dot_segment}. */
  public String label() {
    return name().toLowerCase(Locale.ROOT);
  }
}
