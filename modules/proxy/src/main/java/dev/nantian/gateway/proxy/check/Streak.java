package dev.nantian.gateway.proxy.check;

/**
 * Results of the checks of one endpoint: a verdict changes after enough results in a row that
 * contradict it. Begins as up.
 */
final class Streak {
  private boolean up = true;
  private int against;

  /**
   * Takes a result.
   *
   * @return true if the verdict changed
   */
  boolean add(boolean passed, int unhealthyThreshold, int healthyThreshold) {
    if (passed == up) {
      against = 0;
      return false;
    }
    against++;
    if (against < (up ? unhealthyThreshold : healthyThreshold)) {
      return false;
    }
    up = passed;
    against = 0;
    return true;
  }

  boolean isUp() {
    return up;
  }
}
