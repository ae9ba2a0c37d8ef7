package dev.nantian.gateway.proxy.http;

import java.util.function.IntFunction;

/** The checks that the fuzz targets share. */
public final class Outcomes {
  /** Small, so that a short input meets them. */
  static final HttpLimits LIMITS = new HttpLimits(400, 1200, 600, 20, 24, 100);

  private Outcomes() {}

  /**
   * What becomes of an input that is read whole, byte by byte, and in steps of up to 63 bytes.
   *
   * @param outcome by the number of bytes of a read
   * @throws AssertionError if it depends on the reads
   */
  static String howeverCut(byte[] data, IntFunction<String> outcome) {
    String atOnce = outcome.apply(data.length + 1);
    same("byte by byte", atOnce, outcome.apply(1));
    for (int step = 2; step < Math.min(data.length, 64); step++) {
      same("in steps of " + step, atOnce, outcome.apply(step));
    }
    return atOnce;
  }

  /**
   * @throws AssertionError if the texts differ
   */
  public static void same(String what, Object expected, Object actual) {
    if (!expected.equals(actual)) {
      throw new AssertionError(what + ": " + actual + " instead of " + expected);
    }
  }
}
