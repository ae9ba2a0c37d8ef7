package dev.nantian.gateway.proxy.pipeline;

import java.nio.charset.StandardCharsets;
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
 */
public record ForwardingSettings(boolean trustForwarded, @Nullable String via) {
  public static final ForwardingSettings DEFAULT = new ForwardingSettings(false, null);

  byte @Nullable [] viaValue() {
    return via == null ? null : ("1.1 " + via).getBytes(StandardCharsets.US_ASCII);
  }
}
