package dev.nantian.gateway.proxy.upstream;

/**
 * How connections to backends are kept; all counts are for one loop and one endpoint.
 *
 * @param connectTimeoutMillis until a connection counts as failed
 * @param idleTimeoutMillis how long an unused connection is kept
 * @param maxConnections open connections at most
 * @param maxPending requests that may wait for one of them; more get 503
 * @param skipMillis how long an endpoint that did not take a connection gets no traffic while there
 *     are others
 */
public record UpstreamSettings(
    int connectTimeoutMillis,
    long idleTimeoutMillis,
    int maxConnections,
    int maxPending,
    long skipMillis) {
  /** 5 s to connect, 50 s idle, 1,024 connections and as many waiting, 2 s skipped. */
  public static final UpstreamSettings DEFAULT =
      new UpstreamSettings(5_000, 50_000, 1024, 1024, 2_000);

  public UpstreamSettings {
    if (connectTimeoutMillis < 1 || idleTimeoutMillis < 1 || maxConnections < 1) {
      throw new IllegalArgumentException(
          "connectTimeoutMillis "
              + connectTimeoutMillis
              + ", idleTimeoutMillis "
              + idleTimeoutMillis
              + ", maxConnections "
              + maxConnections
              + " (each expected 1 or more)");
    }
  }
}
