package dev.nantian.gateway.proxy.listener;

import dev.nantian.gateway.proxy.http.HttpLimits;
import dev.nantian.gateway.proxy.http.RequestRules;
import dev.nantian.gateway.proxy.listener.h2.Http2Limits;
import dev.nantian.gateway.proxy.proxyprotocol.TrustedSenders;

/**
 * What client connections may do.
 *
 * @param headTimeoutMillis from a head's first byte (or the connection's begin, or a TLS
 *     handshake's) to its end: 408
 * @param idleTimeoutMillis how long a kept connection may wait for the next request
 * @param streamIdleTimeoutMillis how long a request under way may go without a byte in either
 *     direction before it is cut
 * @param maxConnections connections of one loop; no more are accepted until one ends
 * @param maxRequestsPerConnection the last one's response ends the connection; 0 (default) for no
 *     limit
 * @param bodies for request bodies
 * @param limits for request heads and chunks
 * @param rules for what two recipients may read differently
 * @param proxyHeaders ports that ask for the PROXY protocol, and whom they trust
 * @param http2 for HTTP/2 connections
 */
public record ConnectionSettings(
    long headTimeoutMillis,
    long idleTimeoutMillis,
    long streamIdleTimeoutMillis,
    int maxConnections,
    int maxRequestsPerConnection,
    BodyLimits bodies,
    HttpLimits limits,
    RequestRules rules,
    TrustedSenders proxyHeaders,
    Http2Limits http2) {
  /** 10 s for a head, 75 s idle, 5 min without a byte, 50,000 connections. */
  public static final ConnectionSettings DEFAULT =
      new ConnectionSettings(
          10_000,
          75_000,
          300_000,
          50_000,
          0,
          BodyLimits.DEFAULT,
          HttpLimits.DEFAULT,
          RequestRules.DEFAULT,
          TrustedSenders.NONE,
          Http2Limits.DEFAULT);

  public ConnectionSettings {
    if (headTimeoutMillis < 1 || idleTimeoutMillis < 1 || streamIdleTimeoutMillis < 1) {
      throw new IllegalArgumentException(
          "headTimeoutMillis "
              + headTimeoutMillis
              + ", idleTimeoutMillis "
              + idleTimeoutMillis
              + ", streamIdleTimeoutMillis "
              + streamIdleTimeoutMillis
              + " (each expected 1 or more)");
    }
    if (maxConnections < 1 || maxRequestsPerConnection < 0) {
      throw new IllegalArgumentException(
          "maxConnections "
              + maxConnections
              + " (expected 1 or more), maxRequestsPerConnection "
              + maxRequestsPerConnection
              + " (expected 0 or more)");
    }
  }

  /** The same with other times. */
  public ConnectionSettings withTimeouts(long headMillis, long idleMillis, long streamIdleMillis) {
    return new ConnectionSettings(
        headMillis,
        idleMillis,
        streamIdleMillis,
        maxConnections,
        maxRequestsPerConnection,
        bodies,
        limits,
        rules,
        proxyHeaders,
        http2);
  }

  /** The same with other ports that ask for the PROXY protocol. */
  public ConnectionSettings withProxyHeaders(TrustedSenders senders) {
    return new ConnectionSettings(
        headTimeoutMillis,
        idleTimeoutMillis,
        streamIdleTimeoutMillis,
        maxConnections,
        maxRequestsPerConnection,
        bodies,
        limits,
        rules,
        senders,
        http2);
  }
}
