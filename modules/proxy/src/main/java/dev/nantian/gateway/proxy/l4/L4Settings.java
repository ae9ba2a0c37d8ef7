package dev.nantian.gateway.proxy.l4;

/**
 * What layer 4 connections and sessions may do.
 *
 * @param connectTimeoutMillis for one connection attempt
 * @param connectAttempts endpoints that are tried before a connection is given up
 * @param tcpIdleTimeoutMillis how long a connection may go without a byte in either direction
 * @param udpIdleTimeoutMillis how long a session may go without a datagram in either direction
 * @param maxUdpSessions sessions of one listening socket on one loop; datagrams of further clients
 *     are dropped and counted
 */
public record L4Settings(
    int connectTimeoutMillis,
    int connectAttempts,
    long tcpIdleTimeoutMillis,
    long udpIdleTimeoutMillis,
    int maxUdpSessions) {
  /** 5 s for a connection, three endpoints, one hour, one minute, 16,384 sessions. */
  public static final L4Settings DEFAULT = new L4Settings(5_000, 3, 3_600_000, 60_000, 16_384);

  public L4Settings {
    if (connectTimeoutMillis < 1
        || connectAttempts < 1
        || tcpIdleTimeoutMillis < 1
        || udpIdleTimeoutMillis < 1
        || maxUdpSessions < 1) {
      throw new IllegalArgumentException(
          "connectTimeoutMillis "
              + connectTimeoutMillis
              + ", connectAttempts "
              + connectAttempts
              + ", tcpIdleTimeoutMillis "
              + tcpIdleTimeoutMillis
              + ", udpIdleTimeoutMillis "
              + udpIdleTimeoutMillis
              + ", maxUdpSessions "
              + maxUdpSessions
              + " (each expected 1 or more)");
    }
  }
}
