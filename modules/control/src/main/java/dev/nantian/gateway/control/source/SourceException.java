package dev.nantian.gateway.control.source;

/** A place that should hold objects cannot be read at all. The message is one line for the user. */
public final class SourceException extends RuntimeException {

  /**
   * @param message names the place, what is wrong with it and what was expected
   * @param cause what the operating system or client said
   */
  public SourceException(String message, Throwable cause) {
    super(message, cause);
  }

  public SourceException(String message) {
    super(message);
  }
}
