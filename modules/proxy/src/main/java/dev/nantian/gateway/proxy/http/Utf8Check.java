package dev.nantian.gateway.proxy.http;

/**
 * Follows bytes through UTF-8 (RFC 3629) one by one.
 *
 * <p>Overlong forms are kept apart from other faults: they exist only to hide a character.
 */
final class Utf8Check {
  private int pending;
  private int lowest;
  private int highest;
  private boolean valid = true;
  private boolean overlong;

  /** Takes a byte of 0x80 or above. */
  void take(int b) {
    if (pending > 0) {
      overlong |= b >= 0x80 && b < lowest && lowest > 0x80;
      valid &= b >= lowest && b <= highest;
      pending = valid ? pending - 1 : 0;
      lowest = 0x80;
      highest = 0xbf;
      return;
    }
    lowest = 0x80;
    highest = 0xbf;
    if (b == 0xc0 || b == 0xc1) {
      overlong = true;
      valid = false;
    } else if (b >= 0xc2 && b <= 0xdf) {
      pending = 1;
    } else if (b >= 0xe0 && b <= 0xef) {
      pending = 2;
      lowest = b == 0xe0 ? 0xa0 : 0x80;
      highest = b == 0xed ? 0x9f : 0xbf; // surrogates
    } else if (b >= 0xf0 && b <= 0xf4) {
      pending = 3;
      lowest = b == 0xf0 ? 0x90 : 0x80;
      highest = b == 0xf4 ? 0x8f : 0xbf;
    } else {
      valid = false;
    }
  }

  /** A byte below 0x80 or the end has come: nothing may be pending. */
  void boundary() {
    if (pending > 0) {
      valid = false;
      pending = 0;
    }
  }

  boolean isValid() {
    return valid;
  }

  boolean isOverlong() {
    return overlong;
  }
}
