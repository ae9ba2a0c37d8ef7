package dev.nantian.gateway.control.snapshot;

import dev.nantian.gateway.control.mailbox.CountedBehavior;
import dev.nantian.gateway.control.mailbox.Mailbox;
import java.time.Clock;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;
import org.apache.pekko.actor.typed.Behavior;

/**
 * Holds the configuration in force and tells subscribers what changes.
 *
 * <p>Created once by the control plane. After a crash it goes on with the state it has. Changes
 * that wait together in the mailbox leave as one batch: the first of them puts a {@link Flush}
 * behind those that are already there.
 *
 * <p>Until {@link Complete} (the source has been read and every actor has translated) nothing
 * leaves: a proxy that reconnects to a control plane that has just started must not be told that
 * what it serves is gone.
 */
public final class SnapshotActor extends CountedBehavior<SnapshotActor.Message> {

  /** What this actor understands. */
  public sealed interface Message {}

  /** A resource is new or changed. An equal version changes nothing. */
  public record Publish(PublishedResource resource) implements Message {}

  /** A resource is gone. */
  public record Withdraw(ResourceId id) implements Message {}

  /** The first complete state is reached; sent once. */
  public record Complete() implements Message {}

  /**
   * Asks for the state now and every change from here on.
   *
   * @param id chosen by the subscriber, for {@link Unsubscribe}
   * @param subscriber called on this actor's thread; must only pass the change on
   */
  public record Subscribe(String id, Consumer<SnapshotChange> subscriber) implements Message {}

  /** Ends a subscription. */
  public record Unsubscribe(String id) implements Message {}

  /** Asks for all resources in type order, by name. */
  public record Read(CompletableFuture<List<Entry>> reply) implements Message {}

  /** Asks for one resource. */
  public record ReadOne(ResourceId id, CompletableFuture<Optional<Entry>> reply)
      implements Message {}

  private record Flush() implements Message {}

  /**
   * A resource in force.
   *
   * @param publishedAt when it left towards the nodes
   */
  public record Entry(PublishedResource resource, Instant publishedAt) {}

  private final Clock clock;
  private final AtomicInteger size;
  private final Map<ResourceId, Entry> entries = new TreeMap<>();
  private final Map<ResourceId, Optional<PublishedResource>> pending = new LinkedHashMap<>();
  private final Map<String, Consumer<SnapshotChange>> subscribers = new HashMap<>();
  private boolean complete;
  private long revision;

  /**
   * @param size set to the number of resources, for metrics
   */
  public SnapshotActor(Mailbox<Message> self, Clock clock, AtomicInteger size) {
    super(self);
    this.clock = clock;
    this.size = size;
  }

  @Override
  protected Behavior<Message> onMessage(Message message) {
    switch (message) {
      case Publish(PublishedResource resource) -> change(resource.id(), Optional.of(resource));
      case Withdraw(ResourceId id) -> change(id, Optional.empty());
      case Flush() -> flush();
      case Complete() -> {
        flush();
        complete = true;
        SnapshotChange all = everything();
        subscribers.values().forEach(subscriber -> subscriber.accept(all));
      }
      case Subscribe(String id, Consumer<SnapshotChange> subscriber) -> {
        subscribers.put(id, subscriber);
        if (complete) {
          flush();
          subscriber.accept(everything());
        }
      }
      case Unsubscribe(String id) -> subscribers.remove(id);
      case Read(CompletableFuture<List<Entry>> reply) ->
          reply.complete(List.copyOf(entries.values()));
      case ReadOne(ResourceId id, CompletableFuture<Optional<Entry>> reply) ->
          reply.complete(Optional.ofNullable(entries.get(id)));
    }
    return this;
  }

  private void change(ResourceId id, Optional<PublishedResource> resource) {
    if (pending.isEmpty()) {
      self().tell(new Flush());
    }
    pending.put(id, resource);
  }

  private void flush() {
    List<PublishedResource> changed = new ArrayList<>();
    List<ResourceId> removed = new ArrayList<>();
    Instant now = clock.instant();
    pending.forEach(
        (id, resource) -> {
          Entry before = entries.get(id);
          if (resource.isEmpty()) {
            if (entries.remove(id) != null) {
              removed.add(id);
            }
          } else if (before == null
              || !before.resource().version().equals(resource.get().version())) {
            entries.put(id, new Entry(resource.get(), now));
            changed.add(resource.get());
          }
        });
    pending.clear();
    if (changed.isEmpty() && removed.isEmpty()) {
      return;
    }
    revision++;
    size.set(entries.size());
    if (complete) {
      SnapshotChange change = new SnapshotChange(revision, changed, removed);
      subscribers.values().forEach(subscriber -> subscriber.accept(change));
    }
  }

  private SnapshotChange everything() {
    return new SnapshotChange(
        revision, entries.values().stream().map(Entry::resource).toList(), List.of());
  }
}
