package dev.nantian.gateway.proxy.listener;

import dev.nantian.gateway.proxy.loop.DeadlineWheel;

/**
 * The one deadline of a client's HTTP/1.1 connection: how long what comes next may take.
 *
 * <p>Touched by its event loop only.
 */
final class Http1Deadline extends DeadlineWheel.Entry {
  private static final long LINGER_MILLIS = 2_000;

  private final Http1Connection connection;
  private final DeadlineWheel wheel;
  private final ConnectionSettings settings;
  private final BodyRate rate;

  Http1Deadline(
      Http1Connection connection, DeadlineWheel wheel, ConnectionSettings settings, BodyRate rate) {
    this.connection = connection;
    this.wheel = wheel;
    this.settings = settings;
    this.rate = rate;
  }

  /** The head must be complete. */
  void untilHead() {
    wheel.arm(this, settings.headTimeoutMillis());
  }

  /** A request is under way: something must pass in either direction. */
  void untilNextByte() {
    wheel.arm(this, settings.streamIdleTimeoutMillis());
  }

  /**
   * Something has passed.
   *
   * @param inBody while the request's body is taken: if there is a rate to keep, that one rules
   */
  void onBytes(boolean inBody) {
    if (!inBody || !rate.isOn()) {
      untilNextByte();
    }
  }

  /** The request's body is taken from now on: if there is a rate to keep, a window begins. */
  void onBodyTaken() {
    if (rate.isOn()) {
      rate.startWindow(System.nanoTime());
      wheel.arm(this, Math.min(rate.windowMillis(), settings.streamIdleTimeoutMillis()));
    }
  }

  /** Whether the window that is over saw as much of the body as it had to. */
  boolean isRateKept() {
    return rate.isOn() && !rate.isTooSlow(System.nanoTime());
  }

  /** The connection is idle: the next request must begin. */
  void untilNextRequest() {
    wheel.arm(this, settings.idleTimeoutMillis());
  }

  /** All is said: the client gets a short time to hear it. */
  void untilHeard() {
    wheel.arm(this, LINGER_MILLIS);
  }

  /** Nothing is waited for. */
  void stop() {
    wheel.remove(this);
  }

  @Override
  protected void onDeadline() {
    connection.onTimeout();
  }
}
