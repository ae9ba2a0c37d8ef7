package dev.nantian.gateway.proxy.http;

import java.nio.charset.StandardCharsets;

/**
 * A header name prepared for comparing with names in received bytes: case-insensitive (RFC 9110
 * section 5.1), without building strings.
 *
 * <p>Immutable.
 */
public final class HeaderName {
  private final String text;
  private final byte[] bytes;
  private final byte[] lower;
  private final int hash;

  private HeaderName(String text) {
    this.text = text;
    this.bytes = text.getBytes(StandardCharsets.US_ASCII);
    this.lower = bytes.clone();
    for (int i = 0; i < lower.length; i++) {
      lower[i] = (byte) toLower(lower[i]);
    }
    this.hash = hash(lower, 0, lower.length);
  }

  /**
   * The name as written in {@code text}, an RFC 9110 token; whether it is one is the caller's to
   * check.
   */
  public static HeaderName of(String text) {
    return new HeaderName(text);
  }

  /** The bytes as they go on the wire. Shared: do not write to them. */
  public byte[] bytes() {
    return bytes;
  }

  /** Equal for names that differ in case only; see {@link #hash(byte[], int, int)}. */
  public int hash() {
    return hash;
  }

  /** True if {@code source[offset, offset + length)} is this name in any case. */
  public boolean matches(byte[] source, int offset, int length) {
    if (length != lower.length) {
      return false;
    }
    for (int i = 0; i < length; i++) {
      if (toLower(source[offset + i]) != lower[i]) {
        return false;
      }
    }
    return true;
  }

  /** Case-insensitive hash of a name in received bytes, comparable with {@link #hash()}. */
  public static int hash(byte[] source, int offset, int length) {
    int h = length;
    for (int i = 0; i < length; i++) {
      h = 31 * h + toLower(source[offset + i]);
    }
    return h;
  }

  private static int toLower(byte b) {
    return b >= 'A' && b <= 'Z' ? b + ('a' - 'A') : b;
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof HeaderName name
        && name.hash == hash
        && name.matches(bytes, 0, bytes.length);
  }

  @Override
  public int hashCode() {
    return hash;
  }

  @Override
  public String toString() {
    return text;
  }
}
