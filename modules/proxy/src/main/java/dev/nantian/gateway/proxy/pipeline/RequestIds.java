package dev.nantian.gateway.proxy.pipeline;

import dev.nantian.gateway.proxy.http.FieldNames;
import dev.nantian.gateway.proxy.http.Head;
import java.security.SecureRandom;

/**
 * Makes {@code x-request-id}s: 32 hexadecimal digits, the first half random for each loop of each
 * process, the second a scrambled count, so unique and cheap. Not a secret.
 */
final class RequestIds {
  private static final int DIGITS = 32;
  private static final byte[] HEX =
      "0123456789abcdef".getBytes(java.nio.charset.StandardCharsets.US_ASCII);

  private final long prefix;
  private long count;

  RequestIds() {
    SecureRandom random = new SecureRandom();
    prefix = random.nextLong();
    count = random.nextLong();
  }

  /** Adds the field with a new id. */
  void addTo(Head head) {
    byte[] name = FieldNames.X_REQUEST_ID.bytes();
    int nameOffset = head.append(name);
    int valueOffset = head.reserve(DIGITS);
    // An odd factor maps different counts to different numbers.
    write(head.bytes(), valueOffset, prefix);
    write(head.bytes(), valueOffset + DIGITS / 2, count++ * 0x9e3779b97f4a7c15L);
    head.record(nameOffset, name.length, valueOffset, DIGITS, FieldNames.X_REQUEST_ID.hash());
  }

  private static void write(byte[] out, int offset, long value) {
    for (int i = 0; i < 16; i++) {
      out[offset + i] = HEX[(int) (value >>> (60 - 4 * i)) & 15];
    }
  }
}
