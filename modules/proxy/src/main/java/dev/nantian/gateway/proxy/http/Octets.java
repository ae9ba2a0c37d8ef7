package dev.nantian.gateway.proxy.http;

/**
 * Classes of bytes as tables: one load and one test for each byte of a head.
 *
 * <p>A class is a bit of {@link #CLASS}.
 */
final class Octets {
  /** RFC 9110 section 5.6.2. */
  static final int TOKEN = 1;

  /** RFC 9110 section 5.5: visible, obs-text, SP and HTAB. */
  static final int FIELD_VALUE = 2;

  /**
   * What we take in a path: RFC 3986 pchar, slash, percent, and what browsers send unescaped. Not
   * {@code " < > \}: next hops disagree on these. Bytes above 0x7f are {@link PathRules}'.
   */
  static final int PATH = 4;

  /** The same with the question mark. */
  static final int QUERY = 8;

  /** Registered names as DNS has them, and IPv4. */
  static final int HOST = 16;

  /** What every canonical path has as it is, apart from slashes and dots. */
  static final int PLAIN_PATH = 128;

  /** RFC 3986 section 2.3. */
  static final int UNRESERVED = 256;

  static final int DOT = 512;
  static final int DIGIT = 32;
  static final int HEX = 64;

  static final short[] CLASS = new short[256];
  static final byte[] LOWER = new byte[256];

  static {
    mark(TOKEN, "!#$%&'*+-.^_`|~");
    mark(PATH | QUERY, "/%-._~!$&'()*+,;=:@[]{}|^`");
    mark(QUERY, "?");
    mark(HOST, "-._~");
    mark(PLAIN_PATH, "-_~!$&'()*+,=:@");
    mark(UNRESERVED, "-._~");
    mark(DOT, ".");
    for (int c = 0; c < 256; c++) {
      LOWER[c] = (byte) (c >= 'A' && c <= 'Z' ? c + ('a' - 'A') : c);
      boolean digit = c >= '0' && c <= '9';
      boolean letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
      if (digit || letter) {
        CLASS[c] |= TOKEN | PATH | QUERY | HOST | PLAIN_PATH | UNRESERVED;
      }
      if (digit) {
        CLASS[c] |= DIGIT;
      }
      if (digit || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F')) {
        CLASS[c] |= HEX;
      }
      if (c == '\t' || (c >= ' ' && c != 0x7f)) {
        CLASS[c] |= FIELD_VALUE;
      }
    }
  }

  private Octets() {}

  private static void mark(int octetClass, String chars) {
    for (int i = 0; i < chars.length(); i++) {
      CLASS[chars.charAt(i)] |= (short) octetClass;
    }
  }

  static boolean is(byte b, int octetClass) {
    return (CLASS[b & 0xff] & octetClass) != 0;
  }

  /** Value of a hexadecimal digit, -1 for any other byte. */
  static int hex(byte b) {
    if (b >= '0' && b <= '9') {
      return b - '0';
    }
    int lower = b | 0x20;
    return lower >= 'a' && lower <= 'f' ? lower - 'a' + 10 : -1;
  }

  /** True if the range is {@code lowerCaseText} in any case. */
  static boolean equalsIgnoreCase(byte[] bytes, int offset, int length, String lowerCaseText) {
    if (length != lowerCaseText.length()) {
      return false;
    }
    for (int i = 0; i < length; i++) {
      if (LOWER[bytes[offset + i] & 0xff] != lowerCaseText.charAt(i)) {
        return false;
      }
    }
    return true;
  }
}
