package dev.nantian.gateway.proxy.pipeline;

import java.util.Locale;

/**
 * The answers that the proxy gives itself: one line of text.
 *
 * <p>The specification asks for 404 without a route, 421 for a host of another HTTPS listener, 500
 * for an unresolved backend, 503 without endpoints and 504 on timeouts; 502 is RFC 9110 section
 * 15.6.3.
 */
public enum LocalAnswer {
  NO_ROUTE(404, "no route matches this request"),
  MISDIRECTED(421, "this connection is not for that host"),
  BACKEND_UNRESOLVED(500, "the route's backend does not resolve"),
  NO_BACKEND(500, "the route has no backend"),
  INTERNAL(500, "internal error"),
  FILTER_FAILED(500, "a filter failed"),
  REQUEST_TOO_LONG(413, "the request's body is too long"),
  RESPONSE_TOO_LONG(502, "the backend's response is too long"),
  BAD_RESPONSE(502, "the backend's response is not valid HTTP"),
  BACKEND_LOST(502, "the backend closed the connection before it answered"),
  BAD_WEBSOCKET_KEY(400, "malformed Sec-WebSocket-Key"),
  WEBSOCKET_OFF(501, "WebSocket is not allowed here"),
  NOT_SWITCHED(502, "the backend did not open the WebSocket"),
  NO_WEBSOCKET(502, "the backend takes no WebSocket over HTTP/2"),
  UNSUPPORTED_PROTOCOL(502, "the backend's protocol is not supported"),
  BACKEND_TLS(502, "no secure connection to the backend"),
  NO_ENDPOINT(503, "the backend has no ready endpoint"),
  NO_CONNECTION(503, "the backend takes no connection"),
  BACKEND_LIMIT(503, "the backend has too many requests under way"),
  OVERLOADED(503, "too many requests in flight"),
  MEMORY_SHORT(503, "too little memory"),
  REQUEST_TIMEOUT(504, "the request timed out"),
  BACKEND_TIMEOUT(504, "the backend did not answer in time"),
  FIRST_BYTE_TIMEOUT(504, "the backend did not begin its response in time");

  private final int status;
  private final String text;
  private final String label = name().toLowerCase(Locale.ROOT);

  LocalAnswer(int status, String text) {
    this.status = status;
    this.text = text;
  }

  public int status() {
    return status;
  }

  public String text() {
    return text;
  }

  /** As the access log has it: {@code no_route}. */
  String label() {
    return label;
  }
}
