package dev.nantian.gateway.proxy.filter;

/**
 * How an exchange ended.
 *
 * @param end what ended it
 * @param status that the client got; 0 if it got none
 * @param durationNanos from the complete request head to the end
 * @param bytesReceived of the request's body, as framed by the client unless a filter asked for it
 * @param bytesSent of the response's body, as framed by the backend unless a filter asked for it
 * @param backend {@code namespace/name:port}; empty if none was chosen
 * @param endpoint {@code address:port}; empty if none was reached
 */
public record Outcome(
    End end,
    int status,
    long durationNanos,
    long bytesReceived,
    long bytesSent,
    String backend,
    String endpoint) {
  /** What ended an exchange. */
  public enum End {
    /** A response went to the client to its end: the backend's or a filter's. */
    SERVED,
    /** The proxy answered by itself: no endpoint, a timeout, a failed filter… */
    ANSWERED,
    /** The response was cut after it had begun. */
    TRUNCATED,
    /** The client went away, or what it sent was malformed. */
    CLIENT_GONE
  }
}
