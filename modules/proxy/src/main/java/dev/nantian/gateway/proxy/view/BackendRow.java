package dev.nantian.gateway.proxy.view;

import java.util.List;

/**
 * One port of a service with its endpoints.
 *
 * @param cluster {@code namespace/name:port}
 * @param protocol HTTP1 or H2C
 * @param externalName the DNS name that gives the endpoints; empty if the control plane does
 * @param endpoints that may get requests
 */
public record BackendRow(
    String cluster, String protocol, String externalName, List<EndpointRow> endpoints) {

  /**
   * An endpoint with the sums of its pools on all loops, and its health in this cluster.
   *
   * @param address IP address and port
   * @param connectionsOpen open or being opened
   * @param connectionsIdle without a request
   * @param requestsOutstanding that have or await a connection
   * @param connects connections made so far
   * @param connectFailures connections that could not be made so far
   * @param health healthy, ejected, probing or check_failed
   * @param millisUntilTried while ejected, until it gets a request again
   */
  public record EndpointRow(
      String address,
      int connectionsOpen,
      int connectionsIdle,
      int requestsOutstanding,
      long connects,
      long connectFailures,
      String health,
      long millisUntilTried) {}
}
