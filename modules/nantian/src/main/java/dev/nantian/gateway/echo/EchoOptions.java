package dev.nantian.gateway.echo;

import java.time.Duration;

/**
 * How one echo backend listens and answers.
 *
 * @param name what it calls itself in every answer
 * @param host address or host name to bind
 * @param port 0 to 65535; 0 lets the system choose
 * @param delay waits this long before each answer; a path control of the same kind wins
 * @param status HTTP status of each answer, 200 to 599; a path control of the same kind wins
 */
public record EchoOptions(String name, String host, int port, Duration delay, int status) {
  public EchoOptions {
    if (name.isBlank()) {
      throw new IllegalArgumentException("name: empty (expected a name for the backend)");
    }
    if (port < 0 || port > 65_535) {
      throw new IllegalArgumentException("port: " + port + " (expected 0 to 65535)");
    }
    if (delay.isNegative()) {
      throw new IllegalArgumentException("delay: " + delay + " (expected zero or more)");
    }
    if (status < 200 || status > 599) {
      throw new IllegalArgumentException("status: " + status + " (expected 200 to 599)");
    }
  }

  /** Answers 200 at once. */
  public static EchoOptions of(String name, String host, int port) {
    return new EchoOptions(name, host, port, Duration.ZERO, 200);
  }
}
