package dev.nantian.gateway.proxy.config;

import com.google.re2j.Pattern;
import com.google.re2j.PatternSyntaxException;
import java.util.regex.Matcher;

/**
 * The checks that several kinds of resources share. Each throws with the field, the value and what
 * was expected.
 */
final class Checks {
  private static final java.util.regex.Pattern TOKEN =
      java.util.regex.Pattern.compile("[!#$%&'*+.^_`|~0-9A-Za-z-]+"); // RFC 9110 section 5.6.2
  private static final java.util.regex.Pattern HOSTNAME =
      java.util.regex.Pattern.compile(
          "[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*");
  private static final java.util.regex.Pattern NAME =
      java.util.regex.Pattern.compile("[^/\\s]+/[^/\\s]+");
  private static final int SHOWN = 120;

  private Checks() {}

  static InvalidResourceException invalid(String field, Object value, String expected) {
    return new InvalidResourceException(
        field + ": " + shown(value) + " (expected " + expected + ")");
  }

  /** Long values are cut: a message has to fit a status condition. */
  private static String shown(Object value) {
    if (value instanceof Number) {
      return value.toString();
    }
    String text = value.toString();
    String cut = text.length() > SHOWN ? text.substring(0, SHOWN) + "…" : text;
    return "\"" + cut + "\"";
  }

  static int port(String field, int port) throws InvalidResourceException {
    if (port < 1 || port > 65535) {
      throw invalid(field, Integer.toUnsignedLong(port), "1 to 65535");
    }
    return port;
  }

  /** {@code namespace/name}. */
  static String objectName(String field, String name) throws InvalidResourceException {
    if (!NAME.matcher(name).matches()) {
      throw invalid(field, name, "namespace/name");
    }
    return name;
  }

  static String token(String field, String text) throws InvalidResourceException {
    if (!TOKEN.matcher(text).matches()) {
      throw invalid(field, text, "a token of RFC 9110 section 5.6.2");
    }
    return text;
  }

  /** A field value of RFC 9110 section 5.5: nothing that could end the field line. */
  static String fieldValue(String field, String value) throws InvalidResourceException {
    for (int i = 0; i < value.length(); i++) {
      char c = value.charAt(i);
      if ((c < ' ' && c != '\t') || c == 0x7f) {
        throw invalid(field, value.replaceAll("\\p{Cntrl}", "?"), "no control characters");
      }
    }
    if (!value.strip().equals(value)) {
      throw invalid(field, value, "no white space at its ends");
    }
    return value;
  }

  /** A lower-case DNS name without wildcard. */
  static String hostname(String field, String hostname) throws InvalidResourceException {
    if (!HOSTNAME.matcher(hostname).matches()) {
      throw invalid(field, hostname, "a lower-case DNS name");
    }
    return hostname;
  }

  /** A lower-case DNS name, {@code *.suffix}, or empty. */
  static String hostnamePattern(String field, String hostname) throws InvalidResourceException {
    String name = hostname.startsWith("*.") ? hostname.substring(2) : hostname;
    if (!hostname.isEmpty() && !HOSTNAME.matcher(name).matches()) {
      throw invalid(field, hostname, "a lower-case DNS name, *.suffix or nothing");
    }
    return hostname;
  }

  /** An absolute path as it may stand in a request target. */
  static String path(String field, String path) throws InvalidResourceException {
    if (!path.startsWith("/")) {
      throw invalid(field, path, "a path that starts with /");
    }
    return pathCharacters(field, path);
  }

  static String pathCharacters(String field, String path) throws InvalidResourceException {
    for (int i = 0; i < path.length(); i++) {
      char c = path.charAt(i);
      if (c <= ' ' || c >= 0x7f || c == '?' || c == '#') {
        throw invalid(field, path, "visible ASCII without ? and #");
      }
    }
    return path;
  }

  static Pattern regex(String field, String expression) throws InvalidResourceException {
    try {
      return Pattern.compile(expression);
    } catch (PatternSyntaxException e) {
      Matcher lines = java.util.regex.Pattern.compile("\\s+").matcher(e.getMessage());
      throw new InvalidResourceException(
          field
              + ": "
              + shown(expression)
              + " (expected an RE2 expression: "
              + lines.replaceAll(" ")
              + ")",
          e);
    }
  }
}
