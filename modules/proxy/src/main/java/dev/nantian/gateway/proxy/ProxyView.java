package dev.nantian.gateway.proxy;

import dev.nantian.gateway.proxy.config.Cluster;
import dev.nantian.gateway.proxy.config.ConfigView;
import dev.nantian.gateway.proxy.config.Endpoint;
import dev.nantian.gateway.proxy.health.EndpointHealth;
import dev.nantian.gateway.proxy.http.HttpLimits;
import dev.nantian.gateway.proxy.http.RequestRules;
import dev.nantian.gateway.proxy.listener.Listeners;
import dev.nantian.gateway.proxy.node.ConfigActor;
import dev.nantian.gateway.proxy.node.NodeState;
import dev.nantian.gateway.proxy.node.SnapshotStart;
import dev.nantian.gateway.proxy.pipeline.Worker;
import dev.nantian.gateway.proxy.route.Explanation;
import dev.nantian.gateway.proxy.upstream.EndpointPool;
import dev.nantian.gateway.proxy.view.BackendRow;
import dev.nantian.gateway.proxy.view.ExplainRequest;
import dev.nantian.gateway.proxy.view.RequestExplainer;
import dev.nantian.gateway.proxy.view.RouteRow;
import dev.nantian.gateway.proxy.view.RouteRows;
import dev.nantian.gateway.proxy.xds.AdsStatus;
import io.netty.util.NetUtil;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.atomic.AtomicReference;
import org.apache.pekko.actor.typed.ActorRef;
import org.apache.pekko.actor.typed.ActorSystem;
import org.apache.pekko.actor.typed.javadsl.AskPattern;
import org.jspecify.annotations.Nullable;

/** What a proxy holds and does, as plain records for JSON. Holds no secret. Thread-safe. */
public final class ProxyView {
  private static final Duration ASK_TIMEOUT = Duration.ofSeconds(5);

  private final ActorSystem<?> system;
  private final ActorRef<ConfigActor.Command> config;
  private final AtomicReference<NodeState> state;
  private final AtomicReference<AdsStatus> controlPlane;
  private final DataPlane dataPlane;
  private final HttpLimits limits;
  private final RequestRules rules;

  ProxyView(
      ActorSystem<?> system,
      ActorRef<ConfigActor.Command> config,
      AtomicReference<NodeState> state,
      AtomicReference<AdsStatus> controlPlane,
      DataPlane dataPlane,
      HttpLimits limits,
      RequestRules rules) {
    this.system = system;
    this.config = config;
    this.state = state;
    this.controlPlane = controlPlane;
    this.dataPlane = dataPlane;
    this.limits = limits;
    this.rules = rules;
  }

  NodeState state() {
    return state.get();
  }

  /**
   * The state in short.
   *
   * @param ready true once a whole configuration is in force and its listeners are bound
   * @param notReadyReason empty if ready
   * @param revision of the compiled configuration; 0 before there is one
   * @param appliedAt when it came into force
   * @param controlPlane the connection to the control plane
   * @param snapshot what was found on disk at the start
   */
  public record Status(
      boolean ready,
      String notReadyReason,
      long revision,
      @Nullable Instant appliedAt,
      AdsStatus controlPlane,
      SnapshotStart snapshot) {}

  /** The state in short. */
  public Status status() {
    NodeState now = state.get();
    return new Status(
        now.ready(),
        now.notReadyReason(),
        now.config().revision(),
        now.appliedAt(),
        controlPlane.get(),
        now.snapshot());
  }

  /** Every resource by type and name with its version and state, and every listener. */
  public CompletionStage<ConfigView> config() {
    return AskPattern.ask(config, ConfigActor.GetView::new, ASK_TIMEOUT, system.scheduler());
  }

  /** The open sockets with their connections. */
  public List<Listeners.View> sockets() {
    return dataPlane.listenerViews();
  }

  /** The merged table of each hostname of each listener, in the order in which it is searched. */
  public List<RouteRow> routes() {
    return RouteRows.of(state.get().config());
  }

  /** Which way a request would take, and why. */
  public Explanation explain(ExplainRequest request) {
    return RequestExplainer.explain(state.get().config(), request, limits, rules);
  }

  /** The clusters with their endpoints, and the pools of each endpoint summed over the loops. */
  public CompletionStage<List<BackendRow>> backends() {
    List<Cluster> clusters = state.get().clusters();
    List<CompletableFuture<Map<Endpoint, BackendRow.EndpointRow>>> perLoop = new ArrayList<>();
    for (Worker worker : dataPlane.workers()) {
      // The pools are the loop's own: it makes the copy.
      perLoop.add(CompletableFuture.supplyAsync(() -> pools(worker), worker.loop()));
    }
    return CompletableFuture.allOf(perLoop.toArray(CompletableFuture[]::new))
        .thenApply(
            _ -> {
              Map<Endpoint, BackendRow.EndpointRow> sums = new HashMap<>();
              for (CompletableFuture<Map<Endpoint, BackendRow.EndpointRow>> loop : perLoop) {
                loop.join().forEach((endpoint, row) -> sums.merge(endpoint, row, ProxyView::sum));
              }
              return clusters.stream().map(cluster -> row(cluster, sums)).toList();
            });
  }

  private static Map<Endpoint, BackendRow.EndpointRow> pools(Worker worker) {
    Map<Endpoint, BackendRow.EndpointRow> rows = new HashMap<>();
    for (EndpointPool pool : worker.pools().all()) {
      rows.put(
          pool.endpoint(),
          new BackendRow.EndpointRow(
              text(pool.endpoint()),
              pool.open(),
              pool.idle(),
              pool.outstanding(),
              pool.connects(),
              pool.connectFailures(),
              "",
              0));
    }
    return rows;
  }

  private static BackendRow.EndpointRow sum(
      BackendRow.EndpointRow one, BackendRow.EndpointRow other) {
    return new BackendRow.EndpointRow(
        one.address(),
        one.connectionsOpen() + other.connectionsOpen(),
        one.connectionsIdle() + other.connectionsIdle(),
        one.requestsOutstanding() + other.requestsOutstanding(),
        one.connects() + other.connects(),
        one.connectFailures() + other.connectFailures(),
        "",
        0);
  }

  private static BackendRow row(Cluster cluster, Map<Endpoint, BackendRow.EndpointRow> sums) {
    return new BackendRow(
        cluster.name(),
        cluster.protocol().name(),
        cluster.externalName(),
        cluster.state().health().stream()
            .map(
                health ->
                    row(
                        health,
                        sums.getOrDefault(
                            new Endpoint(health.address()),
                            new BackendRow.EndpointRow(
                                NetUtil.toSocketAddressString(health.address()),
                                0,
                                0,
                                0,
                                0,
                                0,
                                "",
                                0))))
            .toList());
  }

  private static BackendRow.EndpointRow row(EndpointHealth health, BackendRow.EndpointRow sum) {
    return new BackendRow.EndpointRow(
        sum.address(),
        sum.connectionsOpen(),
        sum.connectionsIdle(),
        sum.requestsOutstanding(),
        sum.connects(),
        sum.connectFailures(),
        health.isCheckFailed() ? "check_failed" : health.state().name().toLowerCase(Locale.ROOT),
        health.millisUntilTried());
  }

  private static String text(Endpoint endpoint) {
    return NetUtil.toSocketAddressString(endpoint.address());
  }
}
