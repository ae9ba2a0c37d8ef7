package dev.nantian.gateway.proxy.health;

import java.util.Set;

/**
 * Active checks of a cluster's endpoints.
 *
 * @param probe what is asked
 * @param intervalMillis between the checks of one endpoint, up to a tenth more or less
 * @param timeoutMillis until a check counts as failed
 * @param unhealthyThreshold failures in a row that take an endpoint out
 * @param healthyThreshold successes in a row that bring it back
 * @param port 0 for the endpoint's own
 */
public record CheckPolicy(
    Probe probe,
    long intervalMillis,
    long timeoutMillis,
    int unhealthyThreshold,
    int healthyThreshold,
    int port) {
  /** What is asked of an endpoint. */
  public sealed interface Probe {}

  /**
   * GET over HTTP/1.1.
   *
   * @param statuses that are good
   */
  public record Http(String path, String host, Set<Integer> statuses) implements Probe {
    public Http {
      statuses = Set.copyOf(statuses);
    }
  }

  /**
   * grpc.health.v1.Health/Check over cleartext HTTP/2.
   *
   * @param service empty for the server as a whole
   */
  public record Grpc(String service) implements Probe {}

  /** A connection is made and closed. */
  public record Tcp() implements Probe {}

  public CheckPolicy {
    if (intervalMillis < 1
        || timeoutMillis < 1
        || unhealthyThreshold < 1
        || healthyThreshold < 1
        || port < 0
        || port > 65_535) {
      throw new IllegalArgumentException(
          "interval "
              + intervalMillis
              + " ms, timeout "
              + timeoutMillis
              + " ms, thresholds "
              + unhealthyThreshold
              + ", "
              + healthyThreshold
              + " (expected 1 or more), port "
              + port
              + " (expected 0 to 65535)");
    }
  }
}
