package dev.nantian.gateway.proxy.http;

import static dev.nantian.gateway.proxy.http.PathRules.Data;
import static dev.nantian.gateway.proxy.http.PathRules.Dots;
import static dev.nantian.gateway.proxy.http.PathRules.Empty;
import static dev.nantian.gateway.proxy.http.PathRules.NonAscii;
import static dev.nantian.gateway.proxy.http.PathRules.Slash;
import static dev.nantian.gateway.proxy.http.PathRules.Unreserved;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * The one form of a path that is matched, authorised and forwarded (decision 0013).
 *
 * <p>{@link #isPlain} finds in one pass that nothing is to be done, which is so for nearly every
 * request. Otherwise the path is written anew: escapes in upper-case hexadecimal and only where
 * needed, what RFC 3986 has no place for escaped, segments as {@link PathRules} say. Doing that
 * twice changes nothing more.
 *
 * <p>Not reused: one object for one path.
 */
final class CanonicalPath {
  private static final byte[] HEX = "0123456789ABCDEF".getBytes(StandardCharsets.US_ASCII);

  private final PathRules rules;
  private final byte[] out;
  private int length;
  private int segmentStart;
  private int dots;
  private boolean onlyDots = true;
  private boolean parameters;
  private boolean divided;
  private boolean hiddenDots;
  private int hexAfterPercent = -1; // digits since an escaped percent sign, -1 for none
  private boolean doubleEscape;
  private final Utf8Check utf8 = new Utf8Check();

  private CanonicalPath(PathRules rules, int capacity) {
    this.rules = rules;
    this.out = new byte[capacity];
  }

  /**
   * Makes the head's path, and its query where it has bytes to be encoded, canonical.
   *
   * @return why the request is refused; null if it is not
   */
  static @Nullable Refusal apply(RequestHead head, PathRules rules) {
    byte[] bytes = head.bytes();
    int start = head.pathOffset();
    int end = start + head.pathLength();
    if (bytes[start] == '/' && !isPlain(bytes, start, end)) {
      CanonicalPath path = new CanonicalPath(rules, 3 * (end - start));
      Refusal wrong = path.write(bytes, start, end);
      if (wrong != null) {
        return wrong;
      }
      head.path(head.append(Arrays.copyOf(path.out, path.length)), path.length);
    }
    return head.queryLength() > 0 ? query(head, rules) : null;
  }

  /** A route's path in the form that requests have; as it is if no request can have it. */
  static byte[] ofRule(byte[] path) {
    if (path.length == 0 || path[0] != '/' || isPlain(path, 0, path.length)) {
      return path;
    }
    CanonicalPath canonical =
        new CanonicalPath(
            new PathRules(
                Dots.REJECT,
                Empty.KEEP,
                Unreserved.DECODE,
                Slash.KEEP,
                Data.KEEP,
                Data.KEEP,
                Data.KEEP,
                Data.KEEP,
                Data.KEEP,
                NonAscii.ENCODE),
            3 * path.length);
    return canonical.write(path, 0, path.length) == null
        ? Arrays.copyOf(canonical.out, canonical.length)
        : path;
  }

  /** True if nothing in {@code [start, end)} is other than in every canonical form. */
  static boolean isPlain(byte[] bytes, int start, int end) {
    int segment = start + 1;
    for (int at = segment; at < end; at++) {
      byte b = bytes[at];
      if (Octets.is(b, Octets.PLAIN_PATH)) {
        continue;
      }
      if (b == '/' && at > segment) {
        segment = at + 1;
      } else if (b != '.' || at == segment) {
        return false;
      }
    }
    return true;
  }

  private @Nullable Refusal write(byte[] bytes, int start, int end) {
    put('/');
    segmentStart = length;
    int at = start + 1;
    while (at < end) {
      int b = bytes[at] & 0xff;
      Refusal wrong;
      if (b == '%') {
        int value = RequestTarget.escaped(bytes, at, end);
        wrong = value < 0 ? Refusal.BAD_PERCENT_ESCAPE : escape(value);
        at += 3;
      } else {
        wrong = plain(b);
        at++;
      }
      if (wrong != null) {
        return wrong;
      }
    }
    utf8.boundary();
    if (utf8.isOverlong() || (!utf8.isValid() && rules.invalidUtf8() == Data.REJECT)) {
      return Refusal.BAD_UTF8;
    }
    if (doubleEscape && rules.doubleEscapes() == Data.REJECT) {
      return Refusal.DOUBLE_ESCAPE;
    }
    boolean atSlash = length == segmentStart;
    return atSlash ? null : endSegment(false);
  }

  private @Nullable Refusal plain(int b) {
    if (b < 0x80) {
      utf8.boundary();
    }
    if (b == '/') {
      return endSegment(true);
    }
    if (b == ';') {
      parameters = true;
      hexAfterPercent = -1;
      put(b);
      return rules.parameters() == Data.REJECT ? Refusal.PATH_PARAMETER : null;
    }
    if (b >= 0x80) {
      if (rules.nonAscii() == NonAscii.REJECT) {
        return Refusal.BAD_TARGET;
      }
      utf8.take(b);
      data(b, true);
    } else {
      // Browsers send [ ] { } | ^ ` as they are; escaped they are the same to everybody.
      data(b, !Octets.is((byte) b, Octets.PLAIN_PATH | Octets.DOT));
    }
    return null;
  }

  private @Nullable Refusal escape(int value) {
    if (value < 0x80) {
      utf8.boundary();
    }
    if (value == 0) {
      return Refusal.BAD_PERCENT_ESCAPE;
    }
    if (value == '/') {
      return switch (rules.escapedSlash()) {
        case REJECT -> Refusal.ESCAPED_SLASH;
        case DECODE -> endSegment(true);
        case KEEP -> divide(value);
      };
    }
    if (value == '\\') {
      return rules.escapedBackslash() == Data.REJECT ? Refusal.ESCAPED_BACKSLASH : divide(value);
    }
    if (value >= 0x80) {
      utf8.take(value);
    } else if (Octets.is((byte) value, Octets.UNRESERVED)) {
      if (rules.escapedUnreserved() == Unreserved.REJECT) {
        return Refusal.NEEDLESS_ESCAPE;
      }
      data(value, rules.escapedUnreserved() == Unreserved.KEEP);
      return null;
    } else if (value < ' ' || value == 0x7f) {
      if (rules.escapedControls() == Data.REJECT) {
        return Refusal.ESCAPED_CONTROL;
      }
    }
    data(value, true);
    return null;
  }

  /** A character of a segment that separates nothing. */
  private void data(int value, boolean escaped) {
    hexAfterPercent = value == '%' ? 0 : Octets.hex((byte) value) < 0 ? -1 : hexAfterPercent;
    if (hexAfterPercent >= 0 && value != '%') {
      hexAfterPercent++;
      doubleEscape |= hexAfterPercent == 2;
    }
    if (!parameters) {
      if (value == '.') {
        dots++;
      } else {
        onlyDots = false;
      }
    }
    if (escaped) {
      putEscaped(value);
    } else {
      put(value);
    }
  }

  /** A separator that is kept as data: some next hops will divide here all the same. */
  private @Nullable Refusal divide(int value) {
    hiddenDots |= dotsHidden();
    divided = true;
    dots = 0;
    onlyDots = true;
    hexAfterPercent = -1;
    parameters = false;
    putEscaped(value);
    return null;
  }

  private boolean dotsHidden() {
    return onlyDots && (dots == 1 || dots == 2);
  }

  private @Nullable Refusal endSegment(boolean bySlash) {
    boolean dotSegment = dotsHidden();
    int count = dots;
    boolean disguised = hiddenDots || (dotSegment && (divided || parameters));
    boolean isEmpty = length == segmentStart;
    dots = 0;
    onlyDots = true;
    hexAfterPercent = -1;
    parameters = false;
    divided = false;
    hiddenDots = false;
    if (disguised || (dotSegment && rules.dotSegments() == Dots.REJECT)) {
      return Refusal.DOT_SEGMENT;
    }
    if (dotSegment) {
      return resolve(count);
    }
    if (isEmpty && rules.emptySegments() == Empty.REJECT) {
      return Refusal.EMPTY_SEGMENT;
    }
    if (bySlash && !(isEmpty && rules.emptySegments() == Empty.MERGE)) {
      put('/');
    }
    segmentStart = length;
    return null;
  }

  /** RFC 3986 section 5.2.4: drops this segment, and for two dots the one before it. */
  private @Nullable Refusal resolve(int count) {
    length = segmentStart;
    if (count == 2) {
      if (length == 1) {
        return Refusal.DOT_SEGMENT; // above the root: there is nothing that it could mean
      }
      length--;
      while (out[length - 1] != '/') {
        length--;
      }
    }
    segmentStart = length;
    return null;
  }

  private void put(int b) {
    out[length++] = (byte) b;
  }

  private void putEscaped(int b) {
    put('%');
    put(HEX[b >> 4]);
    put(HEX[b & 15]);
  }

  /** Encodes bytes that are not ASCII; everything else of a query stays as it is. */
  private static @Nullable Refusal query(RequestHead head, PathRules rules) {
    byte[] bytes = head.bytes();
    int start = head.queryOffset();
    int end = start + head.queryLength();
    int first = start;
    while (first < end && bytes[first] >= 0) {
      first++;
    }
    if (first == end) {
      return null;
    }
    if (rules.nonAscii() == NonAscii.REJECT) {
      return Refusal.BAD_TARGET;
    }
    CanonicalPath query = new CanonicalPath(rules, 3 * (end - start));
    for (int at = start; at < end; at++) {
      if (bytes[at] < 0) {
        query.utf8.take(bytes[at] & 0xff);
        query.putEscaped(bytes[at] & 0xff);
      } else {
        query.utf8.boundary();
        query.put(bytes[at]);
      }
    }
    query.utf8.boundary();
    if (!query.utf8.isValid()) {
      return Refusal.BAD_UTF8;
    }
    head.query(head.append(Arrays.copyOf(query.out, query.length)), query.length);
    return null;
  }
}
