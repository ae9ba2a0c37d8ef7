package dev.nantian.gateway.proxy.upstream;

/** How a request failed once it had a connection. */
public enum UpstreamFailure {
  /** A connection that had served before was closed before the first byte of a response. */
  STALE,
  /** The backend said that it did not and will not process the request: any may be repeated. */
  UNPROCESSED,
  /** Closed or reset before the end of the response head. */
  LOST,
  /** The response head is not HTTP as we accept it. */
  BAD_RESPONSE,
  /** Closed, reset or malformed in mid-body. */
  TRUNCATED,
  /** The endpoint does not take a WebSocket on the connection's version of HTTP (RFC 8441). */
  NO_WEBSOCKET,
  /** Our own code threw while it handled the response. */
  INTERNAL
}
