package dev.nantian.gateway.proxy.metrics;

import java.util.Locale;

/**
 * What HTTP/2 clients do that costs us more than them, each with its limit in docs/limits.md. All
 * but the last end the connection with ENHANCE_YOUR_CALM.
 */
public enum Http2Abuse {
  /** RST_STREAM after RST_STREAM: each request was begun for nothing (CVE-2023-44487). */
  RAPID_RESET,
  /** Mistakes that make us reset streams whose requests go on (CVE-2025-8671). */
  PROVOKED_RESET,
  PING,
  SETTINGS,
  PRIORITY,
  /** DATA frames with nothing in them. */
  EMPTY_DATA,
  /** Many more WINDOW_UPDATE frames than there is DATA to pay for. */
  WINDOW_UPDATE,
  /** Frames of types that nobody knows. */
  UNKNOWN_FRAME,
  /** A field section in very many small CONTINUATION frames. */
  CONTINUATION,
  /** Frames that have to be answered, from a client that does not read the answers. */
  OUTPUT_BACKLOG,
  /** A response that waits for window and gets none: the stream is reset with CANCEL. */
  WINDOW_STALL;

  /** Stable name for metrics and logs, for example {@code rapid_reset}. */
  public String label() {
    return name().toLowerCase(Locale.ROOT);
  }
}
