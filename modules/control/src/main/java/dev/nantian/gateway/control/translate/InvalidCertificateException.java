package dev.nantian.gateway.control.translate;

/** A Secret does not hold a usable certificate with its key. The message holds nothing of them. */
final class InvalidCertificateException extends Exception {
  private final String fieldPath;
  private final String problem;

  InvalidCertificateException(String fieldPath, String message) {
    super(message);
    this.fieldPath = fieldPath;
    this.problem = message;
  }

  String fieldPath() {
    return fieldPath;
  }

  String problem() {
    return problem;
  }
}
