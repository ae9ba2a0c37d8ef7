package dev.nantian.gateway.proxy.node;

import dev.nantian.gateway.proxy.config.Cluster;
import dev.nantian.gateway.proxy.config.RuntimeConfig;
import java.time.Instant;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What a proxy serves now, for those who only read: views, readiness, metrics.
 *
 * @param config in force on every loop
 * @param clusters every cluster by name
 * @param appliedAt when {@code config} came into force; null before there is one
 * @param ready true once a whole configuration is in force and its listeners are bound, and from
 *     then on
 * @param notReadyReason why not; empty if ready
 * @param snapshot what was found on disk at the start
 */
public record NodeState(
    RuntimeConfig config,
    List<Cluster> clusters,
    @Nullable Instant appliedAt,
    boolean ready,
    String notReadyReason,
    SnapshotStart snapshot) {
  /** Before anything was received. */
  public static final NodeState INITIAL =
      new NodeState(
          RuntimeConfig.EMPTY,
          List.of(),
          null,
          false,
          "no configuration yet",
          SnapshotStart.NOTHING);

  public NodeState {
    clusters = List.copyOf(clusters);
  }
}
