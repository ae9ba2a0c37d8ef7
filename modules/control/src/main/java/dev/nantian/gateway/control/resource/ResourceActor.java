package dev.nantian.gateway.control.resource;

import dev.nantian.gateway.control.address.AddressActor;
import dev.nantian.gateway.control.address.AddressAssignment;
import dev.nantian.gateway.control.address.AddressClaim;
import dev.nantian.gateway.control.mailbox.CountedBehavior;
import dev.nantian.gateway.control.mailbox.Mailbox;
import dev.nantian.gateway.control.mailbox.RestartRequested;
import dev.nantian.gateway.control.snapshot.ResourceId;
import dev.nantian.gateway.control.source.Diagnostic;
import dev.nantian.gateway.control.source.Kind;
import dev.nantian.gateway.control.source.Origin;
import dev.nantian.gateway.control.source.ResourceKey;
import dev.nantian.gateway.control.source.SourcedObject;
import dev.nantian.gateway.control.status.StatusActor;
import dev.nantian.gateway.control.translate.Claim;
import dev.nantian.gateway.control.translate.Fact;
import dev.nantian.gateway.control.translate.Inputs;
import dev.nantian.gateway.control.translate.Problem;
import dev.nantian.gateway.control.translate.Translation;
import dev.nantian.gateway.control.translate.Translator;
import dev.nantian.gateway.control.xds.Programming;
import io.fabric8.kubernetes.api.model.HasMetadata;
import java.time.Duration;
import java.time.Instant;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.apache.pekko.actor.typed.Behavior;
import org.apache.pekko.actor.typed.javadsl.ActorContext;
import org.apache.pekko.actor.typed.javadsl.Behaviors;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One object, or the name of one that does not exist but is referred to.
 *
 * <p>Started by the {@link ResourceRegistry}, which also restores it after a crash: the object from
 * the registry, its claims and what it published from its {@link ActorCard}, the facts of what it
 * refers to and the claims of what refers to it by asking again. Until all of them have answered it
 * publishes nothing, so what was in force stays.
 *
 * <p>Order of one change: claims that ask for more, then (when all that is needed is in the
 * configuration) the object's own resources, then claims that ask for less, then its fact. So what
 * a resource needs is in the snapshot before it, and leaves after it.
 *
 * <p>What nobody uses any more leaves only when no message is under way: of two routes that change
 * together one may let go of a Service before the other has begun to use it.
 */
final class ResourceActor extends CountedBehavior<ResourceActor.Msg> {
  private static final Logger LOG = LoggerFactory.getLogger(ResourceActor.class);
  // A fact that is on its way must be handled to be counted.
  private static final Duration LINGER = Duration.ofSeconds(10);

  /** What this actor understands. {@code cause} is when the source event arrived behind it all. */
  sealed interface Msg {}

  /** A version of the object. */
  record Applied(SourcedObject object, Instant cause) implements Msg {}

  /** The object is gone. */
  record Removed(Instant cause) implements Msg {}

  /** An object refers to this one; answered with the fact. */
  record Claimed(ResourceKey claimant, Mailbox<Msg> from, Claim claim, Instant cause)
      implements Msg {}

  /** An object no longer refers to this one. */
  record Unclaimed(ResourceKey claimant, Instant cause) implements Msg {}

  /** The fact of an object that this one refers to. */
  record FactChanged(ResourceKey of, Fact fact, Instant cause) implements Msg {}

  /** The address plan's answer. */
  record AddressAssigned(AddressAssignment assignment) implements Msg {}

  /** How far the published configuration has come. */
  record ProgrammingChanged(Programming programming) implements Msg {}

  /** The registry's answer after a restart. */
  record Restored(Optional<SourcedObject> object, Set<ResourceKey> claimants, Instant cause)
      implements Msg {}

  /** An object that this one refers to has been restarted. */
  record ClaimAgain(ResourceKey of) implements Msg {}

  /** Crash, as if by a fault. */
  record Restart(String reason) implements Msg {}

  /** Nobody needs the name, as far as the registry knows; answered with Idle. */
  record Retire() implements Msg {}

  /** The registry has forgotten this actor. */
  record Stop() implements Msg {}

  private record Gone() implements Msg {}

  /** Nothing is under way: what nobody uses may leave. */
  private record LetGo() implements Msg {}

  /** Behind the claims that waited together in the mailbox: draw what follows from all of them. */
  private record ClaimsTaken(Instant cause) implements Msg {}

  private final ActorContext<Msg> context;
  private final ResourceKey key;
  private final ActorCard card;
  private final Mailbox<ResourceRegistry.Message> registry;
  private final Surroundings surroundings;
  private final Translator<HasMetadata> translator;
  private final OwnClaims own;
  private final Claimants claimants;
  private final Publication publication;

  private boolean restoring;
  private boolean stopping;
  private @Nullable SourcedObject object;
  private final Map<ResourceKey, Fact> facts = new HashMap<>();
  private boolean claimsTaking;
  private @Nullable AddressClaim addressClaim;
  private Optional<AddressAssignment> address = Optional.empty();
  private Programming programming = Programming.UNKNOWN;
  private Set<ResourceId> unused = Set.of();
  private boolean lettingGo;
  private boolean retiring;
  private @Nullable Fact fact;
  // After a restart: whether others still hold what a predecessor told them.
  private boolean unsure;
  private StatusActor.@Nullable Put toldStatus;

  ResourceActor(
      ActorContext<Msg> context,
      Mailbox<Msg> self,
      ResourceKey key,
      ActorCard card,
      Mailbox<ResourceRegistry.Message> registry,
      Surroundings surroundings,
      Translator<HasMetadata> translator) {
    super(self);
    this.context = context;
    this.key = key;
    this.card = card;
    this.registry = registry;
    this.surroundings = surroundings;
    this.translator = translator;
    this.own = new OwnClaims(key, card, registry);
    this.claimants = new Claimants(key);
    this.publication =
        new Publication(key, card, surroundings, state -> self.tell(new ProgrammingChanged(state)));
    if (card.starts.getAndIncrement() > 0) {
      restoring = true;
      registry.tell(new ResourceRegistry.Restore(key, self));
    } else {
      fact = translator.absent(key, inputs(Programming.UNKNOWN)).fact();
    }
  }

  @Override
  protected Behavior<Msg> onMessage(Msg message) {
    card.lastMessage = message.getClass().getSimpleName();
    card.lastMessageAt = surroundings.clock().instant();
    if (restoring && isSuperseded(message)) {
      return this;
    }
    switch (message) {
      case Applied(SourcedObject applied, Instant cause) -> {
        object = applied;
        card.generation = applied.generation();
        card.changedAt = cause;
        recompute(cause);
      }
      case Removed(Instant cause) -> {
        object = null;
        card.generation = 0;
        card.changedAt = cause;
        recompute(cause);
      }
      case Claimed claimed -> {
        claimants.put(claimed);
        takeClaims(claimed.cause());
      }
      case Unclaimed(ResourceKey claimant, Instant cause) -> {
        if (claimants.remove(claimant)) {
          takeClaims(cause);
        }
      }
      case FactChanged(ResourceKey of, Fact changed, Instant cause) -> {
        if (own.has(of) && !changed.equals(facts.put(of, changed))) {
          recompute(cause);
        }
      }
      case AddressAssigned(AddressAssignment assignment) -> {
        if (addressClaim != null && !address.equals(Optional.of(assignment))) {
          address = Optional.of(assignment);
          recompute(card.changedAt);
        }
      }
      case ProgrammingChanged(Programming changed) -> {
        if (publication.watchingNodes() && !changed.equals(programming)) {
          programming = changed;
          recompute(card.changedAt);
        }
      }
      case ClaimsTaken(Instant cause) -> claimsTaken(cause);
      case Restored restored -> restored(restored);
      case ClaimAgain(ResourceKey of) -> own.again(of);
      case LetGo() -> letGo();
      case Restart restart -> throw new RestartRequested(restart.reason());
      case Retire() -> {
        // Once the registry has forgotten this actor, another one may publish under its name.
        retiring = lettingGo;
        if (!lettingGo) {
          registry.tell(new ResourceRegistry.Idle(key));
        }
      }
      case Stop() -> {
        stopping = true;
        context
            .getSystem()
            .scheduler()
            .scheduleOnce(LINGER, () -> self().tell(new Gone()), context.getExecutionContext());
      }
      case Gone() -> {
        return stopping ? Behaviors.stopped() : this;
      }
    }
    return this;
  }

  // While the registry's answer to a restart is awaited: all that it will say again.
  private static boolean isSuperseded(Msg message) {
    return switch (message) {
      case Restored _, Restart _, Stop _, Gone _ -> false;
      default -> true;
    };
  }

  private void restored(Restored restored) {
    restoring = false;
    unsure = true;
    object = restored.object().orElse(null);
    claimants.expect(restored.claimants());
    own.allAgain(restored.cause());
    recompute(restored.cause());
  }

  // Thousands of routes may claim one Gateway, Service or namespace, whose translation costs the
  // number of its claims: claims that wait together are taken together.
  private void takeClaims(Instant cause) {
    if (!claimsTaking) {
      claimsTaking = true;
      self().tell(new ClaimsTaken(cause));
    }
  }

  private void claimsTaken(Instant cause) {
    claimsTaking = false;
    if (claimants.haveChanged()) {
      recompute(cause);
    }
    Fact known = fact;
    if (claimants.areAllHeard() && known != null) {
      claimants.answer(known, cause);
    }
    claimants.answered();
  }

  private void recompute(Instant cause) {
    if (!claimants.areAllHeard()) {
      return;
    }
    claimants.translated();
    try {
      Set<ResourceKey> dependencies =
          object == null ? Set.of() : translator.dependencies(key, object.object());
      if (!facts.keySet().containsAll(dependencies)) {
        card.state = ActorCard.State.WAITING;
        own.watch(dependencies, cause);
        return;
      }
      apply(translate(programming), cause);
    } catch (RuntimeException e) {
      // A fault of ours in one translation: the version before stays in force, and a restart would
      // only meet the same object again.
      LOG.error(
          "event=translation_failed kind={} namespace={} name={}",
          key.kind(),
          key.namespace(),
          key.name(),
          e);
      card.state = ActorCard.State.FAILED;
      tellStatus(
          Optional.empty(),
          List.of(
              new Problem(
                  Diagnostic.Severity.ERROR,
                  "",
                  "internal error, the version before stays in force: " + e)));
    }
  }

  private Translation translate(Programming liveness) {
    surroundings.translations().incrementAndGet();
    return object == null
        ? translator.absent(key, inputs(liveness))
        : translator.translate(key, object.object(), inputs(liveness));
  }

  private Inputs inputs(Programming liveness) {
    boolean known = card.published.containsValue(liveness.version());
    return new Inputs(
        facts,
        claimants.claims(),
        address,
        known ? liveness : Programming.UNKNOWN,
        !card.published.isEmpty());
  }

  private void apply(Translation translation, Instant cause) {
    own.more(translation.claims(), cause);
    if (key.kind() == Kind.HTTP_FILTER && !translation.ready()) {
      // What it reads has not been told yet: whoever knew something of it goes on with that.
      card.state = ActorCard.State.WAITING;
      return;
    }
    boolean published = false;
    unused = Set.of();
    if (translation.ready()) {
      published = publication.publish(translation.resources(), cause);
      published |= withdraw(publication.superfluous(translation.resources().keySet()));
      facts.keySet().removeAll(own.less(translation.claims(), cause));
      card.state = object == null ? ActorCard.State.ABSENT : ActorCard.State.CURRENT;
    } else {
      card.state = ActorCard.State.HELD;
    }
    claimAddress(translation.addressClaim());
    // A version that has just been published, or is held back, is live nowhere yet: what was
    // translated with the liveness of the one before says too much.
    boolean early = key.kind() == Kind.GATEWAY && (published || !translation.ready());
    Translation present = early ? translate(Programming.UNKNOWN) : translation;
    if (early && !translation.ready() && unsure) {
      // After a restart others still know what the predecessor said, which still holds.
      return;
    }
    tellStatus(present.status(), present.problems());
    // What is held back is not there for others yet. (Of another kind it is: routes must let go of
    // a Service that is gone before it can leave.)
    boolean held = key.kind() == Kind.GATEWAY && !translation.ready();
    if (!held && !present.fact().equals(fact)) {
      fact = present.fact();
      claimants.tell(present.fact(), cause);
    }
    unsure = false;
  }

  /** Returns whether anything left. */
  private boolean withdraw(Set<ResourceId> superfluous) {
    // What is there for those who use it.
    boolean shared = key.kind() == Kind.SERVICE || key.kind() == Kind.SECRET;
    if (!shared) {
      publication.withdraw(superfluous);
      return !superfluous.isEmpty();
    }
    unused = superfluous;
    if (!superfluous.isEmpty() && !lettingGo) {
      lettingGo = true;
      surroundings.inFlight().atLast(() -> self().tell(new LetGo()));
    }
    return false;
  }

  private void letGo() {
    lettingGo = false;
    publication.withdraw(unused);
    unused = Set.of();
    if (retiring) {
      retiring = false;
      registry.tell(new ResourceRegistry.Idle(key));
    }
  }

  private void claimAddress(Optional<AddressClaim> wanted) {
    if (wanted.isPresent()) {
      if (!wanted.get().equals(addressClaim)) {
        addressClaim = wanted.get();
        surroundings
            .addresses()
            .tell(
                new AddressActor.Put(
                    wanted.get(), assigned -> self().tell(new AddressAssigned(assigned))));
      }
    } else if (addressClaim != null || (unsure && key.kind() == Kind.GATEWAY)) {
      surroundings.addresses().tell(new AddressActor.Release(key.namespace() + "/" + key.name()));
      addressClaim = null;
      address = Optional.empty();
    }
  }

  private void tellStatus(Optional<Object> status, List<Problem> problems) {
    if (object == null) {
      if (toldStatus != null || unsure) {
        toldStatus = null;
        surroundings.statuses().tell(new StatusActor.Forget(key));
      }
      return;
    }
    Origin origin = object.origin();
    List<Diagnostic> diagnostics =
        problems.stream()
            .map(
                problem ->
                    new Diagnostic(
                        problem.severity(),
                        key,
                        problem.fieldPath(),
                        origin.at(problem.fieldPath()).orElse(null),
                        problem.message()))
            .toList();
    StatusActor.Put put = new StatusActor.Put(key, object.generation(), status, diagnostics);
    if (!put.equals(toldStatus)) {
      toldStatus = put;
      surroundings.statuses().tell(put);
    }
  }
}
