package dev.nantian.gateway.cli;

import org.jspecify.annotations.Nullable;

/**
 * A command cannot go on, for a reason that the user can understand and mend. Its message is the
 * one line that the user sees, without a stack trace unless {@code --debug} is given.
 */
final class CommandFailure extends RuntimeException {
  private static final long serialVersionUID = 1L;

  CommandFailure(String message) {
    super(message);
  }

  CommandFailure(String message, @Nullable Throwable cause) {
    super(message, cause);
  }
}
