package dev.nantian.gateway.proxy.filter;

/** A filter's configuration cannot be used; the message says why, for the one who wrote it. */
public final class InvalidFilterException extends Exception {
  private static final long serialVersionUID = 1;

  public InvalidFilterException(String message) {
    super(message);
  }

  public InvalidFilterException(String message, Throwable cause) {
    super(message, cause);
  }
}
