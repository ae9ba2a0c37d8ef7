package dev.nantian.gateway.proxy.http;

import org.jspecify.annotations.Nullable;

/**
 * Takes the decoded fields of a backend's HTTP/2 response or trailers into a head (RFC 9113
 * sections 8.1 to 8.3).
 *
 * <p>One for each connection, touched by its event loop only.
 */
public final class Http2ResponseReader {
  private static final int STATUS_LENGTH = ":status".length();

  private final int maxFields;
  private @Nullable ResponseHead response;
  private @Nullable Head head;
  private int status;
  private boolean regularSeen;
  private @Nullable Refusal refusal;

  public Http2ResponseReader(HttpLimits limits) {
    this.maxFields = limits.maxFields();
  }

  /** A response's fields follow, interim or final; {@code into} is cleared. */
  public void begin(ResponseHead into) {
    begin((Head) into);
    response = into;
  }

  /** Trailers follow; {@code into} is cleared. */
  public void begin(Trailers into) {
    begin((Head) into);
    response = null;
  }

  private void begin(Head into) {
    into.clear();
    head = into;
    status = 0;
    regularSeen = false;
    refusal = null;
  }

  /** What follows concerns nobody any more. */
  public void ignore() {
    head = null;
    status = 0;
    refusal = null;
  }

  /** The status so far; 0 before it was seen and in trailers. */
  public int status() {
    return status;
  }

  /** Takes a field; after the first that is wrong, all others are passed over. */
  public void field(
      byte[] name, int nameOffset, int nameLength, byte[] value, int offset, int length) {
    Head into = head;
    if (into == null || refusal != null) {
      return;
    }
    if (nameLength > 0 && name[nameOffset] == ':') {
      refusal = pseudo(name, nameOffset, nameLength, value, offset, length);
      return;
    }
    regularSeen = true;
    refusal = check(name, nameOffset, nameLength, value, offset, length);
    if (refusal == null && into.fieldCount() == maxFields) {
      refusal = Refusal.TOO_MANY_FIELDS;
    }
    if (refusal != null) {
      return;
    }
    int at = into.reserve(nameLength + length);
    System.arraycopy(name, nameOffset, into.bytes(), at, nameLength);
    System.arraycopy(value, offset, into.bytes(), at + nameLength, length);
    int hash = HeaderName.hash(name, nameOffset, nameLength);
    into.record(at, nameLength, at + nameLength, length, hash);
  }

  private @Nullable Refusal pseudo(
      byte[] name, int nameOffset, int nameLength, byte[] value, int offset, int length) {
    boolean good =
        response != null
            && status == 0
            && !regularSeen
            && nameLength == STATUS_LENGTH
            && Octets.equalsIgnoreCase(name, nameOffset, nameLength, ":status")
            && length == 3
            && value[offset] >= '1'
            && Octets.is(value[offset], Octets.DIGIT)
            && Octets.is(value[offset + 1], Octets.DIGIT)
            && Octets.is(value[offset + 2], Octets.DIGIT);
    if (!good) {
      return Refusal.BAD_STATUS_LINE;
    }
    status = 100 * (value[offset] - '0') + 10 * (value[offset + 1] - '0') + value[offset + 2] - '0';
    return null;
  }

  /** Names are tokens in lower case; values have no control bytes and no blanks around them. */
  private static @Nullable Refusal check(
      byte[] name, int nameOffset, int nameLength, byte[] value, int offset, int length) {
    if (nameLength == 0) {
      return Refusal.BAD_FIELD_NAME;
    }
    for (int i = nameOffset; i < nameOffset + nameLength; i++) {
      if (!Octets.is(name[i], Octets.TOKEN) || Octets.LOWER[name[i] & 0xff] != name[i]) {
        return Refusal.BAD_FIELD_NAME;
      }
    }
    for (int i = offset; i < offset + length; i++) {
      if (!Octets.is(value[i], Octets.FIELD_VALUE)) {
        return Refusal.BAD_FIELD_VALUE;
      }
    }
    boolean blanksAround =
        length > 0
            && (FieldLine.isBlank(value[offset]) || FieldLine.isBlank(value[offset + length - 1]));
    return blanksAround ? Refusal.BAD_FIELD_VALUE : null;
  }

  /** All fields were taken; returns why they are refused, null if they are good. */
  public @Nullable Refusal finish() {
    ResponseHead of = response;
    Head any = head;
    if (refusal != null || any == null) {
      return refusal;
    }
    if (of == null) {
      return ((Trailers) any).isForbidden() ? Refusal.BAD_TRAILER : null;
    }
    if (status == 0) {
      return Refusal.BAD_STATUS_LINE;
    }
    // RFC 9113 section 8.2.2: such a field makes the response malformed.
    if (of.contains(FieldNames.CONNECTION)
        || of.contains(FieldNames.TRANSFER_ENCODING)
        || of.contains(FieldNames.UPGRADE)
        || of.contains(FieldNames.KEEP_ALIVE)
        || of.contains(FieldNames.PROXY_CONNECTION)) {
      return Refusal.BAD_CONNECTION_OPTION;
    }
    of.status(status);
    return MessageFields.interpret(of, 1);
  }
}
