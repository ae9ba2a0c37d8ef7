package dev.nantian.gateway.proxy.route;

import com.google.re2j.Pattern;
import java.nio.charset.StandardCharsets;

/** The condition on one value, of a header or of a query parameter. */
public sealed interface ValueRule {
  /** Equal bytes. */
  record Exact(byte[] value) implements ValueRule {}

  /** RE2 syntax against the whole value. Allocates when asked, unlike everything else here. */
  record Regex(Pattern pattern) implements ValueRule {}

  /** Equal to the text's UTF-8 bytes. */
  static ValueRule exact(String value) {
    return new Exact(value.getBytes(StandardCharsets.UTF_8));
  }

  /** As a person wrote it. */
  default String describe() {
    return switch (this) {
      case Exact(byte[] value) -> "= " + new String(value, StandardCharsets.UTF_8);
      case Regex(Pattern pattern) -> "~ " + pattern.pattern();
    };
  }
}
