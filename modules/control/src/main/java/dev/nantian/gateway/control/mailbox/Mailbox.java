package dev.nantian.gateway.control.mailbox;

import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.BiFunction;
import java.util.function.Function;
import org.apache.pekko.actor.typed.ActorRef;
import org.apache.pekko.actor.typed.Behavior;
import org.apache.pekko.actor.typed.SupervisorStrategy;
import org.apache.pekko.actor.typed.javadsl.ActorContext;
import org.apache.pekko.actor.typed.javadsl.Behaviors;

/**
 * The address of an actor whose messages are counted. Every message of such an actor must come
 * through here; one for the life of the actor, also over restarts. Safe for all threads.
 *
 * @param <M> the actor's messages
 */
public final class Mailbox<M> {
  // In place of the number of messages that wait: the actor has ended, and takes no more.
  private static final int ENDED = Integer.MIN_VALUE;

  private final ActorRef<M> ref;
  private final AtomicInteger queued;
  private final AtomicInteger crashed;
  private final InFlight inFlight;
  private final OnCrash onCrash;

  private Mailbox(
      ActorRef<M> ref,
      AtomicInteger queued,
      AtomicInteger crashed,
      InFlight inFlight,
      OnCrash onCrash) {
    this.ref = ref;
    this.queued = queued;
    this.crashed = crashed;
    this.inFlight = inFlight;
    this.onCrash = onCrash;
  }

  /** What happens to an actor when a handler throws. Its mailbox stays in both cases. */
  public enum OnCrash {
    /** Its state is made anew. */
    RESTART,
    /** It goes on with the state it has; the message is lost. */
    RESUME
  }

  /**
   * Starts an actor.
   *
   * @param spawner makes an actor of a behaviour
   * @param behavior the actor's fresh state, given its context and its own address
   */
  public static <M> Mailbox<M> spawn(
      Function<Behavior<M>, ActorRef<M>> spawner,
      InFlight inFlight,
      OnCrash onCrash,
      BiFunction<ActorContext<M>, Mailbox<M>, Behavior<M>> behavior) {
    AtomicInteger queued = new AtomicInteger();
    AtomicInteger crashed = new AtomicInteger();
    Behavior<M> fresh =
        Behaviors.setup(
            context -> {
              Behavior<M> made =
                  behavior.apply(
                      context,
                      new Mailbox<>(context.getSelf(), queued, crashed, inFlight, onCrash));
              // The message that caused a restart is handled when the new state has been made and
              // has sent what it needs.
              for (int owed = crashed.getAndSet(0); owed > 0; owed--) {
                inFlight.handled();
              }
              return made;
            });
    // The counted behaviour logs a crash itself, with the actor's own words.
    ActorRef<M> ref =
        spawner.apply(
            Behaviors.supervise(fresh)
                .onFailure(
                    switch (onCrash) {
                      case RESTART -> SupervisorStrategy.restart().withLoggingEnabled(false);
                      case RESUME -> SupervisorStrategy.resume().withLoggingEnabled(false);
                    }));
    return new Mailbox<>(ref, queued, crashed, inFlight, onCrash);
  }

  /**
   * Sends a message. One to an actor that has ended is dropped, and counts as handled: nothing
   * follows from it.
   */
  public void tell(M message) {
    inFlight.sent();
    if (queued.getAndUpdate(waiting -> waiting == ENDED ? ENDED : waiting + 1) == ENDED) {
      inFlight.handled();
    } else {
      ref.tell(message);
    }
  }

  /** Messages that wait. */
  public int size() {
    return Math.max(0, queued.get());
  }

  /** The actor's path, unique among living and past actors. */
  public String path() {
    return ref.path().toString();
  }

  void taken() {
    queued.decrementAndGet();
  }

  /** The actor has ended: what still waits for it is dropped. */
  void ended() {
    for (int waiting = queued.getAndSet(ENDED); waiting > 0; waiting--) {
      inFlight.handled();
    }
  }

  void handled() {
    inFlight.handled();
  }

  void crashed() {
    if (onCrash == OnCrash.RESTART) {
      crashed.incrementAndGet();
    } else {
      inFlight.handled();
    }
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof Mailbox<?> that && ref.equals(that.ref);
  }

  @Override
  public int hashCode() {
    return ref.hashCode();
  }

  @Override
  public String toString() {
    return ref.path().name();
  }
}
