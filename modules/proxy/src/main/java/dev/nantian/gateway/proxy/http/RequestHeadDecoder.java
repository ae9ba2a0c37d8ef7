package dev.nantian.gateway.proxy.http;

import org.jspecify.annotations.Nullable;

/**
 * Decodes request heads (RFC 9112 section 3), refusing whatever two recipients could understand
 * differently.
 *
 * <p>One for each client connection, touched by its event loop only.
 */
public final class RequestHeadDecoder extends HeadDecoder<RequestHead> {
  private static final int MAX_METHOD_BYTES = 32;
  private static final int VERSION_BYTES = 8; // HTTP/1.1

  private final RequestRules rules;

  public RequestHeadDecoder(HttpLimits limits, RequestRules rules) {
    super(limits);
    this.rules = rules;
  }

  @Override
  boolean allowsLeadingEmptyLine() {
    return true;
  }

  @Override
  Refusal malformedStartLine() {
    return Refusal.BAD_REQUEST_LINE;
  }

  @Override
  Refusal startLineTooLong() {
    return Refusal.URI_TOO_LONG;
  }

  @Override
  @Nullable Refusal startLine(RequestHead head, int start, int end) {
    byte[] bytes = head.bytes();
    int at = start;
    while (at < end && Octets.is(bytes[at], Octets.TOKEN)) {
      at++;
    }
    int methodLength = at - start;
    if (methodLength == 0) {
      return Octets.is(bytes[start], Octets.FIELD_VALUE)
          ? Refusal.BAD_REQUEST_LINE
          : Refusal.NOT_HTTP;
    }
    if (at == end || bytes[at] != ' ') {
      return at == end ? Refusal.BAD_REQUEST_LINE : Refusal.BAD_METHOD;
    }
    if (methodLength > MAX_METHOD_BYTES) {
      return Refusal.BAD_METHOD;
    }
    head.method(start, methodLength);
    int targetStart = at + 1;
    int targetEnd = end - VERSION_BYTES - 1;
    if (targetEnd <= targetStart || bytes[targetEnd] != ' ') {
      return Refusal.BAD_REQUEST_LINE;
    }
    Refusal wrong = version(head, targetEnd + 1);
    return wrong != null ? wrong : RequestTarget.decode(head, targetStart, targetEnd);
  }

  private static @Nullable Refusal version(RequestHead head, int at) {
    byte[] bytes = head.bytes();
    boolean wellFormed =
        bytes[at] == 'H'
            && bytes[at + 1] == 'T'
            && bytes[at + 2] == 'T'
            && bytes[at + 3] == 'P'
            && bytes[at + 4] == '/'
            && Octets.is(bytes[at + 5], Octets.DIGIT)
            && bytes[at + 6] == '.'
            && Octets.is(bytes[at + 7], Octets.DIGIT);
    if (!wellFormed) {
      return Refusal.BAD_VERSION;
    }
    if (bytes[at + 5] != '1' || bytes[at + 7] > '1') {
      return Refusal.UNSUPPORTED_VERSION;
    }
    head.minorVersion(bytes[at + 7] - '0');
    return null;
  }

  @Override
  @Nullable Refusal finish(RequestHead head) {
    Refusal wrong = Authority.decode(head);
    if (wrong == null) {
      wrong = MessageFields.interpret(head, head.minorVersion());
    }
    if (wrong == null) {
      wrong = expectation(head);
    }
    return wrong == null ? rules.apply(head) : wrong;
  }

  private static @Nullable Refusal expectation(RequestHead head) {
    for (int slot = head.indexOf(FieldNames.EXPECT, 0);
        slot >= 0;
        slot = head.indexOf(FieldNames.EXPECT, slot + 1)) {
      if (!Octets.equalsIgnoreCase(
          head.bytes(), head.valueOffset(slot), head.valueLength(slot), "100-continue")) {
        return Refusal.UNSUPPORTED_EXPECTATION;
      }
    }
    return null;
  }
}
