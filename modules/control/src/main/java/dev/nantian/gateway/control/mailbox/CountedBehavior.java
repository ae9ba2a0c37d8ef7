package dev.nantian.gateway.control.mailbox;

import org.apache.pekko.actor.typed.Behavior;
import org.apache.pekko.actor.typed.ExtensibleBehavior;
import org.apache.pekko.actor.typed.PostStop;
import org.apache.pekko.actor.typed.Signal;
import org.apache.pekko.actor.typed.TypedActorContext;
import org.apache.pekko.actor.typed.javadsl.Behaviors;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Base of the actors behind a {@link Mailbox}: counts each message as handled when its handler
 * returns or throws.
 */
public abstract class CountedBehavior<M> extends ExtensibleBehavior<M> {
  private static final Logger LOG = LoggerFactory.getLogger(CountedBehavior.class);

  private final Mailbox<M> self;

  protected CountedBehavior(Mailbox<M> self) {
    this.self = self;
  }

  /** This actor's own address. */
  protected final Mailbox<M> self() {
    return self;
  }

  /** Handles one message; returns the next behaviour, mostly {@code this}. */
  protected abstract Behavior<M> onMessage(M message);

  /** Handles a signal; by default nothing happens. */
  protected Behavior<M> onSignal(Signal signal) {
    return Behaviors.same();
  }

  @Override
  public final Behavior<M> receive(TypedActorContext<M> context, M message) {
    self.taken();
    Behavior<M> next;
    try {
      next = onMessage(message);
    } catch (RuntimeException | Error e) {
      if (e instanceof RestartRequested) {
        LOG.info("event=restart actor={} cause=\"{}\"", self, e.getMessage());
      } else {
        LOG.error("event=crash actor={} message={}", self, message.getClass().getSimpleName(), e);
      }
      self.crashed();
      throw e;
    }
    self.handled();
    return next;
  }

  @Override
  public final Behavior<M> receiveSignal(TypedActorContext<M> context, Signal signal) {
    if (signal instanceof PostStop) {
      self.ended();
    }
    return onSignal(signal);
  }
}
