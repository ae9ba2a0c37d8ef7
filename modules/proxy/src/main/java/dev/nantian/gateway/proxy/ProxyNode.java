package dev.nantian.gateway.proxy;

import dev.nantian.gateway.proxy.check.CheckActor;
import dev.nantian.gateway.proxy.check.Prober;
import dev.nantian.gateway.proxy.config.ConfigStore;
import dev.nantian.gateway.proxy.config.RuntimeConfig;
import dev.nantian.gateway.proxy.dns.NameResolver;
import dev.nantian.gateway.proxy.dns.NettyNameResolver;
import dev.nantian.gateway.proxy.filter.FilterFactories;
import dev.nantian.gateway.proxy.listener.BindFailure;
import dev.nantian.gateway.proxy.node.ConfigActor;
import dev.nantian.gateway.proxy.node.ConfigMetrics;
import dev.nantian.gateway.proxy.node.NodeState;
import dev.nantian.gateway.proxy.snapshot.SnapshotFile;
import dev.nantian.gateway.proxy.takeover.InheritedSockets;
import dev.nantian.gateway.proxy.takeover.LentSocket;
import dev.nantian.gateway.proxy.tls.TlsContexts;
import dev.nantian.gateway.proxy.xds.AdsClient;
import dev.nantian.gateway.proxy.xds.AdsStatus;
import io.micrometer.core.instrument.MeterRegistry;
import java.net.InetSocketAddress;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.atomic.AtomicReference;
import org.apache.pekko.Done;
import org.apache.pekko.actor.typed.ActorRef;
import org.apache.pekko.actor.typed.ActorSystem;
import org.apache.pekko.actor.typed.DispatcherSelector;
import org.apache.pekko.actor.typed.Props;
import org.apache.pekko.actor.typed.javadsl.AskPattern;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A proxy: the data plane, and the actors that keep it configured.
 *
 * <p>It serves what is on disk before it has reached a control plane, and goes on serving when it
 * loses one. Thread-safe.
 */
public final class ProxyNode {
  private static final Logger LOG = LoggerFactory.getLogger(ProxyNode.class);
  private static final Duration FLUSH_TIMEOUT = Duration.ofSeconds(5);

  /** A snapshot of 10,000 routes takes some two seconds; later the rest starts beside it. */
  private static final Duration SNAPSHOT_FIRST = Duration.ofSeconds(30);

  private final ActorSystem<?> system;
  private final DataPlane dataPlane;
  private final NameResolver names;
  private final Prober prober;
  private final ActorRef<CheckActor.Command> checks;
  private final ActorRef<ConfigActor.Command> config;
  private final AdsClient.Parts clientParts;
  private final ProxyView view;
  private ActorRef<AdsClient.Command> client;
  private int clients;

  private ProxyNode(
      ActorSystem<?> system,
      DataPlane dataPlane,
      NameResolver names,
      Prober prober,
      ActorRef<CheckActor.Command> checks,
      ActorRef<ConfigActor.Command> config,
      AdsClient.Parts clientParts,
      ProxyView view) {
    this.system = system;
    this.dataPlane = dataPlane;
    this.names = names;
    this.prober = prober;
    this.checks = checks;
    this.config = config;
    this.clientParts = clientParts;
    this.client = connect();
    this.view = view;
  }

  /**
   * Starts a proxy. Returns when what is on disk is being served, and blocks so long.
   *
   * @param system its configuration holds {@link
   *     dev.nantian.gateway.proxy.loop.LoopDispatchers#config}; it must outlive the proxy
   */
  public static ProxyNode start(
      ActorSystem<?> system, ProxySettings settings, MeterRegistry registry) {
    return start(system, settings, registry, FilterFactories.installed());
  }

  /**
   * Starts a proxy.
   *
   * @param filters the types of filters that routes may use; without this parameter, those that the
   *     class path offers
   */
  public static ProxyNode start(
      ActorSystem<?> system,
      ProxySettings settings,
      MeterRegistry registry,
      FilterFactories filters) {
    return start(system, settings, registry, filters, null);
  }

  /**
   * Starts a proxy that goes on with another process's sockets. It accepts nothing until {@link
   * #accept}.
   */
  public static ProxyNode startAfter(
      InheritedSockets inherited,
      ActorSystem<?> system,
      ProxySettings settings,
      MeterRegistry registry) {
    return start(system, settings, registry, FilterFactories.installed(), inherited);
  }

  private static ProxyNode start(
      ActorSystem<?> system,
      ProxySettings settings,
      MeterRegistry registry,
      FilterFactories filters,
      @Nullable InheritedSockets inherited) {
    Preparation.await();
    DataPlane dataPlane = DataPlane.start(system, settings.dataPlane(), registry, inherited);
    NameResolver names = new NettyNameResolver();
    ConfigMetrics metrics = new ConfigMetrics(registry);
    AtomicReference<NodeState> state = new AtomicReference<>(NodeState.INITIAL);
    AtomicReference<AdsStatus> status =
        new AtomicReference<>(AdsStatus.connecting(settings.controlPlane()));
    Path folder = settings.dataFolder();
    ActorRef<ConfigActor.Command> config =
        system.systemActorOf(
            ConfigActor.create(
                new ConfigActor.Parts(
                    () ->
                        new ConfigStore(
                            settings.bindAddress(),
                            new TlsContexts(settings.ticketRotation()),
                            filters),
                    applied -> serve(dataPlane, applied),
                    folder == null ? null : new SnapshotFile(folder),
                    names,
                    metrics,
                    system.dispatchers().lookup(DispatcherSelector.blocking()),
                    Clock.systemUTC(),
                    state::set)),
            "proxy-config",
            DispatcherSelector.fromConfig("nantian.proxy.config-dispatcher"));
    if (folder != null && inherited == null) {
      awaitSnapshot(system, config);
    }
    Prober prober = new Prober();
    ActorRef<CheckActor.Command> checks =
        system.systemActorOf(
            CheckActor.create(() -> state.get().clusters(), prober, registry),
            "proxy-checks",
            Props.empty());
    var clientParts =
        new AdsClient.Parts(
            settings.controlPlane(), settings.node(), settings.backoff(), config, metrics, status);
    ProxyView view =
        new ProxyView(
            system,
            config,
            state,
            status,
            dataPlane,
            settings.dataPlane().connections().limits(),
            settings.dataPlane().connections().rules());
    return new ProxyNode(system, dataPlane, names, prober, checks, config, clientParts, view);
  }

  private synchronized ActorRef<AdsClient.Command> connect() {
    clients++; // an actor's name is free only some time after its end
    return system.systemActorOf(
        AdsClient.create(clientParts), "proxy-xds-" + clients, Props.empty());
  }

  /**
   * Whatever else starts would take processors from the first request: the client of the control
   * plane, the checks, and the caller's own servers.
   */
  private static void awaitSnapshot(ActorSystem<?> system, ActorRef<ConfigActor.Command> config) {
    // Reading the snapshot is the actor's first message, so any answer comes after it.
    CompletionStage<ConfigActor.Versions> answer =
        AskPattern.ask(config, ConfigActor.GetVersions::new, SNAPSHOT_FIRST, system.scheduler());
    try {
      answer.toCompletableFuture().join();
    } catch (CompletionException e) {
      LOG.warn("snapshot not read within {}, starting without waiting for it", SNAPSHOT_FIRST, e);
    }
  }

  private static CompletionStage<Map<InetSocketAddress, String>> serve(
      DataPlane dataPlane, RuntimeConfig config) {
    return dataPlane
        .apply(config)
        .thenApply(
            failures -> {
              Map<InetSocketAddress, String> reasons = new HashMap<>();
              for (BindFailure failure : failures) {
                reasons.put(failure.address(), failure.reason());
              }
              return reasons;
            });
  }

  /** What it holds and does, for the admin endpoint. */
  public ProxyView view() {
    return view;
  }

  /** True once a whole configuration is in force and its listeners are bound. */
  public boolean ready() {
    return view.state().ready();
  }

  private synchronized void disconnect() {
    client.tell(new AdsClient.Stop());
  }

  /** Whether its transport lets it take part in hand-overs. */
  public boolean handsOver() {
    return dataPlane.transport().handsOver();
  }

  /**
   * Prepares to be followed by another process: leaves the control plane, where that one will have
   * the same name, brings all it has to disk, and lends its sockets. It goes on serving.
   */
  public CompletionStage<List<LentSocket>> freeze() {
    disconnect();
    CompletionStage<Done> frozen =
        AskPattern.askWithStatus(
            config, ConfigActor.Freeze::new, FLUSH_TIMEOUT, system.scheduler());
    return frozen.thenApply(_ -> dataPlane.lend());
  }

  /** The other process did not come about. */
  public synchronized void thaw() {
    config.tell(new ConfigActor.Thaw());
    client = connect();
  }

  /** The other process serves: accepts no more; {@link #drainAndStop} follows. */
  public CompletionStage<Void> handedOver() {
    return dataPlane.handedOver();
  }

  /** Accepts from now on, after {@link #startAfter}. */
  public CompletionStage<Void> accept() {
    return dataPlane.accept();
  }

  /**
   * Leaves the control plane, stops listening, lets requests under way end until the deadline, and
   * writes what is due to disk.
   *
   * @return completes with the number of requests that were cut
   */
  public CompletionStage<Integer> drainAndStop(Duration deadline) {
    disconnect();
    checks.tell(new CheckActor.Stop());
    CompletionStage<Done> flushed =
        AskPattern.ask(config, ConfigActor.Stop::new, FLUSH_TIMEOUT, system.scheduler());
    return dataPlane
        .drainAndStop(deadline)
        .thenCombine(flushed.exceptionally(_ -> Done.getInstance()), (cut, _) -> cut)
        .whenComplete(
            (_, _) -> {
              names.close();
              prober.close();
            });
  }
}
