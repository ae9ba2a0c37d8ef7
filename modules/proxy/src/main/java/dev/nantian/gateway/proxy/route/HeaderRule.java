package dev.nantian.gateway.proxy.route;

import com.google.re2j.Pattern;
import dev.nantian.gateway.proxy.http.Head;
import dev.nantian.gateway.proxy.http.HeaderName;
import java.util.Arrays;

/**
 * A condition on a header (HTTPHeaderMatch).
 *
 * <p>Field lines of one name are compared as one value joined by commas (RFC 9110 section 5.3).
 *
 * @param name in any case
 * @param value on the joined value
 */
public record HeaderRule(HeaderName name, ValueRule value) {

  /** True if the head has the header and its value fits. */
  boolean matches(Head head) {
    int slot = head.indexOf(name, 0);
    if (slot < 0) {
      return false;
    }
    return switch (value) {
      case ValueRule.Exact(byte[] expected) -> equalsJoined(head, slot, expected);
      case ValueRule.Regex(Pattern pattern) -> pattern.matches(joined(name, head, slot));
    };
  }

  private boolean equalsJoined(Head head, int first, byte[] expected) {
    byte[] bytes = head.bytes();
    int at = 0;
    int slot = first;
    while (true) {
      int length = head.valueLength(slot);
      int offset = head.valueOffset(slot);
      if (length > expected.length - at
          || !Arrays.equals(bytes, offset, offset + length, expected, at, at + length)) {
        return false;
      }
      at += length;
      slot = head.indexOf(name, slot + 1);
      if (slot < 0) {
        return at == expected.length;
      }
      if (at == expected.length || expected[at] != ',') {
        return false;
      }
      at++;
    }
  }

  /** The values of all lines from {@code first} on, joined by commas. */
  static byte[] joined(HeaderName name, Head head, int first) {
    byte[] bytes = head.bytes();
    int length = -1;
    for (int slot = first; slot >= 0; slot = head.indexOf(name, slot + 1)) {
      length += head.valueLength(slot) + 1;
    }
    byte[] joined = new byte[length];
    int at = 0;
    for (int slot = first; slot >= 0; slot = head.indexOf(name, slot + 1)) {
      if (at > 0 || slot != first) {
        joined[at++] = ',';
      }
      System.arraycopy(bytes, head.valueOffset(slot), joined, at, head.valueLength(slot));
      at += head.valueLength(slot);
    }
    return joined;
  }
}
