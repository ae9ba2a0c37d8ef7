package dev.nantian.gateway.proxy.health;

/**
 * When an endpoint gets no requests for a while because of how it answers.
 *
 * @param consecutiveConnectionErrors connections that failed, or that ended before a response, in a
 *     row; 0 for never
 * @param consecutiveErrorStatuses responses with status 5xx, and timeouts, in a row; 0 for never
 * @param consecutiveSlow responses in a row that began later than {@code slowMillis}; 0 for never
 * @param slowMillis until the head of a response
 * @param baseEjectionMillis the first time; doubled each time after
 * @param maxEjectionMillis at most; an endpoint that was well for as long begins anew
 * @param maxEjectedPercent of the cluster's endpoints, rounded down
 * @param recoverySuccesses probes that must succeed before an endpoint is well again
 * @param panicPercent health is ignored while fewer of the endpoints are available
 */
public record OutlierPolicy(
    int consecutiveConnectionErrors,
    int consecutiveErrorStatuses,
    int consecutiveSlow,
    long slowMillis,
    long baseEjectionMillis,
    long maxEjectionMillis,
    int maxEjectedPercent,
    int recoverySuccesses,
    int panicPercent) {
  /**
   * Connection errors only: a status comes from the application, and a client that can provoke one
   * could take endpoints away from others.
   */
  public static final OutlierPolicy DEFAULT =
      new OutlierPolicy(2, 0, 0, 0, 2_000, 30_000, 50, 3, 25);

  public OutlierPolicy {
    if (consecutiveConnectionErrors < 0
        || consecutiveErrorStatuses < 0
        || consecutiveSlow < 0
        || (consecutiveSlow > 0 && slowMillis < 1)
        || baseEjectionMillis < 1
        || maxEjectionMillis < baseEjectionMillis
        || isNoPercentage(maxEjectedPercent)
        || recoverySuccesses < 1
        || isNoPercentage(panicPercent)) {
      throw new IllegalArgumentException(
          "counts "
              + consecutiveConnectionErrors
              + "/"
              + consecutiveErrorStatuses
              + "/"
              + consecutiveSlow
              + " (expected 0 or more), slow "
              + slowMillis
              + " ms, ejection "
              + baseEjectionMillis
              + " to "
              + maxEjectionMillis
              + " ms, percentages "
              + maxEjectedPercent
              + ", "
              + panicPercent
              + " (expected 0 to 100), recovery "
              + recoverySuccesses
              + " (expected 1 or more)");
    }
  }

  private static boolean isNoPercentage(int value) {
    return value < 0 || value > 100;
  }

  long ejectionMillis(int time) {
    int doublings = Math.min(time - 1, 30);
    return Math.min(maxEjectionMillis, baseEjectionMillis << doublings);
  }
}
