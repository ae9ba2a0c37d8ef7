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
import java.util.EnumMap;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.function.Function;
import org.apache.pekko.actor.typed.Behavior;
import org.apache.pekko.actor.typed.javadsl.ActorContext;
import org.jspecify.annotations.Nullable;

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
  record Restore(ResourceKey key) implements Message {}

  /** An actor has done all that was to do when nobody needed it. */
  record Idle(ResourceKey key) implements Message {}

  /** What any thread may look at. */
  public static final class Directory {
    private final Map<ResourceKey, Entry> entries = new ConcurrentSkipListMap<>();

    /** All actors, by kind, namespace and name. */
    public List<ActorView> actors() {
      return entries.entrySet().stream()
          .map(entry -> view(entry.getKey(), entry.getValue()))
          .toList();
    }

    /** One actor. */
    public Optional<ActorView> actor(ResourceKey key) {
      return Optional.ofNullable(entries.get(key)).map(entry -> view(key, entry));
    }

    /** Number of existing objects of each kind. */
    public Map<Kind, Integer> objects() {
      Map<Kind, Integer> counts = new EnumMap<>(Kind.class);
      entries.forEach(
          (key, entry) -> {
            if (entry.object != null) {
              counts.merge(key.kind(), 1, Integer::sum);
            }
          });
      return counts;
    }

    private static ActorView view(ResourceKey key, Entry entry) {
      ActorCard card = entry.card;
      String state = card.state.name();
      return new ActorView(
          key.kind().kindName(),
          key.namespace(),
          key.name(),
          card.generation,
          state.charAt(0) + state.substring(1).toLowerCase(Locale.ROOT),
          Math.max(0, card.starts.get() - 1),
          entry.actor.size(),
          card.lastMessage,
          card.lastMessageAt,
          card.changedAt,
          card.claims.keySet().stream().sorted().map(ResourceKey::toString).toList(),
          card.published.entrySet().stream()
              .sorted(Map.Entry.comparingByKey())
              .map(
                  published ->
                      new ActorView.PublishedView(
                          published.getKey().type().name(),
                          published.getKey().name(),
                          published.getValue()))
              .toList());
    }
  }

  private static final class Entry {
    private final Mailbox<ResourceActor.Msg> actor;
    private final ActorCard card;
    private final Set<ResourceKey> claimants = new HashSet<>();
    private volatile @Nullable SourcedObject object;

    private Entry(Mailbox<ResourceActor.Msg> actor, ActorCard card) {
      this.actor = actor;
      this.card = card;
    }
  }

  private final ActorContext<Message> context;
  private final Surroundings surroundings;
  private final Function<Kind, Translator<HasMetadata>> translators;
  private final Directory directory;
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
      Directory directory,
      Runnable synced) {
    this(context, self, surroundings, translators::of, directory, synced);
  }

  ResourceRegistry(
      ActorContext<Message> context,
      Mailbox<Message> self,
      Surroundings surroundings,
      Function<Kind, Translator<HasMetadata>> translators,
      Directory directory,
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
        Entry from = directory.entries.get(claimant);
        if (from != null) {
          Entry target = entry(on);
          target.claimants.add(claimant);
          target.actor.tell(new ResourceActor.Claimed(claimant, from.actor, claim, cause));
        }
      }
      case DropClaim(ResourceKey claimant, ResourceKey on, Instant cause) -> {
        Entry target = directory.entries.get(on);
        if (target != null && target.claimants.remove(claimant)) {
          target.actor.tell(new ResourceActor.Unclaimed(claimant, cause));
          retireIfIdle(target);
        }
      }
      case Restore(ResourceKey key) -> restore(key);
      case RestartActor(ResourceKey key, CompletableFuture<Boolean> reply) -> {
        Entry entry = directory.entries.get(key);
        if (entry != null) {
          entry.actor.tell(new ResourceActor.Restart("asked for"));
        }
        reply.complete(entry != null);
      }
      case Idle(ResourceKey key) -> {
        Entry entry = directory.entries.get(key);
        if (entry != null && isIdle(entry)) {
          directory.entries.remove(key);
          entry.actor.tell(new ResourceActor.Stop());
        }
      }
    }
    return this;
  }

  private void happened(SourceEvent event, Instant at) {
    switch (event) {
      case SourceEvent.Applied(SourcedObject object) -> {
        Entry entry = entry(object.key());
        entry.object = object;
        entry.actor.tell(new ResourceActor.Applied(object, at));
      }
      case SourceEvent.Deleted(ResourceKey key) -> {
        Entry entry = directory.entries.get(key);
        if (entry != null && entry.object != null) {
          entry.object = null;
          entry.actor.tell(new ResourceActor.Removed(at));
          retireIfIdle(entry);
        }
      }
      case SourceEvent.Rejected(var subject, var diagnostics) ->
          surroundings.statuses().tell(new StatusActor.Subject(subject, diagnostics));
      case SourceEvent.Noticed(var subject, var diagnostics) ->
          surroundings.statuses().tell(new StatusActor.Subject(subject, diagnostics));
      case SourceEvent.Recovered(var subject) ->
          surroundings.statuses().tell(new StatusActor.Subject(subject, List.of()));
      case SourceEvent.Synced() -> surroundings.inFlight().settled().thenRun(synced);
    }
  }

  private void restore(ResourceKey key) {
    Entry entry = directory.entries.get(key);
    if (entry == null) {
      return;
    }
    entry.actor.tell(
        new ResourceActor.Restored(
            Optional.ofNullable(entry.object), Set.copyOf(entry.claimants), entry.card.changedAt));
    for (ResourceKey claimant : entry.claimants) {
      Entry from = directory.entries.get(claimant);
      if (from != null) {
        from.actor.tell(new ResourceActor.ClaimAgain(key));
      }
    }
    // A question that was asked before the crash may be lost.
    retireIfIdle(entry);
  }

  private static boolean isIdle(Entry entry) {
    return entry.object == null && entry.claimants.isEmpty();
  }

  private static void retireIfIdle(Entry entry) {
    if (isIdle(entry)) {
      entry.actor.tell(new ResourceActor.Retire());
    }
  }

  private Entry entry(ResourceKey key) {
    Entry existing = directory.entries.get(key);
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
    Entry entry = new Entry(actor, card);
    directory.entries.put(key, entry);
    return entry;
  }
}
