package dev.nantian.gateway.control.resource;

import com.typesafe.config.ConfigFactory;
import dev.nantian.gateway.control.mailbox.CountedBehavior;
import dev.nantian.gateway.control.mailbox.InFlight;
import dev.nantian.gateway.control.mailbox.Mailbox;
import dev.nantian.gateway.control.source.Kind;
import dev.nantian.gateway.control.source.ResourceKey;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.apache.pekko.actor.testkit.typed.javadsl.ActorTestKit;
import org.apache.pekko.actor.testkit.typed.javadsl.ManualTime;
import org.apache.pekko.actor.testkit.typed.javadsl.TestProbe;
import org.apache.pekko.actor.typed.ActorRef;
import org.apache.pekko.actor.typed.Behavior;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** An actor that is told to stop ends, whatever happens to it around then. */
class StopDuringRestartTest {
  private static final ResourceKey KEY = new ResourceKey(Kind.SERVICE, "shop", "cart");

  private final ActorTestKit kit =
      ActorTestKit.create(
          ManualTime.config().withFallback(ConfigFactory.parseString("pekko.loglevel = off")));
  private final ManualTime time = ManualTime.get(kit.system());
  private final InFlight inFlight = new InFlight();
  private final ActorCard card = new ActorCard();
  private final TestProbe<ResourceRegistry.Message> registry = kit.createTestProbe();
  private final TestProbe<Object> watcher = kit.createTestProbe();

  @AfterEach
  void stop() {
    kit.shutdownTestKit();
  }

  @Test
  void aStopThatComesWhileTheRegistryIsAsked() {
    ActorRef<?>[] ref = new ActorRef<?>[1];
    Mailbox<ResourceActor.Msg> actor = actor(ref);
    actor.tell(new ResourceActor.Restart("test"));
    registry.expectMessageClass(ResourceRegistry.Restore.class);

    actor.tell(new ResourceActor.Stop());

    handled();
    time.timePasses(Duration.ofSeconds(10));
    watcher.expectTerminated(ref[0]);
  }

  @Test
  void aCrashAfterAStop() {
    ActorRef<?>[] ref = new ActorRef<?>[1];
    Mailbox<ResourceActor.Msg> actor = actor(ref);
    actor.tell(new ResourceActor.Stop());
    actor.tell(new ResourceActor.Restart("test"));

    // What the registry answers when it has forgotten the actor.
    registry
        .expectMessageClass(ResourceRegistry.Restore.class)
        .from()
        .tell(new ResourceActor.Stop());

    handled();
    time.timePasses(Duration.ofSeconds(10));
    watcher.expectTerminated(ref[0]);
  }

  @Test
  void theRegistryStopsAnActorThatItHasForgotten() {
    ActorRef<?>[] ref = new ActorRef<?>[1];
    Mailbox<ResourceActor.Msg> forgotten = actor(ref);
    ActorDirectory directory = new ActorDirectory();
    Mailbox<ResourceRegistry.Message> real =
        Mailbox.spawn(
            kit::spawn,
            inFlight,
            Mailbox.OnCrash.RESUME,
            (context, self) ->
                new ResourceRegistry(
                    context,
                    self,
                    surroundings(),
                    new Translators("gateway.nantian.dev/controller"),
                    directory,
                    () -> {}));

    real.tell(new ResourceRegistry.Restore(KEY, forgotten));

    handled();
    time.timePasses(Duration.ofSeconds(10));
    watcher.expectTerminated(ref[0]);
  }

  private void handled() {
    inFlight.settled().toCompletableFuture().orTimeout(10, TimeUnit.SECONDS).join();
  }

  private Mailbox<ResourceActor.Msg> actor(ActorRef<?>[] ref) {
    Mailbox<ResourceRegistry.Message> asked = silent(registry);
    Mailbox<ResourceActor.Msg> actor =
        Mailbox.spawn(
            behavior -> {
              ActorRef<ResourceActor.Msg> spawned = kit.spawn(behavior);
              ref[0] = spawned;
              return spawned;
            },
            inFlight,
            Mailbox.OnCrash.RESTART,
            (context, self) ->
                new ResourceActor(
                    context,
                    self,
                    KEY,
                    card,
                    asked,
                    surroundings(),
                    new Translators("gateway.nantian.dev/controller").of(Kind.SERVICE)));
    return actor;
  }

  private Surroundings surroundings() {
    return new Surroundings(
        silent(kit.createTestProbe()),
        silent(kit.createTestProbe()),
        silent(kit.createTestProbe()),
        silent(kit.createTestProbe()),
        inFlight,
        Clock.fixed(Instant.EPOCH, ZoneOffset.UTC),
        new AtomicLong());
  }

  /** Passes every message to a probe and does nothing else. */
  private <M> Mailbox<M> silent(TestProbe<M> probe) {
    return Mailbox.spawn(
        kit::spawn,
        inFlight,
        Mailbox.OnCrash.RESUME,
        (context, self) ->
            new CountedBehavior<M>(self) {
              @Override
              protected Behavior<M> onMessage(M message) {
                probe.ref().tell(message);
                return this;
              }
            });
  }
}
