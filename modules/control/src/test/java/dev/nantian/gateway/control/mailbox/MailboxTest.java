package dev.nantian.gateway.control.mailbox;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.concurrent.TimeUnit;
import org.apache.pekko.actor.testkit.typed.javadsl.ActorTestKit;
import org.apache.pekko.actor.testkit.typed.javadsl.TestProbe;
import org.apache.pekko.actor.typed.ActorRef;
import org.apache.pekko.actor.typed.Behavior;
import org.apache.pekko.actor.typed.javadsl.Behaviors;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/**
 * Every message that was sent is counted as handled at some time, whatever becomes of its actor.
 */
class MailboxTest {
  private final ActorTestKit kit = ActorTestKit.create();
  private final TestProbe<Object> probe = kit.createTestProbe();
  private final InFlight inFlight = new InFlight();
  private final ActorRef<?>[] ref = new ActorRef<?>[1];

  @AfterEach
  void stop() {
    kit.shutdownTestKit();
  }

  @Test
  void aMessageToAnActorThatHasEndedCountsAsHandled() {
    Mailbox<String> mailbox = actor();
    mailbox.tell("stop");
    probe.expectTerminated(ref[0]);

    mailbox.tell("too late");

    settled();
    assertThat(mailbox.size()).isZero();
  }

  @Test
  void messagesThatWaitWhenTheActorEndsCountAsHandled() {
    Mailbox<String> mailbox = actor();

    for (int i = 0; i < 1000; i++) {
      mailbox.tell(i == 10 ? "stop" : "more");
    }

    settled();
    assertThat(inFlight.count()).isZero();
  }

  private void settled() {
    inFlight.settled().toCompletableFuture().orTimeout(20, TimeUnit.SECONDS).join();
  }

  private Mailbox<String> actor() {
    return Mailbox.spawn(
        behavior -> {
          ActorRef<String> spawned = kit.spawn(behavior);
          ref[0] = spawned;
          return spawned;
        },
        inFlight,
        Mailbox.OnCrash.RESTART,
        (context, self) -> new Ending(self));
  }

  private static final class Ending extends CountedBehavior<String> {
    Ending(Mailbox<String> self) {
      super(self);
    }

    @Override
    protected Behavior<String> onMessage(String message) {
      return message.equals("stop") ? Behaviors.stopped() : this;
    }
  }
}
