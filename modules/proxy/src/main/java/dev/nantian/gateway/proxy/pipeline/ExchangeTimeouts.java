package dev.nantian.gateway.proxy.pipeline;

import dev.nantian.gateway.proxy.loop.DeadlineWheel;
import java.util.concurrent.TimeUnit;

/**
 * The request's and the try's deadline of one exchange, in one entry of the wheel: whichever is
 * first is armed.
 *
 * <p>Touched by its event loop only.
 */
final class ExchangeTimeouts extends DeadlineWheel.Entry {
  private final Exchange exchange;
  private final DeadlineWheel wheel;
  private long requestDeadline;
  private long tryDeadline;
  private long tryMillis;

  ExchangeTimeouts(Exchange exchange, DeadlineWheel wheel) {
    this.exchange = exchange;
    this.wheel = wheel;
  }

  /**
   * The rule is known.
   *
   * @param startNanos when the request's head was complete
   * @param requestMillis for the whole exchange, 0 for no limit
   * @param backendMillis for each try, 0 for no limit
   */
  void start(long startNanos, long requestMillis, long backendMillis) {
    requestDeadline =
        requestMillis == 0
            ? Long.MAX_VALUE
            : startNanos + TimeUnit.MILLISECONDS.toNanos(requestMillis);
    tryDeadline = Long.MAX_VALUE;
    tryMillis = backendMillis;
    if (requestMillis != 0) {
      wheel.armAt(this, requestDeadline);
    }
  }

  /** A try begins: its time runs anew. */
  void startTry() {
    if (tryMillis != 0) {
      tryDeadline = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(tryMillis);
      wheel.armAt(this, Math.min(requestDeadline, tryDeadline));
    }
  }

  /** The try is over and another will follow after a pause. */
  void endTry() {
    tryDeadline = Long.MAX_VALUE;
    if (requestDeadline == Long.MAX_VALUE) {
      wheel.disarm(this);
    } else {
      wheel.armAt(this, requestDeadline);
    }
  }

  /** True if the request's deadline is further away than this. */
  boolean leaves(long millis) {
    return requestDeadline == Long.MAX_VALUE
        || requestDeadline - System.nanoTime() > TimeUnit.MILLISECONDS.toNanos(millis);
  }

  void stop() {
    if (isArmed()) {
      wheel.disarm(this);
    }
  }

  @Override
  protected void onDeadline() {
    if (tryDeadline < requestDeadline) {
      exchange.onTryTimeout();
    } else {
      exchange.onTimeout(LocalAnswer.REQUEST_TIMEOUT);
    }
  }
}
