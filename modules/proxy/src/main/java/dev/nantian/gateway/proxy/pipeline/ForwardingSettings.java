package dev.nantian.gateway.proxy.pipeline;

import dev.nantian.gateway.proxy.http.RequestHead;
import dev.nantian.gateway.proxy.http.WebSocketHandshake;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What a forwarded request says of its origin.
 *
 * @param trustForwarded true: X-Forwarded-For is appended to, and the other received X-Forwarded
 *     fields, X-Real-IP and Forwarded pass. False (default): all are removed, since anybody can
 *     write them, and X-Forwarded-For, -Proto and -Host are ours
 * @param via our pseudonym in Via; null (default) adds none. RFC 9110 section 7.6.3 asks gateways
 *     for it; like other gateways we leave it out unless it is wanted: it tells backends and,
 *     echoed, clients what stands in front
 * @param upgrades protocols that an HTTP/1.1 connection may change to (RFC 9110 section 7.8), lower
 *     case; a request for another one goes on as if it had not asked
 * @param tunnelIdleMillis how long a connection that changed its protocol may be silent in both
 *     directions
 */
public record ForwardingSettings(
    boolean trustForwarded, @Nullable String via, List<String> upgrades, long tunnelIdleMillis) {
  private static final long TUNNEL_IDLE_MILLIS = 3_600_000;

  /** Nothing received is believed, WebSocket is allowed, an hour of silence. */
  public static final ForwardingSettings DEFAULT = new ForwardingSettings(false, null);

  public ForwardingSettings {
    upgrades = List.copyOf(upgrades);
    if (tunnelIdleMillis < 1) {
      throw new IllegalArgumentException(
          "tunnelIdleMillis: " + tunnelIdleMillis + " (expected 1 or more)");
    }
  }

  public ForwardingSettings(boolean trustForwarded, @Nullable String via) {
    this(trustForwarded, via, List.of("websocket"), TUNNEL_IDLE_MILLIS);
  }

  /** Whether the protocol that the head asks for is allowed. */
  boolean allowsUpgrade(RequestHead head) {
    for (String upgrade : upgrades) {
      if (head.isUpgradeTo(upgrade)) {
        return true;
      }
    }
    return false;
  }

  /** Whether clients may open WebSockets, by which HTTP/2 clients hear that they may (RFC 8441). */
  public boolean allowsWebSocket() {
    return upgrades.contains(WebSocketHandshake.PROTOCOL);
  }

  byte @Nullable [] viaValue() {
    return via == null ? null : ("1.1 " + via).getBytes(StandardCharsets.US_ASCII);
  }
}
