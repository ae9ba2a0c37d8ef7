package dev.nantian.gateway.proxy.upstream;

import dev.nantian.gateway.proxy.retry.CircuitLimits;

/**
 * How connections to backends are kept; all counts are for one loop and one endpoint.
 *
 * @param connectTimeoutMillis until a connection that is not ready for a request counts as failed:
 *     TCP, TLS and the first SETTINGS of HTTP/2 together
 * @param firstByteTimeoutMillis from the end of the request as sent to the response's head; 0 for
 *     no limit
 * @param idleTimeoutMillis how long an unused connection is kept
 * @param maxConnections open connections at most
 * @param maxPending requests that may wait when no further connection may be opened; more get 503
 * @param maxRequests requests that have or await a connection; more get 503
 * @param http2 connections that speak HTTP/2
 */
public record UpstreamSettings(
    int connectTimeoutMillis,
    long firstByteTimeoutMillis,
    long idleTimeoutMillis,
    int maxConnections,
    int maxPending,
    int maxRequests,
    Http2UpstreamSettings http2) {
  /**
   * 5 s to connect, 4 min to answer, 50 s idle, 1,024 connections, as many waiting and 10,000
   * requests.
   */
  public static final UpstreamSettings DEFAULT =
      new UpstreamSettings(
          5_000, 240_000, 50_000, 1024, 1024, 10_000, Http2UpstreamSettings.DEFAULT);

  public UpstreamSettings {
    positive("connectTimeoutMillis", connectTimeoutMillis);
    positive("idleTimeoutMillis", idleTimeoutMillis);
    positive("maxConnections", maxConnections);
    positive("maxRequests", maxRequests);
    notNegative("firstByteTimeoutMillis", firstByteTimeoutMillis);
    notNegative("maxPending", maxPending);
  }

  /**
   * These settings for the endpoints of a cluster with limits. A limit holds for all loops
   * together; each has its share, rounded up, so that none waits for a connection that another
   * keeps idle.
   */
  UpstreamSettings within(CircuitLimits limits, int loops) {
    int connections = share(limits.maxConnections(), loops);
    int pending = share(limits.maxPending(), loops);
    return connections >= maxConnections && pending >= maxPending
        ? this
        : new UpstreamSettings(
            connectTimeoutMillis,
            firstByteTimeoutMillis,
            idleTimeoutMillis,
            Math.min(maxConnections, connections),
            Math.min(maxPending, pending),
            maxRequests,
            http2);
  }

  private static int share(int limit, int loops) {
    return (int) (((long) limit + loops - 1) / loops);
  }

  private static void notNegative(String name, long value) {
    if (value < 0) {
      throw new IllegalArgumentException(name + ": " + value + " (expected 0 or more)");
    }
  }

  private static void positive(String name, long value) {
    if (value < 1) {
      throw new IllegalArgumentException(name + ": " + value + " (expected 1 or more)");
    }
  }
}
