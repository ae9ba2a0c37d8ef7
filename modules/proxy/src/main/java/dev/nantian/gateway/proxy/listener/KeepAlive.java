package dev.nantian.gateway.proxy.listener;

/**
 * Whether a client's HTTP/1.1 connection is to be kept after the response at hand (RFC 9112 section
 * 9.3), as far as that is ours to say.
 *
 * <p>Touched by its event loop only.
 */
final class KeepAlive {
  private final int maxRequests;
  private int requests;
  private boolean draining;
  private boolean endsWhenIdle;

  /**
   * @param maxRequests 0 for no limit
   */
  KeepAlive(int maxRequests) {
    this.maxRequests = maxRequests;
  }

  /** A request's head is complete. */
  void onRequest() {
    requests++;
  }

  /** True if the response at hand must be the last. */
  boolean isOver() {
    return draining || (maxRequests > 0 && requests >= maxRequests);
  }

  void drain(Drain how) {
    draining = true;
    endsWhenIdle = how == Drain.IDLE_NOW;
  }

  /** True if the connection must not wait for another request. */
  boolean endsWhenIdle() {
    return endsWhenIdle;
  }
}
