package dev.nantian.gateway.proxy.route;

import com.google.re2j.Pattern;
import dev.nantian.gateway.proxy.http.RequestHead;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * A condition on a query parameter (HTTPQueryParamMatch).
 *
 * <p>Names and values are compared as a server reads them: percent escapes and {@code +} decoded
 * (WHATWG URL, application/x-www-form-urlencoded), an escape that is none taken literally. The
 * first parameter of the name decides, as the specification recommends.
 */
public final class QueryRule {
  private final byte[] name;
  private final ValueRule value;

  /**
   * @param name decoded, case-sensitive
   * @param value on the decoded value
   */
  public QueryRule(String name, ValueRule value) {
    this.name = name.getBytes(StandardCharsets.UTF_8);
    this.value = value;
  }

  /** The parameter's name. */
  public String name() {
    return new String(name, StandardCharsets.UTF_8);
  }

  /** The condition on its value. */
  public ValueRule value() {
    return value;
  }

  /** True if the query has the parameter and its first value fits. */
  boolean matches(RequestHead head) {
    if (head.queryLength() <= 0) {
      return false;
    }
    byte[] bytes = head.bytes();
    int at = head.queryOffset();
    int end = at + head.queryLength();
    while (at < end) {
      int stop = indexOf(bytes, at, end, '&');
      int equals = indexOf(bytes, at, stop, '=');
      if (equalsDecoded(bytes, at, equals, name)) {
        return valueMatches(bytes, Math.min(equals + 1, stop), stop);
      }
      at = stop + 1;
    }
    return false;
  }

  /** The decoded value of the first parameter of this name; null if there is none. */
  static byte @Nullable [] firstValue(String name, RequestHead head) {
    byte[] wanted = name.getBytes(StandardCharsets.UTF_8);
    byte[] bytes = head.bytes();
    int at = head.queryOffset();
    int end = at + Math.max(0, head.queryLength());
    while (at < end) {
      int stop = indexOf(bytes, at, end, '&');
      int equals = indexOf(bytes, at, stop, '=');
      if (equalsDecoded(bytes, at, equals, wanted)) {
        return decoded(bytes, Math.min(equals + 1, stop), stop);
      }
      at = stop + 1;
    }
    return null;
  }

  private boolean valueMatches(byte[] bytes, int from, int to) {
    return switch (value) {
      case ValueRule.Exact(byte[] expected) -> equalsDecoded(bytes, from, to, expected);
      case ValueRule.Regex(Pattern pattern) -> pattern.matches(decoded(bytes, from, to));
    };
  }

  private static int indexOf(byte[] bytes, int from, int to, char wanted) {
    int at = from;
    while (at < to && bytes[at] != wanted) {
      at++;
    }
    return at;
  }

  /** Compares while decoding, so that nothing is copied. */
  private static boolean equalsDecoded(byte[] bytes, int from, int to, byte[] expected) {
    int at = from;
    for (byte wanted : expected) {
      if (at >= to) {
        return false;
      }
      int step = isEscape(bytes, at, to) ? 3 : 1;
      if (decode(bytes, at, step) != wanted) {
        return false;
      }
      at += step;
    }
    return at == to;
  }

  private static byte[] decoded(byte[] bytes, int from, int to) {
    byte[] out = new byte[to - from];
    int length = 0;
    int at = from;
    while (at < to) {
      int step = isEscape(bytes, at, to) ? 3 : 1;
      out[length++] = decode(bytes, at, step);
      at += step;
    }
    return Arrays.copyOf(out, length);
  }

  private static byte decode(byte[] bytes, int at, int step) {
    if (step == 3) {
      return (byte) (hex(bytes[at + 1]) << 4 | hex(bytes[at + 2]));
    }
    return bytes[at] == '+' ? (byte) ' ' : bytes[at];
  }

  private static boolean isEscape(byte[] bytes, int at, int to) {
    return bytes[at] == '%' && at + 2 < to && hex(bytes[at + 1]) >= 0 && hex(bytes[at + 2]) >= 0;
  }

  private static int hex(byte b) {
    return Character.digit(b, 16);
  }
}
