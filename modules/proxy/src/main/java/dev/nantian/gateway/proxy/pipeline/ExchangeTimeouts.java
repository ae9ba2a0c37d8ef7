package dev.nantian.gateway.proxy.pipeline;

import dev.nantian.gateway.proxy.loop.DeadlineWheel;
import java.util.concurrent.TimeUnit;

/**
 * The deadlines of one exchange in one entry of the wheel: that of the request, of the try, and of
 * the response's head. Whichever is first is armed.
 *
 * <p>The time for the response's head runs from the end of the request, as it was given to the
 * connection: a request whose body goes on, as a conversation's in gRPC, has none. A further head
 * of 1xx gives it anew; with the final one it is met, and neither body nor tunnel has one.
 *
 * <p>Touched by its event loop only.
 */
final class ExchangeTimeouts extends DeadlineWheel.Entry {
  private static final long NEVER = Long.MAX_VALUE;

  private final Exchange exchange;
  private final DeadlineWheel wheel;
  private final long headNanos; // 0 for no limit
  private long requestDeadline = NEVER;
  private long tryDeadline = NEVER;
  private long headDeadline = NEVER;
  private long tryMillis;
  private boolean headReceived;

  /**
   * @param headMillis for the response's head, 0 for no limit
   */
  ExchangeTimeouts(Exchange exchange, DeadlineWheel wheel, long headMillis) {
    this.exchange = exchange;
    this.wheel = wheel;
    this.headNanos = TimeUnit.MILLISECONDS.toNanos(headMillis);
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
        requestMillis == 0 ? NEVER : startNanos + TimeUnit.MILLISECONDS.toNanos(requestMillis);
    tryDeadline = NEVER;
    headDeadline = NEVER;
    tryMillis = backendMillis;
    arm();
  }

  /** A try begins: its time runs anew. */
  void startTry() {
    tryDeadline =
        tryMillis == 0 ? NEVER : System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(tryMillis);
    headDeadline = NEVER;
    headReceived = false;
    arm();
  }

  /** The last byte of the request went to the connection: the backend's turn. */
  void requestSent(long nowNanos) {
    if (headNanos != 0 && !headReceived) {
      headDeadline = nowNanos + headNanos;
      arm();
    }
  }

  /** The backend is at work. */
  void interimReceived() {
    if (headDeadline != NEVER) {
      headDeadline = System.nanoTime() + headNanos;
      arm();
    }
  }

  /** The final response has begun. */
  void headReceived() {
    headReceived = true;
    if (headDeadline != NEVER) {
      headDeadline = NEVER;
      arm();
    }
  }

  /** The try is over and another will follow after a pause. */
  void endTry() {
    tryDeadline = NEVER;
    headDeadline = NEVER;
    arm();
  }

  /** True if the request's deadline is further away than this. */
  boolean leaves(long millis) {
    return requestDeadline == NEVER
        || requestDeadline - System.nanoTime() > TimeUnit.MILLISECONDS.toNanos(millis);
  }

  /** Not only disarmed: the wheel must not hold an exchange for minutes that may be garbage. */
  void stop() {
    wheel.remove(this);
  }

  private void arm() {
    long first = first();
    if (first != NEVER) {
      wheel.armAt(this, first);
    } else if (isArmed()) {
      wheel.disarm(this);
    }
  }

  private long first() {
    return Math.min(requestDeadline, Math.min(tryDeadline, headDeadline));
  }

  @Override
  protected void onDeadline() {
    long met = first();
    if (met == requestDeadline) {
      exchange.onTimeout(LocalAnswer.REQUEST_TIMEOUT);
    } else if (met == tryDeadline) {
      exchange.onTryTimeout(LocalAnswer.BACKEND_TIMEOUT);
    } else {
      exchange.onTryTimeout(LocalAnswer.FIRST_BYTE_TIMEOUT);
    }
  }
}
