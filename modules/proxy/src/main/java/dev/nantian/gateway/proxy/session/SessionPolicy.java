package dev.nantian.gateway.proxy.session;

import dev.nantian.gateway.proxy.http.HeaderName;

/**
 * How sessions stay with an endpoint.
 *
 * @param name of the cookie or header
 * @param type what the client keeps
 * @param absoluteSeconds after which a session ends, 0 for never
 * @param idleSeconds without a request after which it ends, 0 for never
 * @param permanent whether the cookie outlives the browser's session
 * @param seal what opens and closes it
 */
public record SessionPolicy(
    HeaderName name,
    Type type,
    long absoluteSeconds,
    long idleSeconds,
    boolean permanent,
    SessionSeal seal) {
  /** What the client keeps. */
  public enum Type {
    COOKIE,
    HEADER
  }

  public SessionPolicy {
    if (absoluteSeconds < 0 || idleSeconds < 0 || (permanent && absoluteSeconds == 0)) {
      throw new IllegalArgumentException(
          "absoluteSeconds "
              + absoluteSeconds
              + ", idleSeconds "
              + idleSeconds
              + " (expected 0 or more; a permanent cookie needs an absolute timeout)");
    }
  }

  /** Whether a session is still good at this time (Unix seconds). */
  public boolean isCurrent(Session session, long now) {
    return (absoluteSeconds == 0 || now - session.issued() < absoluteSeconds)
        && (idleSeconds == 0 || now - session.used() < idleSeconds)
        && session.issued() <= now + 60; // clocks of proxies differ a little
  }

  /** Whether the client must be told that its session was used: after a tenth of the idle time. */
  public boolean needsRefresh(Session session, long now) {
    return idleSeconds > 0 && (now - session.used()) * 10 >= idleSeconds;
  }
}
