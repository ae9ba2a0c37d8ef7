package dev.nantian.gateway.control.resource;

import dev.nantian.gateway.control.mailbox.CountedBehavior;
import dev.nantian.gateway.control.mailbox.Mailbox;
import dev.nantian.gateway.control.source.Kind;
import dev.nantian.gateway.control.source.ResourceKey;
import dev.nantian.gateway.control.source.SourceEvent;
import dev.nantian.gateway.control.source.SourcedObject;
import dev.nantian.gateway.control.status.StatusActor;
import dev.nantian.gateway.control.translate.Claim;
import dev.nantian.gateway.control.translate.Translator;
import io.fabric8.kubernetes.api.model.HasMetadata;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.function.Function;
import org.apache.pekko.actor.typed.Behavior;
import org.apache.pekko.actor.typed.javadsl.ActorContext;

/**
 * Starts a {@link ResourceActor} for each object and for each name that an object refers to, and
 * lets it end when neither is left.
 *
 * <p>Created once by the control plane; after a crash it goes on with the state it has. It owns the
 * last version of every object and the graph of who refers to whom: every claim goes through it, so
 * that it starts what a claim names, and restores an actor after a crash.
 */
public final class ResourceRegistry extends CountedBehavior<ResourceRegistry.Message> {

  /** What this actor understands. */
  public sealed interface Message {}

  /**
   * The source said something.
   *
   * @param at when
   */
  public record Happened(SourceEvent event, Instant at) implements Message {}

  /**
   * Asks for a restart of one actor.
   *
   * @param reply false if there is no such actor
   */
  public record RestartActor(ResourceKey key, CompletableFuture<Boolean> reply)
      implements Message {}

  /** An object refers to another. */
  record PutClaim(ResourceKey claimant, ResourceKey on, Claim claim, Instant cause)
      implements Message {}

  /** An object no longer refers to another. */
  record DropClaim(ResourceKey claimant, ResourceKey on, Instant cause) implements Message {}

  /** An actor has been restarted and has lost its state. */
  record Restore(ResourceKey key, Mailbox<ResourceActor.Msg> from) implements Message {}

  /** An actor has done all that was to do when nobody needed it. */
  record Idle(ResourceKey key) implements Message {}

  private final ActorContext<Message> context;
  private final Surroundings surroundings;
  private final Function<Kind, Translator<HasMetadata>> translators;
  private final ActorDirectory directory;
  private final Runnable synced;
  private long spawned;

  /**
   * @param directory filled and kept up to date
   * @param synced called once, when the source has been read and all that follows is drawn; on any
   *     thread
   */
  public ResourceRegistry(
      ActorContext<Message> context,
      Mailbox<Message> self,
      Surroundings surroundings,
      Translators translators,
      ActorDirectory directory,
      Runnable synced) {
    this(context, self, surroundings, translators::of, directory, synced);
  }

  ResourceRegistry(
      ActorContext<Message> context,
      Mailbox<Message> self,
      Surroundings surroundings,
      Function<Kind, Translator<HasMetadata>> translators,
      ActorDirectory directory,
      Runnable synced) {
    super(self);
    this.context = context;
    this.surroundings = surroundings;
    this.translators = translators;
    this.directory = directory;
    this.synced = synced;
  }

  @Override
  protected Behavior<Message> onMessage(Message message) {
    switch (message) {
      case Happened(SourceEvent event, Instant at) -> happened(event, at);
      case PutClaim(ResourceKey claimant, ResourceKey on, Claim claim, Instant cause) -> {
        ActorDirectory.Entry from = directory.get(claimant);
        if (from != null) {
          ActorDirectory.Entry target = entry(on);
          target.claimants.add(claimant);
          target.actor.tell(new ResourceActor.Claimed(claimant, from.actor, claim, cause));
        }
      }
      case DropClaim(ResourceKey claimant, ResourceKey on, Instant cause) -> {
        ActorDirectory.Entry target = directory.get(on);
        if (target != null && target.claimants.remove(claimant)) {
          target.actor.tell(new ResourceActor.Unclaimed(claimant, cause));
          retireIfIdle(target);
        }
      }
      case Restore(ResourceKey key, Mailbox<ResourceActor.Msg> from) -> restore(key, from);
      case RestartActor(ResourceKey key, CompletableFuture<Boolean> reply) -> {
        ActorDirectory.Entry entry = directory.get(key);
        if (entry != null) {
          entry.actor.tell(new ResourceActor.Restart("asked for"));
        }
        reply.complete(entry != null);
      }
      case Idle(ResourceKey key) -> {
        ActorDirectory.Entry entry = directory.get(key);
        if (entry != null && isIdle(entry)) {
          directory.remove(key);
          entry.actor.tell(new ResourceActor.Stop());
        }
      }
    }
    return this;
  }

  private void happened(SourceEvent event, Instant at) {
    switch (event) {
      case SourceEvent.Applied(SourcedObject object) -> {
        ActorDirectory.Entry entry = entry(object.key());
        entry.object = object;
        entry.actor.tell(new ResourceActor.Applied(object, at));
      }
      case SourceEvent.Deleted(ResourceKey key) -> {
        ActorDirectory.Entry entry = directory.get(key);
        if (entry != null && entry.object != null) {
          entry.object = null;
          entry.actor.tell(new ResourceActor.Removed(at));
          retireIfIdle(entry);
        }
      }
      case SourceEvent.Rejected(var subject, var diagnostics, var kept) ->
          surroundings.statuses().tell(new StatusActor.Subject(subject, diagnostics, kept));
      case SourceEvent.Noticed(var subject, var diagnostics) ->
          surroundings.statuses().tell(new StatusActor.Subject(subject, diagnostics, Set.of()));
      case SourceEvent.Recovered(var subject) ->
          surroundings.statuses().tell(new StatusActor.Subject(subject, List.of(), Set.of()));
      case SourceEvent.Synced() -> surroundings.inFlight().settled().thenRun(synced);
    }
  }

  private void restore(ResourceKey key, Mailbox<ResourceActor.Msg> from) {
    ActorDirectory.Entry entry = directory.get(key);
    if (entry == null || !entry.actor.equals(from)) {
      // It was told to stop, and has forgotten that too.
      from.tell(new ResourceActor.Stop());
      return;
    }
    entry.actor.tell(
        new ResourceActor.Restored(
            Optional.ofNullable(entry.object), Set.copyOf(entry.claimants), entry.card.changedAt));
    for (ResourceKey claimant : entry.claimants) {
      ActorDirectory.Entry who = directory.get(claimant);
      if (who != null) {
        who.actor.tell(new ResourceActor.ClaimAgain(key));
      }
    }
    // A question that was asked before the crash may be lost.
    retireIfIdle(entry);
  }

  private static boolean isIdle(ActorDirectory.Entry entry) {
    return entry.object == null && entry.claimants.isEmpty();
  }

  private static void retireIfIdle(ActorDirectory.Entry entry) {
    if (isIdle(entry)) {
      entry.actor.tell(new ResourceActor.Retire());
    }
  }

  private ActorDirectory.Entry entry(ResourceKey key) {
    ActorDirectory.Entry existing = directory.get(key);
    if (existing != null) {
      return existing;
    }
    ActorCard card = new ActorCard();
    Translator<HasMetadata> translator = translators.apply(key.kind());
    String name =
        URLEncoder.encode(
                key.kind() + "-" + key.namespace() + "-" + key.name(), StandardCharsets.UTF_8)
            + "-"
            + ++spawned;
    Mailbox<ResourceActor.Msg> actor =
        Mailbox.spawn(
            behavior -> context.spawn(behavior, name),
            surroundings.inFlight(),
            Mailbox.OnCrash.RESTART,
            (actorContext, mailbox) ->
                new ResourceActor(
                    actorContext, mailbox, key, card, self(), surroundings, translator));
    ActorDirectory.Entry entry = new ActorDirectory.Entry(actor, card);
    directory.put(key, entry);
    return entry;
  }
}
