package dev.nantian.gateway.proxy.http;

/**
 * Finds cookies in a request's Cookie fields (RFC 6265 section 4.2.1) without building strings.
 * HTTP/2 may split them over several fields (RFC 9113 section 8.2.3).
 */
public final class Cookies {
  /** The request has no such cookie. */
  public static final long NONE = -1;

  private static final HeaderName COOKIE = HeaderName.of("cookie");

  private Cookies() {}

  /**
   * The value of the first cookie of this name (names are case-sensitive).
   *
   * @return {@link #NONE}, or a place for {@link #offset} and {@link #length}
   */
  public static long find(Head head, String name) {
    for (int slot = head.indexOf(COOKIE, 0); slot >= 0; slot = head.indexOf(COOKIE, slot + 1)) {
      int end = head.valueOffset(slot) + head.valueLength(slot);
      int at = head.valueOffset(slot);
      while (at < end) {
        int pairEnd = endOfPair(head.bytes(), at, end);
        if (isNamed(head.bytes(), at, pairEnd, name)) {
          int value = at + name.length() + 1;
          return ((long) value << 32) | (pairEnd - value);
        }
        at = pairEnd + 1;
        while (at < end && head.bytes()[at] == ' ') {
          at++;
        }
      }
    }
    return NONE;
  }

  /** Where the value begins in {@link Head#bytes()}. */
  public static int offset(long found) {
    return (int) (found >>> 32);
  }

  /** Length of the value. */
  public static int length(long found) {
    return (int) found;
  }

  private static int endOfPair(byte[] bytes, int from, int end) {
    int at = from;
    while (at < end && bytes[at] != ';') {
      at++;
    }
    return at;
  }

  private static boolean isNamed(byte[] bytes, int from, int end, String name) {
    int length = name.length();
    if (end - from <= length || bytes[from + length] != '=') {
      return false;
    }
    for (int i = 0; i < length; i++) {
      if (bytes[from + i] != name.charAt(i)) {
        return false;
      }
    }
    return true;
  }
}
