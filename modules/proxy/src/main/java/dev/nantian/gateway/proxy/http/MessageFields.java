package dev.nantian.gateway.proxy.http;

import static dev.nantian.gateway.proxy.http.FieldNames.CONNECTION;
import static dev.nantian.gateway.proxy.http.FieldNames.CONTENT_LENGTH;
import static dev.nantian.gateway.proxy.http.FieldNames.KEEP_ALIVE;
import static dev.nantian.gateway.proxy.http.FieldNames.PROXY_CONNECTION;
import static dev.nantian.gateway.proxy.http.FieldNames.TE;
import static dev.nantian.gateway.proxy.http.FieldNames.TRANSFER_ENCODING;
import static dev.nantian.gateway.proxy.http.FieldNames.UPGRADE;

import org.jspecify.annotations.Nullable;

/**
 * What the fields of an HTTP/1 head say about the message's end (RFC 9112 section 6) and about the
 * connection (RFC 9110 section 7.6.1).
 */
final class MessageFields {
  private static final int MAX_LENGTH_DIGITS = 18;

  /** Each is compared with every field: a head full of options would cost milliseconds. */
  private static final int MAX_CONNECTION_OPTIONS = 32;

  private MessageFields() {}

  /**
   * Records length, encoding and connection options in the head and removes the fields that must
   * not travel further: {@code Connection}, what it lists, {@code Keep-Alive}, {@code
   * Proxy-Connection}, {@code TE} and {@code Upgrade}.
   */
  static @Nullable Refusal interpret(Head head, int minorVersion) {
    int upgrades = 0;
    for (int slot = 0; slot < head.fieldCount(); slot++) {
      int hash = head.nameHash(slot);
      Refusal wrong = null;
      if (hash == CONTENT_LENGTH.hash() && head.is(slot, CONTENT_LENGTH)) {
        wrong = contentLength(head, slot);
      } else if (hash == TRANSFER_ENCODING.hash() && head.is(slot, TRANSFER_ENCODING)) {
        wrong = minorVersion == 0 ? Refusal.ENCODING_IN_HTTP_1_0 : transferEncoding(head, slot);
      } else if (hash == CONNECTION.hash() && head.is(slot, CONNECTION)) {
        wrong = connection(head, slot);
        head.removeSlot(slot);
      } else if (head.is(slot, TE)) {
        noteTrailers(head, slot);
        head.removeSlot(slot);
      } else if (head.is(slot, UPGRADE)) {
        // Two of them offer a choice that we do not make: neither is taken.
        upgrades++;
        head.upgrade(head.valueOffset(slot), head.valueLength(slot));
        head.removeSlot(slot);
      } else if (head.is(slot, KEEP_ALIVE) || head.is(slot, PROXY_CONNECTION)) {
        head.removeSlot(slot);
      }
      if (wrong != null) {
        return wrong;
      }
    }
    if (head.isChunked() && head.contentLength() >= 0) {
      return Refusal.LENGTH_AND_ENCODING;
    }
    if (upgrades != 1 || !head.listsUpgrade() || minorVersion == 0) {
      head.upgrade(0, 0); // RFC 9110 section 7.8: without Connection: upgrade it means nothing
    }
    if (minorVersion == 0 && !head.wantsKeepAlive()) {
      head.wantsClose(true); // RFC 9112 section 9.3
    }
    return null;
  }

  private static @Nullable Refusal contentLength(Head head, int slot) {
    if (head.contentLength() >= 0) {
      return Refusal.SEVERAL_CONTENT_LENGTHS;
    }
    byte[] bytes = head.bytes();
    int offset = head.valueOffset(slot);
    int count = head.valueLength(slot);
    if (count == 0 || count > MAX_LENGTH_DIGITS) {
      return Refusal.BAD_CONTENT_LENGTH;
    }
    long length = 0;
    for (int i = 0; i < count; i++) {
      byte digit = bytes[offset + i];
      if (digit == ',') {
        return Refusal.SEVERAL_CONTENT_LENGTHS;
      }
      if (!Octets.is(digit, Octets.DIGIT)) {
        return Refusal.BAD_CONTENT_LENGTH;
      }
      length = 10 * length + (digit - '0');
    }
    head.contentLength(length);
    return null;
  }

  private static @Nullable Refusal transferEncoding(Head head, int slot) {
    if (head.isChunked()) {
      return Refusal.BAD_TRANSFER_ENCODING;
    }
    byte[] bytes = head.bytes();
    int offset = head.valueOffset(slot);
    int length = head.valueLength(slot);
    if (Octets.equalsIgnoreCase(bytes, offset, length, "chunked")) {
      head.chunked(true);
      return null;
    }
    // "gzip, chunked" is legal and not ours to decode; anything whose end is not chunked has no
    // length that two recipients would agree on (RFC 9112 section 6.3 rule 4).
    int comma = -1;
    for (int i = offset; i < offset + length; i++) {
      if (bytes[i] == ',') {
        comma = i;
      }
    }
    int last = comma + 1;
    while (comma >= 0 && last < offset + length && FieldLine.isBlank(bytes[last])) {
      last++;
    }
    boolean endsChunked =
        comma > offset && Octets.equalsIgnoreCase(bytes, last, offset + length - last, "chunked");
    boolean startsChunked = length >= 7 && Octets.equalsIgnoreCase(bytes, offset, 7, "chunked");
    return endsChunked && !startsChunked
        ? Refusal.UNSUPPORTED_TRANSFER_ENCODING
        : Refusal.BAD_TRANSFER_ENCODING;
  }

  /** Of TE only {@code trailers} concerns us: we decode no transfer coding for a client. */
  private static void noteTrailers(Head head, int slot) {
    int end = head.valueOffset(slot) + head.valueLength(slot);
    for (int at = head.valueOffset(slot); at < end; ) {
      int start = at;
      while (at < end && head.bytes()[at] != ',') {
        at++;
      }
      int last = at;
      while (start < last && FieldLine.isBlank(head.bytes()[start])) {
        start++;
      }
      while (last > start && FieldLine.isBlank(head.bytes()[last - 1])) {
        last--;
      }
      if (Octets.equalsIgnoreCase(head.bytes(), start, last - start, "trailers")) {
        head.acceptsTrailers(true);
      }
      at++;
    }
  }

  private static @Nullable Refusal connection(Head head, int slot) {
    byte[] bytes = head.bytes();
    int at = head.valueOffset(slot);
    int end = at + head.valueLength(slot);
    int options = 0;
    while (at < end) {
      while (at < end && (FieldLine.isBlank(bytes[at]) || bytes[at] == ',')) {
        at++;
      }
      int start = at;
      while (at < end && Octets.is(bytes[at], Octets.TOKEN)) {
        at++;
      }
      int length = at - start;
      while (at < end && FieldLine.isBlank(bytes[at])) {
        at++;
      }
      if (at < end && bytes[at] != ',') {
        return Refusal.BAD_CONNECTION_OPTION;
      }
      if (length == 0) {
        continue;
      }
      options++;
      Refusal wrong =
          options > MAX_CONNECTION_OPTIONS
              ? Refusal.BAD_CONNECTION_OPTION
              : option(head, start, length);
      if (wrong != null) {
        return wrong;
      }
    }
    return null;
  }

  private static @Nullable Refusal option(Head head, int start, int length) {
    byte[] bytes = head.bytes();
    if (Octets.equalsIgnoreCase(bytes, start, length, "close")) {
      head.wantsClose(true);
    } else if (Octets.equalsIgnoreCase(bytes, start, length, "keep-alive")) {
      head.wantsKeepAlive(true);
    } else if (UPGRADE.matches(bytes, start, length)) {
      head.listsUpgrade(true);
    } else if (!TE.matches(bytes, start, length)) { // that one is read before it is removed
      int hash = HeaderName.hash(bytes, start, length);
      if (NameSet.NEVER_CONNECTION_OPTIONS.contains(bytes, start, length, hash)) {
        return Refusal.BAD_CONNECTION_OPTION;
      }
      for (int slot = 0; slot < head.fieldCount(); slot++) {
        if (head.nameHash(slot) == hash
            && head.isPresent(slot)
            && head.nameLength(slot) == length
            && sameName(bytes, head.nameOffset(slot), start, length)) {
          head.removeSlot(slot);
        }
      }
    }
    return null;
  }

  private static boolean sameName(byte[] bytes, int one, int other, int length) {
    for (int i = 0; i < length; i++) {
      if (Octets.LOWER[bytes[one + i] & 0xff] != Octets.LOWER[bytes[other + i] & 0xff]) {
        return false;
      }
    }
    return true;
  }
}
