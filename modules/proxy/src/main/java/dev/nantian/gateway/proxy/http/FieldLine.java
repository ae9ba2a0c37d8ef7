package dev.nantian.gateway.proxy.http;

import org.jspecify.annotations.Nullable;

/** One field line (RFC 9112 section 5): {@code name ":" OWS value OWS}. */
final class FieldLine {
  private FieldLine() {}

  /** Checks {@code [start, end)} of the head's bytes and records it as a field. */
  static @Nullable Refusal decode(Head head, int start, int end) {
    byte[] bytes = head.bytes();
    int at = start;
    // The hash is HeaderName.hash, whose start value is the length, known only at the colon:
    // keep the power of 31 and add the length's share then. Saves a second pass over the name.
    int hash = 0;
    int power = 1;
    while (at < end) {
      int c = bytes[at] & 0xff;
      if ((Octets.CLASS[c] & Octets.TOKEN) == 0) {
        break;
      }
      hash = 31 * hash + Octets.LOWER[c];
      power *= 31;
      at++;
    }
    int nameLength = at - start;
    if (nameLength == 0 || at == end || bytes[at] != ':') {
      boolean folded = nameLength == 0 && (bytes[start] == ' ' || bytes[start] == '\t');
      return folded ? Refusal.LINE_FOLDING : Refusal.BAD_FIELD_NAME;
    }
    int valueStart = at + 1;
    while (valueStart < end && isBlank(bytes[valueStart])) {
      valueStart++;
    }
    int valueEnd = end;
    while (valueEnd > valueStart && isBlank(bytes[valueEnd - 1])) {
      valueEnd--;
    }
    for (int i = valueStart; i < valueEnd; i++) {
      if ((Octets.CLASS[bytes[i] & 0xff] & Octets.FIELD_VALUE) == 0) {
        return Refusal.BAD_FIELD_VALUE;
      }
    }
    head.record(start, nameLength, valueStart, valueEnd - valueStart, nameLength * power + hash);
    return null;
  }

  static boolean isBlank(byte b) {
    return b == ' ' || b == '\t';
  }
}
