package dev.nantian.gateway.proxy.route;

import com.google.re2j.Pattern;

/**
 * The path condition of a match (HTTPPathMatch).
 *
 * <p>Paths are compared as received bytes, case-sensitive; the codec has normalised what may be
 * normalised.
 */
public sealed interface PathRule {
  /** The whole path. */
  record Exact(String path) implements PathRule {}

  /**
   * Leading path elements.
   *
   * @param path without trailing slash, which the specification ignores; empty for {@code /}
   */
  record Prefix(String path) implements PathRule {
    public Prefix {
      while (path.endsWith("/")) {
        path = path.substring(0, path.length() - 1);
      }
    }
  }

  /** RE2 syntax against the whole path. */
  record Regex(Pattern pattern) implements PathRule {}

  /** As a person wrote it, with its kind: {@code PathPrefix /shop}. */
  default String describe() {
    return switch (this) {
      case Exact(String path) -> "Exact " + path;
      case Prefix(String path) -> "PathPrefix " + (path.isEmpty() ? "/" : path);
      case Regex(Pattern pattern) -> "RegularExpression " + pattern.pattern();
    };
  }
}
