package dev.nantian.gateway.control;

import dev.nantian.gateway.control.address.AddressActor;
import dev.nantian.gateway.control.address.AddressPlan;
import dev.nantian.gateway.control.address.AddressPool;
import dev.nantian.gateway.control.mailbox.InFlight;
import dev.nantian.gateway.control.mailbox.Mailbox;
import dev.nantian.gateway.control.resource.ActorDirectory;
import dev.nantian.gateway.control.resource.ResourceRegistry;
import dev.nantian.gateway.control.resource.Surroundings;
import dev.nantian.gateway.control.resource.Translators;
import dev.nantian.gateway.control.snapshot.SnapshotActor;
import dev.nantian.gateway.control.source.ResourceSource;
import dev.nantian.gateway.control.source.SourceException;
import dev.nantian.gateway.control.status.StatusActor;
import dev.nantian.gateway.control.xds.AdsActor;
import dev.nantian.gateway.control.xds.AdsServer;
import dev.nantian.gateway.control.xds.LeaderUplink;
import dev.nantian.gateway.control.xds.NodesActor;
import io.micrometer.core.instrument.MeterRegistry;
import java.net.InetSocketAddress;
import java.time.Clock;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.BiFunction;
import java.util.function.Consumer;
import org.apache.pekko.Done;
import org.apache.pekko.actor.typed.ActorRef;
import org.apache.pekko.actor.typed.ActorSystem;
import org.apache.pekko.actor.typed.Behavior;
import org.apache.pekko.actor.typed.Props;
import org.apache.pekko.actor.typed.javadsl.ActorContext;
import org.apache.pekko.actor.typed.javadsl.Behaviors;
import org.apache.pekko.http.javadsl.ServerBinding;

/**
 * A running control plane: reads a source, translates, serves proxies.
 *
 * <p>Its actors live under one actor of the given system, which outlives it. Several may run in one
 * system. All methods are safe for all threads.
 */
public final class ControlPlane {
  // Proxies hold their stream open for ever; there is nothing to wait for.
  private static final Duration STREAM_GRACE = Duration.ofMillis(100);
  // Under gRPC's default limit of 4 MiB with room for one more large resource.
  private static final int MAX_RESPONSE_BYTES = 1 << 20;
  private static final AtomicInteger COUNT = new AtomicInteger();

  private enum Command {
    STOP
  }

  private final ActorRef<Command> root;
  private final ControlPlaneBacking backing;
  private final ServerBinding binding;
  private final AtomicBoolean ready;
  private final CompletionStage<Void> synced;
  private final InFlight inFlight;
  private final ControlPlaneView view;

  /** What the root actor made. */
  private record Parts(
      Mailbox<AddressActor.Message> addresses,
      Mailbox<SnapshotActor.Message> snapshot,
      Mailbox<NodesActor.Message> nodes,
      Mailbox<StatusActor.Message> statuses,
      Mailbox<ResourceRegistry.Message> registry,
      Mailbox<AdsActor.Message> ads) {}

  private ControlPlane(
      ActorRef<Command> root,
      ControlPlaneBacking backing,
      ServerBinding binding,
      AtomicBoolean ready,
      CompletionStage<Void> synced,
      InFlight inFlight,
      ControlPlaneView view) {
    this.root = root;
    this.backing = backing;
    this.binding = binding;
    this.ready = ready;
    this.synced = synced;
    this.inFlight = inFlight;
    this.view = view;
  }

  /**
   * Starts a control plane on a source alone: addresses come from the settings' pool, statuses are
   * only kept.
   *
   * @param source not started yet; closed by {@link #stop()}
   * @throws IllegalArgumentException if the address pool is not one
   */
  public static CompletionStage<ControlPlane> start(
      ActorSystem<?> system,
      ControlPlaneSettings settings,
      ResourceSource source,
      MeterRegistry meters) {
    AddressPlan plan =
        new AddressPlan(AddressPool.parse(settings.addressPool()), settings.sharedAddresses());
    return start(system, settings, ControlPlaneBacking.of(source, plan), meters);
  }

  /**
   * Starts the actors, binds the xDS server, then starts the source.
   *
   * @param backing closed by {@link #stop()}
   * @param meters gets the control plane's metrics
   * @return fails if the xDS address cannot be bound, or with a {@link SourceException} if the
   *     source cannot be read; nothing is left running then
   */
  public static CompletionStage<ControlPlane> start(
      ActorSystem<?> system,
      ControlPlaneSettings settings,
      ControlPlaneBacking backing,
      MeterRegistry meters) {
    Clock clock = Clock.systemUTC();
    InFlight inFlight = new InFlight();
    AtomicBoolean ready = new AtomicBoolean();
    CompletableFuture<Void> synced = new CompletableFuture<>();
    ActorDirectory directory = new ActorDirectory();
    AtomicLong translations = new AtomicLong();
    AtomicInteger sourceErrors = new AtomicInteger();
    NodesActor.Counts counts = new NodesActor.Counts();
    AtomicInteger resources = new AtomicInteger();
    CompletableFuture<Parts> made = new CompletableFuture<>();
    ActorRef<Command> root =
        system.systemActorOf(
            root(
                context -> {
                  Mailbox<SnapshotActor.Message> snapshot =
                      spawn(
                          context,
                          "snapshot",
                          inFlight,
                          (ignored, self) -> new SnapshotActor(self, clock, resources));
                  Mailbox<NodesActor.Message> nodes =
                      spawn(
                          context,
                          "nodes",
                          inFlight,
                          (ignored, self) -> new NodesActor(self, snapshot, clock, counts));
                  Mailbox<StatusActor.Message> statuses =
                      spawn(
                          context,
                          "statuses",
                          inFlight,
                          (ignored, self) ->
                              new StatusActor(self, clock, sourceErrors, backing.statusSink()));
                  Mailbox<AddressActor.Message> addresses =
                      spawn(
                          context,
                          "addresses",
                          inFlight,
                          (ignored, self) -> new AddressActor(self, backing.addressBook()));
                  Runnable onSynced =
                      () -> {
                        snapshot.tell(new SnapshotActor.Complete());
                        statuses.tell(new StatusActor.Settled());
                        backing.settled();
                        ready.set(true);
                        synced.complete(null);
                      };
                  Mailbox<ResourceRegistry.Message> registry =
                      spawn(
                          context,
                          "resources",
                          inFlight,
                          (own, self) ->
                              new ResourceRegistry(
                                  own,
                                  self,
                                  new Surroundings(
                                      snapshot,
                                      nodes,
                                      addresses,
                                      statuses,
                                      inFlight,
                                      clock,
                                      translations),
                                  new Translators(settings.controllerName()),
                                  directory,
                                  onSynced));
                  Mailbox<AdsActor.Message> ads =
                      spawn(
                          context,
                          "ads",
                          inFlight,
                          (own, self) ->
                              new AdsActor(
                                  own, self, inFlight, snapshot, nodes, MAX_RESPONSE_BYTES));
                  made.complete(new Parts(addresses, snapshot, nodes, statuses, registry, ads));
                }),
            "control-plane-" + COUNT.incrementAndGet(),
            Props.empty());
    return made.thenCompose(
            parts ->
                AdsServer.bind(system, settings.xdsAddress(), parts.ads(), parts.nodes())
                    .thenApply(
                        binding -> {
                          ControlPlaneMetrics.register(
                              meters, directory, translations, resources, counts, sourceErrors);
                          ControlPlane plane =
                              new ControlPlane(
                                  root,
                                  backing,
                                  binding,
                                  ready,
                                  synced,
                                  inFlight,
                                  new ControlPlaneView(
                                      directory,
                                      parts.registry(),
                                      parts.snapshot(),
                                      parts.nodes(),
                                      parts.statuses()));
                          try {
                            backing.connect(
                                parts.addresses()::tell,
                                new LeaderUplink(system, parts.nodes())::follow);
                            backing
                                .source()
                                .start(
                                    event ->
                                        parts
                                            .registry()
                                            .tell(
                                                new ResourceRegistry.Happened(
                                                    event, clock.instant())));
                          } catch (SourceException e) {
                            var _ = binding.terminate(STREAM_GRACE);
                            throw e;
                          }
                          return plane;
                        }))
        .whenComplete(
            (plane, failure) -> {
              if (failure != null) {
                root.tell(Command.STOP);
              }
            });
  }

  private static Behavior<Command> root(Consumer<ActorContext<Command>> make) {
    return Behaviors.setup(
        context -> {
          make.accept(context);
          return Behaviors.receive(Command.class)
              .onMessageEquals(Command.STOP, Behaviors::stopped)
              .build();
        });
  }

  private static <M> Mailbox<M> spawn(
      ActorContext<?> context,
      String name,
      InFlight inFlight,
      BiFunction<ActorContext<M>, Mailbox<M>, Behavior<M>> behavior) {
    return Mailbox.spawn(
        made -> context.spawn(made, name), inFlight, Mailbox.OnCrash.RESUME, behavior);
  }

  /** Where proxies connect, with the real port. */
  public InetSocketAddress xdsAddress() {
    return binding.localAddress();
  }

  /** Whether the source has been read and the first complete configuration is served. */
  public boolean isReady() {
    return ready.get();
  }

  /** What of the source has not been read yet, and why if that is known; for people. */
  public List<String> missing() {
    return backing.source().missing();
  }

  /** Completes when {@link #isReady()} becomes true. */
  public CompletionStage<Void> whenReady() {
    return synced;
  }

  /** Completes when every consequence of what has come in so far is drawn. */
  public CompletionStage<Void> settled() {
    return inFlight.settled();
  }

  /** What goes on inside. */
  public ControlPlaneView view() {
    return view;
  }

  /** Closes the source, the streams and the server, and ends the actors. */
  public CompletionStage<Done> stop() {
    backing.source().close();
    return backing
        .close()
        .thenCompose(
            closed ->
                binding
                    .terminate(STREAM_GRACE)
                    .thenApply(
                        terminated -> {
                          root.tell(Command.STOP);
                          return Done.getInstance();
                        }));
  }
}
