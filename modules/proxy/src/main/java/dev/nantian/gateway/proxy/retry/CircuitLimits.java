package dev.nantian.gateway.proxy.retry;

/**
 * How much a cluster is given at once; what is more is answered 503. Over all loops of a proxy.
 *
 * @param maxConnections open connections to each endpoint
 * @param maxPending requests that wait for a connection to each endpoint
 * @param maxRequests requests under way to the whole cluster
 * @param maxRetries further tries under way to the whole cluster
 */
public record CircuitLimits(int maxConnections, int maxPending, int maxRequests, int maxRetries) {
  private static final int NONE = Integer.MAX_VALUE;

  /** No limits beyond those of the loops. */
  public static final CircuitLimits OFF = new CircuitLimits(NONE, NONE, NONE, NONE);

  public CircuitLimits {
    if (maxConnections < 1 || maxPending < 0 || maxRequests < 1 || maxRetries < 0) {
      throw new IllegalArgumentException(
          "maxConnections "
              + maxConnections
              + ", maxRequests "
              + maxRequests
              + " (expected 1 or more), maxPending "
              + maxPending
              + ", maxRetries "
              + maxRetries
              + " (expected 0 or more)");
    }
  }

  /** True if requests must be counted over the loops. */
  public boolean limitsRequests() {
    return maxRequests != NONE;
  }

  /** True if further tries must be counted over the loops. */
  public boolean limitsRetries() {
    return maxRetries != NONE;
  }
}
