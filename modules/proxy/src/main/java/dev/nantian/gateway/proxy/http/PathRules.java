package dev.nantian.gateway.proxy.http;

import java.nio.charset.StandardCharsets;

/**
 * What becomes of the parts of a path that two recipients read differently. docs/limits.md has the
 * table, decision 0013 the reasons.
 *
 * <p>What the grammar of RFC 3986 has no place for (control bytes, backslash, malformed escapes)
 * and what no honest client sends (an escaped NUL, overlong UTF-8) is refused whatever is set here.
 *
 * @param dotSegments {@code .} and {@code ..}, written plainly or escaped: REJECT (default) or
 *     RESOLVE (RFC 3986 section 5.2.4; above the root is refused all the same)
 * @param emptySegments {@code //}: MERGE (default), KEEP or REJECT
 * @param escapedUnreserved {@code %41} for {@code A}: DECODE (default; RFC 3986 section 6.2.2.2),
 *     KEEP or REJECT
 * @param escapedSlash {@code %2f}: REJECT (default), KEEP as data, or DECODE into a separator
 * @param escapedBackslash {@code %5c}: REJECT (default) or KEEP as data
 * @param escapedControls {@code %01} to {@code %1f} and {@code %7f}: REJECT (default) or KEEP
 * @param doubleEscapes {@code %25} before two hexadecimal digits: KEEP (default) as data, or REJECT
 * @param parameters {@code ;}: KEEP (default) as data, or REJECT. A dot segment with parameters is
 *     refused in any case
 * @param invalidUtf8 escapes that are not UTF-8: REJECT (default) or KEEP
 * @param nonAscii bytes above 0x7e, unescaped, in path or query: REJECT (default) or ENCODE
 */
public record PathRules(
    Dots dotSegments,
    Empty emptySegments,
    Unreserved escapedUnreserved,
    Slash escapedSlash,
    Data escapedBackslash,
    Data escapedControls,
    Data doubleEscapes,
    Data parameters,
    Data invalidUtf8,
    NonAscii nonAscii) {
  /** For dot segments. */
  public enum Dots {
    REJECT,
    RESOLVE
  }

  /** For empty segments. */
  public enum Empty {
    MERGE,
    KEEP,
    REJECT
  }

  /** For escapes of characters that need none. */
  public enum Unreserved {
    DECODE,
    KEEP,
    REJECT
  }

  /** For escaped slashes. */
  public enum Slash {
    REJECT,
    KEEP,
    DECODE
  }

  /** For what may pass as it is. */
  public enum Data {
    REJECT,
    KEEP
  }

  /** For bytes that are not ASCII. */
  public enum NonAscii {
    REJECT,
    ENCODE
  }

  /** Each component's default. */
  public static final PathRules DEFAULT =
      new PathRules(
          Dots.REJECT,
          Empty.MERGE,
          Unreserved.DECODE,
          Slash.REJECT,
          Data.REJECT,
          Data.REJECT,
          Data.KEEP,
          Data.KEEP,
          Data.REJECT,
          NonAscii.REJECT);

  /**
   * A route's path in the form that requests have, whatever the rules: needless escapes decoded,
   * needed ones in upper case. As it is if no request can have it.
   */
  public static String ofRule(String path) {
    return new String(
        CanonicalPath.ofRule(path.getBytes(StandardCharsets.UTF_8)), StandardCharsets.UTF_8);
  }
}
