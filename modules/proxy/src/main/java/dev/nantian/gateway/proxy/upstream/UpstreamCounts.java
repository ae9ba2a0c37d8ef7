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

  void connecting() {
    connects++;
  }

  void connectFailed() {
    connectFailures++;
  }

  void reused() {
    reuses++;
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
