package dev.nantian.gateway.control.source.kubernetes;

import dev.nantian.gateway.control.kubernetes.api.ResourcePath;
import dev.nantian.gateway.control.source.Kind;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;

/**
 * What is to be watched of a kind.
 *
 * @param name for people
 * @param paths of all its objects, the preferred version first
 * @param fieldSelector which of them; empty: all
 * @param dispensable whether it is done without while it may not be read
 */
record WatchedKind(String name, List<String> paths, String fieldSelector, boolean dispensable) {

  /**
   * Kinds that only add something to serve, and without which nothing is served otherwise than it
   * should be. The others are waited for: without Secrets certificates would be taken from proxies
   * that have them, without BackendTLSPolicies backends would be spoken to in the clear.
   */
  private static final Set<Kind> DISPENSABLE =
      Set.copyOf(
          EnumSet.of(
              Kind.LISTENER_SET,
              Kind.GRPC_ROUTE,
              Kind.TLS_ROUTE,
              Kind.TCP_ROUTE,
              Kind.UDP_ROUTE,
              Kind.BACKEND_LB_POLICY));

  /**
   * The cluster's nodes, which are no part of the configuration and so no {@link Kind}. Who asks
   * for them waits for them: without, addresses would be taken from the statuses of Gateways.
   */
  static final WatchedKind NODES = new WatchedKind("Node", List.of("/api/v1/nodes"), "", false);

  WatchedKind {
    paths = List.copyOf(paths);
  }

  static WatchedKind of(Kind kind) {
    return new WatchedKind(
        kind.toString(),
        kind.apiVersions().stream().map(version -> ResourcePath.all(kind, version)).toList(),
        // Old releases of Helm charts are by far the largest Secrets, and never referred to.
        kind == Kind.SECRET ? "type!=helm.sh/release.v1" : "",
        DISPENSABLE.contains(kind));
  }

  @Override
  public String toString() {
    return name;
  }
}
