package dev.nantian.gateway.proxy.upstream;

/**
 * What happened between one loop and all endpoints since the start, gone endpoints included.
 *
 * <p>Written by the loop's thread only; read by others a little late.
 */
public final class UpstreamCounts {
  private long connects;
  private long connectFailures;
  private long reuses;
  private long pendingOverflows;
  private long requestOverflows;
  private long handlerFailures;
  private long tlsFailures;
  private long protocolFailures;

  void connecting() {
    connects++;
  }

  void connectFailed() {
    connectFailures++;
  }

  void reused() {
    reuses++;
  }

  void pendingOverflowed() {
    pendingOverflows++;
  }

  void requestsOverflowed() {
    requestOverflows++;
  }

  void protocolFailed() {
    protocolFailures++;
  }

  void tlsFailed() {
    tlsFailures++;
  }

  void handlerFailed() {
    handlerFailures++;
  }

  /** Requests refused since too many waited for a connection. */
  public long pendingOverflows() {
    return pendingOverflows;
  }

  /** Requests refused since too many were under way at the endpoint. */
  public long requestOverflows() {
    return requestOverflows;
  }

  /** Connections or streams of HTTP/2 that broke its rules or did not answer a PING. */
  public long protocolFailures() {
    return protocolFailures;
  }

  /** Connections that could not be trusted: handshake failed, certificate not verified. */
  public long tlsFailures() {
    return tlsFailures;
  }

  /** Connections ended by an exception of our own code. */
  public long handlerFailures() {
    return handlerFailures;
  }

  /** Connections tried. */
  public long connects() {
    return connects;
  }

  /** Connections that could not be made. */
  public long connectFailures() {
    return connectFailures;
  }

  /** Requests that found a connection open. */
  public long reuses() {
    return reuses;
  }
}
