package dev.nantian.gateway.proxy.node;

import dev.nantian.gateway.protocol.ResourceType;
import dev.nantian.gateway.proxy.config.ConfigStore;
import dev.nantian.gateway.proxy.config.ConfigView;
import dev.nantian.gateway.proxy.dns.NameResolver;
import dev.nantian.gateway.proxy.snapshot.SnapshotFile;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.EnumSet;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Executor;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.apache.pekko.Done;
import org.apache.pekko.actor.typed.ActorRef;
import org.apache.pekko.actor.typed.Behavior;
import org.apache.pekko.actor.typed.PreRestart;
import org.apache.pekko.actor.typed.SupervisorStrategy;
import org.apache.pekko.actor.typed.javadsl.AbstractBehavior;
import org.apache.pekko.actor.typed.javadsl.ActorContext;
import org.apache.pekko.actor.typed.javadsl.Behaviors;
import org.apache.pekko.actor.typed.javadsl.Receive;
import org.apache.pekko.actor.typed.javadsl.TimerScheduler;
import org.apache.pekko.pattern.StatusReply;
import org.jspecify.annotations.Nullable;

/**
 * Owns the received configuration of a proxy: applies updates in the order in which they come, one
 * at a time, each until every loop serves it; keeps the snapshot on disk and the addresses of
 * ExternalName services current.
 *
 * <p>Made by {@code ProxyNode}, one for each process, on the configuration thread. If it crashes,
 * the data plane goes on with what it has; the actor starts again from the snapshot on disk, and
 * the xDS client is told to begin a new stream, for updates that waited have no answer any more.
 */
public final class ConfigActor extends AbstractBehavior<ConfigActor.Command> {
  /** What it can be asked. */
  public sealed interface Command {}

  /**
   * Takes an update.
   *
   * @param whenServed told, on the configuration thread, when all loops serve what was good in it
   */
  public record Apply(ConfigStore.Update update, Consumer<Applied> whenServed) implements Command {}

  /**
   * The result of {@link Apply}.
   *
   * @param rejected resources of this update that were refused, and Gateways of it with a listener
   *     that does not serve
   */
  public record Applied(ResourceType type, List<ConfigStore.Rejection> rejected) {}

  /** Asks for the versions to announce at the beginning of a stream. */
  public record GetVersions(ActorRef<Versions> replyTo) implements Command {}

  /** Versions in force, by type and name. */
  public record Versions(Map<ResourceType, Map<String, String>> byType) {}

  /** Registers who is to be told what the control plane should know beside answers. */
  public record Watch(ActorRef<Notice> watcher) implements Command {}

  /** What a watcher is told. */
  public sealed interface Notice {}

  /**
   * These Gateways should be answered anew: they began or ceased to serve for a reason that lies
   * outside of them (a port that became free, a certificate that came).
   */
  public record GatewaysChanged(Set<String> names) implements Notice {}

  /** This actor has lost its state: updates without an answer will get none. */
  public record Restarted() implements Notice {}

  /** Asks for the view. */
  public record GetView(ActorRef<ConfigView> replyTo) implements Command {}

  /** Writes the snapshot if it is due and ends. */
  public record Stop(ActorRef<Done> replyTo) implements Command {}

  /**
   * Another process is to go on with what this one has: answers when all that came so far is served
   * and on disk, and writes no more until {@link Thaw}, for there is one file and the other writes
   * it.
   */
  public record Freeze(ActorRef<StatusReply<Done>> replyTo) implements Command {}

  /** The other process did not come about. */
  public record Thaw() implements Command {}

  private record LoadSnapshot() implements Command {}

  private record Served(
      Map<InetSocketAddress, String> failures, @Nullable Throwable error, Instant began)
      implements Command {}

  private record RetryBinding() implements Command {}

  private record WriteSnapshot() implements Command {}

  private record SnapshotWritten(@Nullable Throwable error) implements Command {}

  private record RefreshNames() implements Command {}

  private record RotateTickets() implements Command {}

  private record NameResolved(String host, List<InetAddress> addresses) implements Command {}

  private record NameFailed(String host, Throwable error) implements Command {}

  /**
   * What the actor works with.
   *
   * @param newStore makes an empty store, once for each start of the actor
   * @param serving the data plane
   * @param snapshot null to keep none
   * @param blocking where files are written
   * @param publish told each new state, on the configuration thread
   */
  public record Parts(
      Supplier<ConfigStore> newStore,
      Serving serving,
      @Nullable SnapshotFile snapshot,
      NameResolver names,
      ConfigMetrics metrics,
      Executor blocking,
      Clock clock,
      Consumer<NodeState> publish) {}

  private static final Duration RESTART_MIN = Duration.ofSeconds(1);
  private static final Duration RESTART_MAX = Duration.ofSeconds(60);
  private static final Duration BIND_RETRY = Duration.ofSeconds(5);
  private static final Duration NAME_REFRESH = Duration.ofSeconds(2);

  private final Parts parts;
  private final ConfigStore store;
  private final SnapshotKeeper snapshot;
  private final ExternalNames names;
  private final TimerScheduler<Command> timers;
  private final ArrayDeque<Apply> waiting = new ArrayDeque<>();
  private final Set<ResourceType> heardOf = EnumSet.noneOf(ResourceType.class);
  private Map<String, ConfigStore.GatewayProblem> gatewayProblems = Map.of();
  private @Nullable ActorRef<Notice> watcher;
  private @Nullable Apply underWay;
  private List<ConfigStore.Rejection> rejectedUnderWay = List.of();
  private boolean serving;
  private boolean fromDisk;
  private @Nullable ActorRef<Done> stopping;
  private @Nullable ActorRef<StatusReply<Done>> freezing;
  private boolean frozen;
  private NodeState state = NodeState.INITIAL;

  private ConfigActor(ActorContext<Command> context, TimerScheduler<Command> timers, Parts parts) {
    super(context);
    this.parts = parts;
    this.store = parts.newStore().get();
    this.snapshot = new SnapshotKeeper(parts.snapshot(), parts.blocking(), parts.metrics());
    this.names = new ExternalNames(store);
    this.timers = timers;
    Duration rotation = store.tlsContexts().ticketRotation();
    if (!rotation.isZero()) {
      timers.startTimerWithFixedDelay(new RotateTickets(), rotation);
    }
  }

  /** The actor; it begins with what is on disk. */
  public static Behavior<Command> create(Parts parts) {
    Behavior<Command> behavior =
        Behaviors.setup(
            context ->
                Behaviors.withTimers(
                    timers -> {
                      context.getSelf().tell(new LoadSnapshot());
                      timers.startTimerWithFixedDelay(new RefreshNames(), NAME_REFRESH);
                      return new ConfigActor(context, timers, parts);
                    }));
    return Behaviors.supervise(behavior)
        .onFailure(SupervisorStrategy.restartWithBackoff(RESTART_MIN, RESTART_MAX, 0.2));
  }

  @Override
  public Receive<Command> createReceive() {
    return newReceiveBuilder()
        .onMessage(Command.class, this::on)
        .onSignal(PreRestart.class, _ -> restarts())
        .build();
  }

  private Behavior<Command> on(Command command) {
    switch (command) {
      case LoadSnapshot _ -> loadSnapshot();
      case Apply apply -> {
        waiting.add(apply);
        next();
      }
      case Served served -> served(served);
      case RetryBinding _ -> retryBinding();
      case GetVersions(ActorRef<Versions> replyTo) -> replyTo.tell(versions());
      case Watch(ActorRef<Notice> who) -> watcher = who;
      case GetView(ActorRef<ConfigView> replyTo) -> replyTo.tell(store.view());
      case WriteSnapshot _ -> writeSnapshot();
      case SnapshotWritten(Throwable error) -> snapshotWritten(error);
      case RefreshNames _ -> refreshNames();
      case RotateTickets _ -> store.tlsContexts().rotateTickets();
      case NameResolved(String host, List<InetAddress> addresses) ->
          names.resolved(host, addresses);
      case NameFailed(String host, Throwable error) -> names.failed(host, error);
      case Stop(ActorRef<Done> replyTo) -> {
        stopping = replyTo;
        writeSnapshotNow();
      }
      case Freeze(ActorRef<StatusReply<Done>> replyTo) -> {
        freezing = replyTo;
        writeSnapshotNow();
      }
      case Thaw _ -> {
        frozen = false;
        freezing = null;
        writeSnapshot();
      }
    }
    if (freezing != null && snapshot.quiet() && !serving && waiting.isEmpty()) {
      frozen = true;
      answerFreeze(StatusReply.ack());
    }
    return stopping != null && (frozen || snapshot.quiet()) ? stop(stopping) : this;
  }

  private void answerFreeze(StatusReply<Done> answer) {
    if (freezing != null) {
      freezing.tell(answer);
      freezing = null;
    }
  }

  private void writeSnapshotNow() {
    timers.cancel(new WriteSnapshot());
    writeSnapshot();
  }

  private Behavior<Command> restarts() {
    if (watcher != null) {
      watcher.tell(new Restarted());
    }
    return this;
  }

  private Behavior<Command> stop(ActorRef<Done> replyTo) {
    replyTo.tell(Done.getInstance());
    return Behaviors.stopped();
  }

  /** Read here, before anything else: nothing can be served before it. */
  private void loadSnapshot() {
    List<ConfigStore.Update> updates = snapshot.load();
    if (snapshot.start().servedFrom().isEmpty()) {
      return;
    }
    ConfigStore.Applied applied = store.apply(updates, parts.clock().instant());
    applied
        .rejected()
        .forEach(
            bad -> getContext().getLog().error("snapshot resource refused: {}", bad.message()));
    fromDisk = true;
    refreshNames();
    serve();
  }

  private void next() {
    if (serving || waiting.isEmpty()) {
      return;
    }
    Apply apply = waiting.remove();
    ConfigStore.Update update = apply.update();
    ConfigStore.Applied applied = store.apply(List.of(update), parts.clock().instant());
    heardOf.add(update.type());
    int refused = applied.rejected().size();
    parts.metrics().resources(update.type(), update.resources().size() - refused, refused);
    for (ConfigStore.Rejection rejection : applied.rejected()) {
      getContext().getLog().warn("resource refused: {}", rejection.message());
    }
    underWay = apply;
    rejectedUnderWay = applied.rejected();
    if (update.resources().size() > refused || !update.removed().isEmpty()) {
      scheduleSnapshot();
    }
    if (update.type() == ResourceType.SERVICE) {
      refreshNames();
    }
    if (applied.changed() || update.type() == ResourceType.GATEWAY) {
      serve();
    } else {
      finish(parts.clock().instant());
    }
  }

  private void serve() {
    serving = true;
    Instant began = parts.clock().instant();
    getContext()
        .pipeToSelf(
            parts.serving().apply(store.config()),
            (failures, error) -> new Served(failures == null ? Map.of() : failures, error, began));
  }

  private void served(Served served) {
    serving = false;
    if (served.error() != null) {
      throw new IllegalStateException("the data plane refused a configuration", served.error());
    }
    store.bindFailures(served.failures());
    if (served.failures().isEmpty()) {
      timers.cancel(new RetryBinding());
    } else if (!timers.isTimerActive(new RetryBinding())) {
      timers.startSingleTimer(new RetryBinding(), BIND_RETRY);
    }
    finish(served.began());
    next();
  }

  private void finish(Instant began) {
    Instant now = parts.clock().instant();
    parts.metrics().updated(store.config().revision(), now, Duration.between(began, now));
    Map<String, ConfigStore.GatewayProblem> before = gatewayProblems;
    gatewayProblems = store.gatewayProblems();
    publish(now); // before the answer: who reads the state after an ACK sees what was acknowledged
    Set<String> answered = new HashSet<>();
    Apply apply = underWay;
    if (apply != null) {
      underWay = null;
      List<ConfigStore.Rejection> rejected = new ArrayList<>(rejectedUnderWay);
      if (apply.update().type() == ResourceType.GATEWAY) {
        for (ConfigStore.Received gateway : apply.update().resources()) {
          answered.add(gateway.name());
          addProblem(gateway, rejected);
        }
      }
      apply.whenServed().accept(new Applied(apply.update().type(), rejected));
    }
    tellWatcher(before, answered);
    if (!serving) {
      next();
    }
  }

  private void addProblem(ConfigStore.Received gateway, List<ConfigStore.Rejection> rejected) {
    ConfigStore.GatewayProblem problem = gatewayProblems.get(gateway.name());
    boolean refusedAlready =
        rejected.stream().anyMatch(rejection -> rejection.name().equals(gateway.name()));
    if (problem != null && !refusedAlready) {
      getContext().getLog().warn("listener does not serve: {}", problem.message());
      rejected.add(
          new ConfigStore.Rejection(
              gateway.name(), gateway.version(), problem.reason(), problem.message()));
    }
  }

  private void tellWatcher(Map<String, ConfigStore.GatewayProblem> before, Set<String> answered) {
    Set<String> changed = new HashSet<>(before.keySet());
    changed.addAll(gatewayProblems.keySet());
    changed.removeIf(
        name ->
            answered.contains(name)
                || Optional.ofNullable(before.get(name))
                    .equals(Optional.ofNullable(gatewayProblems.get(name)))
                || store.version(ResourceType.GATEWAY, name).isEmpty());
    if (watcher != null && !changed.isEmpty()) {
      watcher.tell(new GatewaysChanged(Set.copyOf(changed)));
    }
  }

  private void publish(Instant now) {
    String reason = notReadyReason();
    boolean sameConfig = state.config().revision() == store.config().revision();
    Instant since = state.appliedAt();
    state =
        new NodeState(
            store.config(),
            store.clusters(),
            sameConfig && since != null ? since : now,
            state.ready() || reason.isEmpty(),
            state.ready() ? "" : reason,
            snapshot.start());
    parts.publish().accept(state);
  }

  private String notReadyReason() {
    if (!fromDisk && heardOf.size() < ResourceType.values().length) {
      Set<ResourceType> missing = EnumSet.allOf(ResourceType.class);
      missing.removeAll(heardOf);
      return "waiting for the control plane: nothing heard of " + missing;
    }
    long sockets = store.config().sockets().size();
    long unbound = store.unbound();
    return sockets > 0 && unbound == sockets ? "none of " + sockets + " sockets is bound" : "";
  }

  private void retryBinding() {
    if (!serving) {
      serve();
    }
  }

  private Versions versions() {
    Map<ResourceType, Map<String, String>> versions = new EnumMap<>(ResourceType.class);
    for (ResourceType type : ResourceType.values()) {
      versions.put(type, store.versions(type));
    }
    return new Versions(versions);
  }

  private void scheduleSnapshot() {
    if (snapshot.changed() && !timers.isTimerActive(new WriteSnapshot())) {
      timers.startSingleTimer(new WriteSnapshot(), SnapshotKeeper.DELAY);
    }
  }

  private void writeSnapshot() {
    if (frozen) {
      return;
    }
    CompletionStage<Void> written = snapshot.write(store::inForce);
    if (written != null) {
      getContext().pipeToSelf(written, (done, error) -> new SnapshotWritten(error));
    }
  }

  private void snapshotWritten(@Nullable Throwable error) {
    boolean again = snapshot.written(error);
    if (error != null) {
      answerFreeze(StatusReply.error("the snapshot cannot be written: " + error));
    }
    if (again && (stopping != null || freezing != null)) {
      writeSnapshot();
    } else if (again) {
      timers.startSingleTimer(new WriteSnapshot(), SnapshotKeeper.DELAY);
    }
  }

  private void refreshNames() {
    for (String host : names.due()) {
      getContext()
          .pipeToSelf(
              parts.names().resolve(host),
              (addresses, error) ->
                  error == null ? new NameResolved(host, addresses) : new NameFailed(host, error));
    }
  }
}
