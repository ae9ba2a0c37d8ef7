package dev.nantian.gateway.proxy.http;

/** The only check that the fuzz targets need. */
public final class Outcomes {
  private Outcomes() {}

  /**
   * @throws AssertionError if the texts differ
   */
  public static void same(String what, Object expected, Object actual) {
    if (!expected.equals(actual)) {
      throw new AssertionError(what + ": " + actual + " instead of " + expected);
    }
  }
}
