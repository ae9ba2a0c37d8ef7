package dev.nantian.gateway.control.kubernetes.api;

import java.time.Duration;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ExecutionException;
import org.jspecify.annotations.Nullable;

/** The API server answered with something else than success. */
public final class ApiException extends RuntimeException {
  private final int code;
  private final Duration retryAfter;

  /**
   * @param code HTTP status
   * @param message the server's words, one line
   * @param retryAfter how long the server asks to wait; zero if it does not
   */
  public ApiException(int code, String message, Duration retryAfter) {
    super(message);
    this.code = code;
    this.retryAfter = retryAfter;
  }

  /** The HTTP status, or that of an error in a watch. */
  public int code() {
    return code;
  }

  /** How long the server asks to wait; zero if it does not. */
  public Duration retryAfter() {
    return retryAfter;
  }

  /** The kind of path or the object does not exist. */
  public boolean notFound() {
    return code == 404;
  }

  /** The object has changed since the version that the request was about. */
  public boolean conflict() {
    return code == 409;
  }

  /** The version or continuation that the request names is no longer kept. */
  public boolean gone() {
    return code == 410;
  }

  /** The server's answer behind a failure of a future, or null if there was none. */
  public static @Nullable ApiException of(Throwable failure) {
    Throwable at = cause(failure);
    return at instanceof ApiException refused ? refused : null;
  }

  /** The failure of a future without the future's own wrapping. */
  public static Throwable cause(Throwable failure) {
    Throwable at = failure;
    while ((at instanceof CompletionException || at instanceof ExecutionException)
        && at.getCause() != null) {
      at = at.getCause();
    }
    return at;
  }

  /** A failure in one line, for the log. */
  public static String line(Throwable failure) {
    Throwable at = cause(failure);
    String message = at.getMessage();
    return (at instanceof ApiException refused
            ? refused.code() + " " + message
            : at.getClass().getSimpleName() + (message == null ? "" : ": " + message))
        .replace('\n', ' ')
        .replace('"', '\'');
  }
}
