package dev.nantian.gateway.control.source;

import org.jspecify.annotations.Nullable;

/**
 * One thing that a user should know about what they wrote.
 *
 * @param severity whether something does not work because of it
 * @param object what it is about; null if no object could be made out
 * @param fieldPath the field, such as {@code spec.rules[2].backendRefs[0].port}; empty if the whole
 *     object or file is meant
 * @param place where it is written; null if the object does not come from a file
 * @param message the offending value and what was expected, one line: {@code 70000 (expected 1 to
 *     65535)}
 */
public record Diagnostic(
    Severity severity,
    @Nullable ResourceKey object,
    String fieldPath,
    @Nullable Place place,
    String message) {

  /** How much a diagnostic matters. */
  public enum Severity {
    /** What is written is not in force, or does not do what it says. */
    ERROR,
    /** It is in force, and likely not meant so. */
    WARNING,
    /** It is passed over on purpose. */
    INFO
  }

  /**
   * The one-line form: {@code shop.yaml:12: HTTPRoute shop/cart spec.rules[2].backendRefs[0].port:
   * 70000 (expected 1 to 65535)}. Warnings and infos carry their severity before the message.
   */
  @Override
  public String toString() {
    StringBuilder text = new StringBuilder();
    if (place != null) {
      text.append(place).append(": ");
    }
    if (object != null) {
      text.append(object);
    }
    if (!fieldPath.isEmpty()) {
      text.append(object == null ? "" : " ").append(fieldPath);
    }
    if (object != null || !fieldPath.isEmpty()) {
      text.append(": ");
    }
    return text.append(
            switch (severity) {
              case ERROR -> "";
              case WARNING -> "warning: ";
              case INFO -> "info: ";
            })
        .append(message)
        .toString();
  }
}
