package dev.nantian.gateway.proxy.config;

/**
 * A received resource cannot be used. The message names the object, the offending value and what
 * was expected; it goes to the control plane and the log as it is.
 */
public final class InvalidResourceException extends Exception {
  private static final long serialVersionUID = 1L;

  public InvalidResourceException(String message) {
    super(message);
  }

  public InvalidResourceException(String message, Throwable cause) {
    super(message, cause);
  }
}
