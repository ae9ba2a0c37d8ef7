package dev.nantian.gateway.proxy.takeover;

/** A hand-over did not come about; the running process goes on as before. The message says why. */
public final class TakeoverException extends Exception {
  private static final long serialVersionUID = 1;

  public TakeoverException(String message) {
    super(message);
  }

  public TakeoverException(String message, Throwable cause) {
    super(message, cause);
  }
}
