package dev.nantian.gateway.proxy.listener.h2;

/**
 * What a client may do on one HTTP/2 connection; docs/limits.md says why each is there.
 *
 * @param maxStreams requests under way at the same time; more are refused (REFUSED_STREAM)
 * @param streamWindowBytes of a request's body that may be on its way to us and wait here; the
 *     connection's window is that of all its streams, so that none can use up another's
 * @param rateMillis the time in which the counts that follow are taken
 * @param maxResets streams that the client resets in that time
 * @param maxProvokedResets streams that we reset for its mistakes
 * @param maxPings PING frames
 * @param maxSettings SETTINGS frames
 * @param maxPriorities PRIORITY frames
 * @param maxEmptyData DATA frames without data that end nothing
 * @param maxWindowUpdates WINDOW_UPDATE frames beyond one for each 512 bytes of sent DATA
 * @param maxUnknownFrames frames of unknown type
 * @param maxSmallContinuations CONTINUATION frames of less than 8 KiB in one field section
 * @param maxBacklogBytes written for the client and not taken in by it
 * @param stallTimeoutMillis how long a response may wait for the client's window
 * @param drainGraceMillis how long new requests are taken on after the first GOAWAY if the client
 *     does not acknowledge it sooner
 */
public record Http2Limits(
    int maxStreams,
    int streamWindowBytes,
    long rateMillis,
    int maxResets,
    int maxProvokedResets,
    int maxPings,
    int maxSettings,
    int maxPriorities,
    int maxEmptyData,
    int maxWindowUpdates,
    int maxUnknownFrames,
    int maxSmallContinuations,
    int maxBacklogBytes,
    long stallTimeoutMillis,
    long drainGraceMillis) {
  /** The defaults that docs/limits.md lists. */
  public static final Http2Limits DEFAULT =
      new Http2Limits(
          100, 64 << 10, 10_000, 200, 100, 1_000, 50, 1_000, 100, 1_000, 1_000, 16, 1 << 20, 60_000,
          1_000);

  public Http2Limits {
    positive("maxStreams", maxStreams);
    positive("streamWindowBytes", streamWindowBytes);
    positive("rateMillis", rateMillis);
    positive("maxSmallContinuations", maxSmallContinuations);
    positive("maxBacklogBytes", maxBacklogBytes);
    positive("stallTimeoutMillis", stallTimeoutMillis);
    positive("drainGraceMillis", drainGraceMillis);
    if ((long) maxStreams * streamWindowBytes > Integer.MAX_VALUE) {
      throw new IllegalArgumentException(
          "maxStreams * streamWindowBytes: "
              + (long) maxStreams * streamWindowBytes
              + " (expected at most 2^31-1, RFC 9113 section 6.9.1)");
    }
  }

  /** The window of the whole connection. */
  int connectionWindowBytes() {
    return maxStreams * streamWindowBytes;
  }

  private static void positive(String name, long value) {
    if (value < 1) {
      throw new IllegalArgumentException(name + ": " + value + " (expected 1 or more)");
    }
  }
}
