package dev.nantian.gateway.proxy.pipeline;

import dev.nantian.gateway.proxy.config.Cluster;
import dev.nantian.gateway.proxy.config.Endpoint;
import dev.nantian.gateway.proxy.http.Cookies;
import dev.nantian.gateway.proxy.http.HeaderName;
import dev.nantian.gateway.proxy.http.RequestHead;
import dev.nantian.gateway.proxy.http.ResponseHead;
import dev.nantian.gateway.proxy.route.WeightedBackends;
import dev.nantian.gateway.proxy.session.Session;
import dev.nantian.gateway.proxy.session.SessionPolicy;
import dev.nantian.gateway.proxy.session.SessionSeal;
import dev.nantian.gateway.proxy.upstream.ClusterMember;
import dev.nantian.gateway.proxy.upstream.UpstreamPools;
import java.nio.charset.StandardCharsets;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * The session of one exchange (Gateway API GEP-1619): read from the request, told in the response.
 *
 * <p>A session whose endpoint is gone or out of order is followed by a new one elsewhere. One
 * object for one request that has a session policy.
 */
final class SessionSide {
  private static final HeaderName SET_COOKIE = HeaderName.of("set-cookie");

  private final SessionPolicy policy;
  private final long now;
  private final @Nullable Session presented;

  /**
   * @param now Unix seconds
   */
  SessionSide(SessionPolicy policy, RequestHead request, long now) {
    this.policy = policy;
    this.now = now;
    Optional<Session> found = read(policy, request);
    this.presented = found.filter(session -> policy.isCurrent(session, now)).orElse(null);
  }

  private static Optional<Session> read(SessionPolicy policy, RequestHead request) {
    return switch (policy.type()) {
      case COOKIE -> {
        long value = Cookies.find(request, policy.name().toString());
        yield value == Cookies.NONE
            ? Optional.empty()
            : policy.seal().open(request.bytes(), Cookies.offset(value), Cookies.length(value));
      }
      case HEADER -> {
        int slot = request.indexOf(policy.name(), 0);
        yield slot < 0
            ? Optional.empty()
            : policy
                .seal()
                .open(request.bytes(), request.valueOffset(slot), request.valueLength(slot));
      }
    };
  }

  /** The backend of a rule that the session is with; null if it is with none of them. */
  WeightedBackends.@Nullable Backend backend(WeightedBackends backends) {
    if (presented == null) {
      return null;
    }
    for (int i = 0; i < backends.size(); i++) {
      WeightedBackends.Backend backend = backends.get(i);
      Cluster cluster = backend.cluster();
      if (cluster != null && backends.weight(i) > 0 && isWith(cluster)) {
        return backend;
      }
    }
    return null;
  }

  private boolean isWith(Cluster cluster) {
    return presented != null && presented.cluster() == SessionSeal.clusterId(cluster.name());
  }

  /** The endpoint that the session is with, if it can serve. */
  @Nullable ClusterMember member(UpstreamPools pools, Cluster cluster) {
    if (presented == null || !isWith(cluster)) {
      return null;
    }
    ClusterMember member = pools.at(cluster, new Endpoint(presented.endpoint()));
    return member != null && member.isUsable() ? member : null;
  }

  /** The response comes from this endpoint: tells the client what it does not know yet. */
  void apply(Cluster cluster, ClusterMember member, boolean tls, ResponseHead response) {
    Session known = presented;
    boolean same =
        known != null && isWith(cluster) && known.endpoint().equals(member.endpoint().address());
    if (same && known != null && !policy.needsRefresh(known, now)) {
      return;
    }
    long issued = same && known != null ? known.issued() : now;
    String sealed =
        policy
            .seal()
            .seal(
                new Session(
                    SessionSeal.clusterId(cluster.name()),
                    member.endpoint().address(),
                    issued,
                    now));
    switch (policy.type()) {
      case HEADER -> response.set(policy.name(), ascii(sealed));
      case COOKIE -> response.add(SET_COOKIE, ascii(cookie(sealed, issued, tls)));
    }
  }

  private String cookie(String sealed, long issued, boolean tls) {
    return policy.name()
        + "="
        + sealed
        + "; Path=/; HttpOnly; SameSite=Lax"
        + (tls ? "; Secure" : "")
        + (policy.permanent() ? "; Max-Age=" + (issued + policy.absoluteSeconds() - now) : "");
  }

  private static byte[] ascii(String text) {
    return text.getBytes(StandardCharsets.US_ASCII);
  }
}
