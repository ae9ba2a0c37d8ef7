package dev.nantian.gateway.proxy.pipeline;

import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;

/**
 * What a forwarded request says of its origin.
 *
 * @param trustForwarded true: X-Forwarded-For is appended to, and received X-Forwarded-Proto,
 *     X-Forwarded-Host and Forwarded pass. False (default): they are replaced, since anybody can
 *     write them
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
