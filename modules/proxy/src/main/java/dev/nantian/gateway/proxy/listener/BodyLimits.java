package dev.nantian.gateway.proxy.listener;

/**
 * What the proxy takes of a request's body, as framed.
 *
 * @param maxBytes more is refused with 413; 0 (default) for no limit: bodies stream and cost no
 *     memory
 * @param minBytesPerSecond a body that comes slower is refused with 408; 0 for no limit. Counted
 *     while the backend takes the body, so a slow backend harms nobody
 * @param windowMillis over which the rate is counted, each such time anew: a burst does not earn
 *     the right to be slow
 */
public record BodyLimits(long maxBytes, int minBytesPerSecond, long windowMillis) {
  /** No limit of size; 100 bytes a second over 20 s. */
  public static final BodyLimits DEFAULT = new BodyLimits(0, 100, 20_000);

  public BodyLimits {
    if (maxBytes < 0 || minBytesPerSecond < 0) {
      throw new IllegalArgumentException(
          "maxBytes "
              + maxBytes
              + ", minBytesPerSecond "
              + minBytesPerSecond
              + " (each expected 0 or more)");
    }
    if (windowMillis < 1) {
      throw new IllegalArgumentException("windowMillis: " + windowMillis + " (expected 1 or more)");
    }
  }

  /** True if a body of so many bytes is refused. */
  public boolean isTooLarge(long bytes) {
    return maxBytes > 0 && bytes > maxBytes;
  }
}
