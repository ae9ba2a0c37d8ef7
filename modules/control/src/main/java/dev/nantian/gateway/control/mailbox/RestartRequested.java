package dev.nantian.gateway.control.mailbox;

/** Thrown by an actor that was told to restart: it takes the same way as after a crash. */
public final class RestartRequested extends RuntimeException {
  public RestartRequested(String reason) {
    super(reason);
  }
}
