package dev.nantian.gateway.control.translate;

/** A part of a route asks for what is not served. */
final class UnsupportedException extends Exception {
  private final String reason;
  private final Problem problem;

  /**
   * @param reason of the condition Accepted=False
   */
  UnsupportedException(String reason, Problem problem) {
    super(problem.inMessage());
    this.reason = reason;
    this.problem = problem;
  }

  static UnsupportedException value(String path, String message) {
    return new UnsupportedException("UnsupportedValue", Problem.error(path, message));
  }

  String reason() {
    return reason;
  }

  Problem problem() {
    return problem;
  }
}
