package dev.nantian.gateway.proxy.http;

import org.jspecify.annotations.Nullable;

/**
 * Decodes response heads of HTTP/1 upstreams (RFC 9112 section 4).
 *
 * <p>One for each upstream connection, touched by its event loop only.
 */
public final class ResponseHeadDecoder extends HeadDecoder<ResponseHead> {
  public ResponseHeadDecoder(HttpLimits limits) {
    super(limits);
  }

  @Override
  boolean allowsLeadingEmptyLine() {
    return false;
  }

  @Override
  Refusal malformedStartLine() {
    return Refusal.BAD_STATUS_LINE;
  }

  @Override
  Refusal startLineTooLong() {
    return Refusal.BAD_STATUS_LINE;
  }

  /** {@code HTTP/1.x SP 3DIGIT [SP reason]}; the blank before an empty reason may be missing. */
  @Override
  @Nullable Refusal startLine(ResponseHead head, int start, int end) {
    byte[] bytes = head.bytes();
    boolean wellFormed =
        end - start >= 12
            && bytes[start] == 'H'
            && bytes[start + 1] == 'T'
            && bytes[start + 2] == 'T'
            && bytes[start + 3] == 'P'
            && bytes[start + 4] == '/'
            && bytes[start + 5] == '1'
            && bytes[start + 6] == '.'
            && (bytes[start + 7] == '0' || bytes[start + 7] == '1')
            && bytes[start + 8] == ' '
            && Octets.is(bytes[start + 9], Octets.DIGIT)
            && Octets.is(bytes[start + 10], Octets.DIGIT)
            && Octets.is(bytes[start + 11], Octets.DIGIT)
            && (end - start == 12 || bytes[start + 12] == ' ');
    if (!wellFormed) {
      return Refusal.BAD_STATUS_LINE;
    }
    int status =
        100 * (bytes[start + 9] - '0') + 10 * (bytes[start + 10] - '0') + bytes[start + 11] - '0';
    if (status < 100) {
      return Refusal.BAD_STATUS_LINE;
    }
    for (int i = start + 12; i < end; i++) {
      if (!Octets.is(bytes[i], Octets.FIELD_VALUE)) {
        return Refusal.BAD_STATUS_LINE;
      }
    }
    head.status(status);
    head.minorVersion(bytes[start + 7] - '0');
    if (end - start == 12) {
      head.rewrite(); // the blank after the status is not optional for our client
    }
    int reasonOffset = Math.min(start + 13, end);
    head.reason(reasonOffset, end - reasonOffset);
    return null;
  }

  @Override
  @Nullable Refusal finish(ResponseHead head) {
    return MessageFields.interpret(head, head.minorVersion());
  }
}
