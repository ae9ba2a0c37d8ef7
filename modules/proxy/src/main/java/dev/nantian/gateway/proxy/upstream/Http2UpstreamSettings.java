package dev.nantian.gateway.proxy.upstream;

/**
 * HTTP/2 to backends.
 *
 * @param maxStreams requests at the same time on one connection, if the backend allows as many;
 *     only then another connection is opened
 * @param streamWindowBytes of a response that may be on its way to us or wait here for its client;
 *     so a connection holds at most {@code maxStreams * streamWindowBytes}
 * @param pingIntervalMillis how long a connection with requests under way may be silent before it
 *     is asked for a sign of life. Servers of gRPC end connections that ask more often than every
 *     five minutes
 * @param pingTimeoutMillis how long the sign of life may take before the connection is given up
 */
public record Http2UpstreamSettings(
    int maxStreams, int streamWindowBytes, long pingIntervalMillis, long pingTimeoutMillis) {
  /** 100 requests, 256 KiB, PING after 330 s, 20 s for its answer. */
  public static final Http2UpstreamSettings DEFAULT =
      new Http2UpstreamSettings(100, 256 << 10, 330_000, 20_000);

  /** RFC 9113 section 6.9.2: what a stream has before SETTINGS say otherwise. */
  private static final int LEAST_WINDOW = 65_535;

  public Http2UpstreamSettings {
    if (maxStreams < 1 || pingIntervalMillis < 1 || pingTimeoutMillis < 1) {
      throw new IllegalArgumentException(
          "maxStreams "
              + maxStreams
              + ", pingIntervalMillis "
              + pingIntervalMillis
              + ", pingTimeoutMillis "
              + pingTimeoutMillis
              + " (each expected 1 or more)");
    }
    if (streamWindowBytes < LEAST_WINDOW) {
      throw new IllegalArgumentException(
          "streamWindowBytes: " + streamWindowBytes + " (expected " + LEAST_WINDOW + " or more)");
    }
  }
}
