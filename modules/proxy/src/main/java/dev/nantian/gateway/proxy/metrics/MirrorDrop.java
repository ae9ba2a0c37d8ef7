package dev.nantian.gateway.proxy.metrics;

import java.util.Locale;

/** Why a mirror did not get a copy of a request, or not the whole of it. */
public enum MirrorDrop {
  /** As many copies of the rule as there may be were under way. */
  BUSY,
  /** It took the body so much slower than the backend that too much would have had to wait. */
  SLOW,
  /** As {@link #SLOW}, of all copies of the rule together. */
  MEMORY,
  /** No endpoint, no connection, or one that was lost. */
  FAILED,
  /** No whole response in time after the copy was. */
  TIMEOUT,
  /** The request itself did not come to its end. */
  CUT;

  /** Stable name for metrics. */
  public String label() {
    return name().toLowerCase(Locale.ROOT);
  }
}
