package dev.nantian.gateway.proxy.listener;

import java.util.concurrent.TimeUnit;

/**
 * Whether a request's body comes as fast as it must, window by window.
 *
 * <p>Touched by its event loop only.
 */
public final class BodyRate {
  private final BodyLimits limits;
  private long windowStartNanos;
  private long windowBytes;
  private long totalBytes;

  public BodyRate(BodyLimits limits) {
    this.limits = limits;
  }

  /** True if there is a rate to keep. */
  public boolean isOn() {
    return limits.minBytesPerSecond() > 0;
  }

  /** How long a window is. */
  public long windowMillis() {
    return limits.windowMillis();
  }

  /** A body begins. */
  void begin() {
    totalBytes = 0;
  }

  /** The proxy begins to take the body, or takes it again after a pause: time runs anew. */
  public void startWindow(long nowNanos) {
    windowStartNanos = nowNanos;
    windowBytes = 0;
  }

  /** Bytes have come; false if the body is larger than it may be. */
  public boolean take(int bytes) {
    windowBytes += bytes;
    totalBytes += bytes;
    return !limits.isTooLarge(totalBytes);
  }

  /** Whether too little has come since the window began. */
  public boolean isTooSlow(long nowNanos) {
    long elapsedMillis = TimeUnit.NANOSECONDS.toMillis(nowNanos - windowStartNanos);
    return windowBytes * 1000 < elapsedMillis * limits.minBytesPerSecond();
  }
}
