package dev.nantian.gateway.proxy.http;

/**
 * How large the parts of a message that we must hold at once may be. Bodies have no limit: they
 * stream.
 *
 * @param maxRequestLineBytes method, target and version together, without CRLF (414)
 * @param maxHeadBytes start line and all fields with their CRLFs (431; 502 from an upstream)
 * @param maxFieldBytes one field line without CRLF (431; 502)
 * @param maxFields number of field lines (431; 502 from an upstream)
 * @param maxChunkLineBytes a chunk's size with its extensions, without CRLF (400; 502)
 * @param maxTrailerBytes the trailer section (431; 502)
 */
public record HttpLimits(
    int maxRequestLineBytes,
    int maxHeadBytes,
    int maxFieldBytes,
    int maxFields,
    int maxChunkLineBytes,
    int maxTrailerBytes) {
  /**
   * 8 KiB request line, 64 KiB and 128 fields a head, 32 KiB a field, 256 bytes a chunk line, 8 KiB
   * trailers.
   */
  public static final HttpLimits DEFAULT =
      new HttpLimits(8 << 10, 64 << 10, 32 << 10, 128, 256, 8 << 10);

  public HttpLimits {
    positive("maxRequestLineBytes", maxRequestLineBytes);
    positive("maxFieldBytes", maxFieldBytes);
    positive("maxFields", maxFields);
    positive("maxTrailerBytes", maxTrailerBytes);
    if (maxChunkLineBytes < 16) {
      throw new IllegalArgumentException(
          "maxChunkLineBytes: " + maxChunkLineBytes + " (expected 16 or more)");
    }
    if (maxHeadBytes < maxRequestLineBytes + 4) {
      throw new IllegalArgumentException(
          "maxHeadBytes: "
              + maxHeadBytes
              + " (expected at least maxRequestLineBytes + 4 = "
              + (maxRequestLineBytes + 4)
              + ")");
    }
  }

  private static void positive(String name, int value) {
    if (value < 1) {
      throw new IllegalArgumentException(name + ": " + value + " (expected 1 or more)");
    }
  }
}
