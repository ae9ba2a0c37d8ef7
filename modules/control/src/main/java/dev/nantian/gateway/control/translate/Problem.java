package dev.nantian.gateway.control.translate;

import dev.nantian.gateway.control.source.Diagnostic;

/**
 * Something wrong with an object that its translation found.
 *
 * @param fieldPath as of {@link Diagnostic#fieldPath()}
 * @param message the offending value and what was expected
 */
public record Problem(Diagnostic.Severity severity, String fieldPath, String message) {

  static Problem error(String fieldPath, String message) {
    return new Problem(Diagnostic.Severity.ERROR, fieldPath, message);
  }

  static Problem warning(String fieldPath, String message) {
    return new Problem(Diagnostic.Severity.WARNING, fieldPath, message);
  }

  /** {@code rules[0].matches: ...}, the form in which it stands in a condition's message. */
  String inMessage() {
    return fieldPath.isEmpty() ? message : fieldPath + ": " + message;
  }
}
