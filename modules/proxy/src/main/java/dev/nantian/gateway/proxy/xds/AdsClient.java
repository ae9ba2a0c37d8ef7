package dev.nantian.gateway.proxy.xds;

import dev.nantian.gateway.protocol.ResourceType;
import dev.nantian.gateway.proxy.config.ConfigStore;
import dev.nantian.gateway.proxy.node.ConfigActor;
import dev.nantian.gateway.proxy.node.ConfigMetrics;
import io.envoyproxy.envoy.service.discovery.v3.DeltaDiscoveryResponse;
import java.time.Duration;
import java.util.HashSet;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.atomic.AtomicReference;
import org.apache.pekko.actor.typed.ActorRef;
import org.apache.pekko.actor.typed.Behavior;
import org.apache.pekko.actor.typed.PostStop;
import org.apache.pekko.actor.typed.PreRestart;
import org.apache.pekko.actor.typed.SupervisorStrategy;
import org.apache.pekko.actor.typed.javadsl.AbstractBehavior;
import org.apache.pekko.actor.typed.javadsl.ActorContext;
import org.apache.pekko.actor.typed.javadsl.Behaviors;
import org.apache.pekko.actor.typed.javadsl.Receive;
import org.apache.pekko.actor.typed.javadsl.TimerScheduler;
import org.jspecify.annotations.Nullable;

/**
 * Keeps one delta ADS stream to the control plane.
 *
 * <p>Each stream begins with the versions in force, so a control plane sends only what differs. A
 * response is answered when its resources are in force, and responses are applied in the order in
 * which they come, which keeps the control plane's make-before-break order. A control plane has at
 * most one unanswered response for each type, so what waits here is bounded by it.
 *
 * <p>Made by {@code ProxyNode}, one for each process. It holds nothing but the stream: after a
 * crash it begins a new one.
 */
public final class AdsClient extends AbstractBehavior<AdsClient.Command> {
  /** What it can be told. */
  public sealed interface Command {}

  /** Ends the stream for good. */
  public record Stop() implements Command {}

  private record Connect() implements Command {}

  private record Begin(ConfigActor.Versions versions) implements Command {}

  private record Received(AdsStream stream, DeltaDiscoveryResponse response) implements Command {}

  private record Ended(AdsStream stream, @Nullable Throwable error) implements Command {}

  private record Answer(AdsStream stream, String nonce, ConfigActor.Applied applied)
      implements Command {}

  private record Noticed(ConfigActor.Notice notice) implements Command {}

  private record NoAnswer(AdsStream stream) implements Command {}

  /**
   * What it works with.
   *
   * @param status told whenever the connection changes
   */
  public record Parts(
      ControlPlaneAddress address,
      NodeIdentity node,
      Backoff backoff,
      ActorRef<ConfigActor.Command> config,
      ConfigMetrics metrics,
      AtomicReference<AdsStatus> status) {}

  /** A response that is not in force by then is lost with the actor that had it. */
  private static final Duration ANSWER_TIMEOUT = Duration.ofSeconds(60);

  private static final Duration VERSIONS_TIMEOUT = Duration.ofSeconds(5);

  private final Parts parts;
  private final TimerScheduler<Command> timers;
  private @Nullable AdsStream stream;
  private final Set<String> unanswered = new HashSet<>();
  private int attempt;
  private boolean complained;

  private AdsClient(ActorContext<Command> context, TimerScheduler<Command> timers, Parts parts) {
    super(context);
    this.parts = parts;
    this.timers = timers;
  }

  /** The actor; it connects at once. */
  public static Behavior<Command> create(Parts parts) {
    Behavior<Command> behavior =
        Behaviors.setup(
            context ->
                Behaviors.withTimers(
                    timers -> {
                      context.getSelf().tell(new Connect());
                      return new AdsClient(context, timers, parts);
                    }));
    return Behaviors.supervise(behavior)
        .onFailure(
            SupervisorStrategy.restartWithBackoff(
                parts.backoff().first(), parts.backoff().longest(), 0.5));
  }

  @Override
  public Receive<Command> createReceive() {
    return newReceiveBuilder()
        .onMessage(Command.class, this::on)
        .onSignal(PostStop.class, _ -> closed())
        .onSignal(PreRestart.class, _ -> closed())
        .build();
  }

  private Behavior<Command> on(Command command) {
    switch (command) {
      case Connect _ -> askVersions();
      case Begin(ConfigActor.Versions versions) -> begin(versions);
      case Received(AdsStream from, DeltaDiscoveryResponse response) -> {
        if (isCurrent(from)) {
          received(from, response);
        }
      }
      case Answer(AdsStream to, String nonce, ConfigActor.Applied applied) -> {
        if (isCurrent(to)) {
          answer(to, nonce, applied);
        }
      }
      case Noticed(ConfigActor.GatewaysChanged(Set<String> gateways)) -> {
        AdsStream current = stream;
        if (current != null) {
          current.send(DeltaMessages.askAgain(ResourceType.GATEWAY, gateways));
        }
      }
      case Noticed(ConfigActor.Restarted()) -> {
        if (stream != null) {
          ended("the configuration starts again, responses under way are lost");
        }
      }
      case NoAnswer(AdsStream of) -> {
        if (isCurrent(of)) {
          ended("a response was not applied within " + ANSWER_TIMEOUT.toSeconds() + " s");
        }
      }
      case Ended(AdsStream which, Throwable error) -> {
        if (isCurrent(which)) {
          ended(error == null ? "the control plane ended it" : reason(error));
        }
      }
      case Stop _ -> {
        return Behaviors.stopped();
      }
    }
    return this;
  }

  private Behavior<Command> closed() {
    close();
    return this;
  }

  private boolean isCurrent(AdsStream one) {
    return one.equals(stream);
  }

  private void askVersions() {
    getContext()
        .ask(
            ConfigActor.Versions.class,
            parts.config(),
            VERSIONS_TIMEOUT,
            ConfigActor.GetVersions::new,
            (versions, error) -> error == null ? new Begin(versions) : new Connect());
  }

  private void begin(ConfigActor.Versions versions) {
    close();
    parts
        .config()
        .tell(
            new ConfigActor.Watch(
                getContext().messageAdapter(ConfigActor.Notice.class, Noticed::new)));
    ActorRef<Command> self = getContext().getSelf();
    AdsStream opened =
        AdsStream.open(
            getContext().getSystem(),
            parts.address(),
            (from, response) -> self.tell(new Received(from, response)),
            (which, error) -> self.tell(new Ended(which, error)));
    stream = opened;
    long openedMillis = System.currentTimeMillis();
    for (ResourceType type : ResourceType.values()) {
      opened.send(
          DeltaMessages.subscribeAll(
              parts.node(), openedMillis, type, versions.byType().getOrDefault(type, Map.of())));
    }
  }

  private void received(AdsStream from, DeltaDiscoveryResponse response) {
    if (attempt > 0 || !parts.status().get().connected()) {
      getContext().getLog().info("connected to control plane address={}", parts.address());
    }
    attempt = 0;
    complained = false;
    parts.metrics().connected(true);
    parts.status().set(AdsStatus.connected(parts.address()));
    Optional<ResourceType> type = ResourceType.ofTypeUrl(response.getTypeUrl());
    if (type.isEmpty()) {
      getContext().getLog().warn("response of unknown type typeUrl={}", response.getTypeUrl());
      from.send(DeltaMessages.unknownType(response.getTypeUrl(), response.getNonce()));
      return;
    }
    ActorRef<Command> self = getContext().getSelf();
    ConfigStore.Update update = DeltaMessages.update(type.get(), response);
    unanswered.add(response.getNonce());
    timers.startSingleTimer(response.getNonce(), new NoAnswer(from), ANSWER_TIMEOUT);
    parts
        .config()
        .tell(
            new ConfigActor.Apply(
                update, applied -> self.tell(new Answer(from, response.getNonce(), applied))));
  }

  private void answer(AdsStream to, String nonce, ConfigActor.Applied applied) {
    unanswered.remove(nonce);
    timers.cancel(nonce);
    to.send(DeltaMessages.answer(applied.type().typeUrl(), nonce, applied.rejected()));
  }

  private void ended(String reason) {
    close();
    Duration delay = parts.backoff().delay(attempt, ThreadLocalRandom.current().nextDouble());
    attempt++;
    if (complained) {
      getContext().getLog().debug("no control plane address={} reason={}", parts.address(), reason);
    } else {
      complained = true; // once: a control plane may be away for hours
      getContext()
          .getLog()
          .warn(
              "no control plane, serving what is in force address={} reason={}",
              parts.address(),
              reason);
    }
    parts.status().set(AdsStatus.disconnected(parts.address(), reason));
    timers.startSingleTimer(new Connect(), delay);
  }

  private void close() {
    parts.metrics().connected(false);
    AdsStream current = stream;
    stream = null;
    unanswered.forEach(timers::cancel);
    unanswered.clear();
    if (current != null) {
      current.close();
    }
  }

  private static String reason(Throwable error) {
    Throwable cause = error;
    while (cause.getCause() != null) {
      cause = cause.getCause();
    }
    return String.valueOf(cause.getMessage() == null ? cause : cause.getMessage());
  }
}
