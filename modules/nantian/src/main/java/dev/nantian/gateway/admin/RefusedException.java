package dev.nantian.gateway.admin;

/** A call that cannot be answered, with the status and the one sentence that the client gets. */
public final class RefusedException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  private final int status;

  /**
   * @param status 400 to 599
   * @param message names the offending value and what was expected
   */
  public RefusedException(int status, String message) {
    super(message);
    this.status = status;
  }

  /** The HTTP status. */
  public int status() {
    return status;
  }
}
