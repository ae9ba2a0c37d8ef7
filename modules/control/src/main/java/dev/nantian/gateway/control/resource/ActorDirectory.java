package dev.nantian.gateway.control.resource;

import dev.nantian.gateway.control.mailbox.Mailbox;
import dev.nantian.gateway.control.source.Kind;
import dev.nantian.gateway.control.source.ResourceKey;
import dev.nantian.gateway.control.source.SourcedObject;
import java.util.EnumMap;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentSkipListMap;
import org.jspecify.annotations.Nullable;

/**
 * The resource actors by name. The {@link ResourceRegistry} alone adds, removes and changes; any
 * thread may look.
 */
public final class ActorDirectory {

  /** One actor with what the registry knows of it. */
  static final class Entry {
    final Mailbox<ResourceActor.Msg> actor;
    final ActorCard card;
    final Set<ResourceKey> claimants = new HashSet<>();
    volatile @Nullable SourcedObject object;

    Entry(Mailbox<ResourceActor.Msg> actor, ActorCard card) {
      this.actor = actor;
      this.card = card;
    }
  }

  private final Map<ResourceKey, Entry> entries = new ConcurrentSkipListMap<>();

  @Nullable Entry get(ResourceKey key) {
    return entries.get(key);
  }

  void put(ResourceKey key, Entry entry) {
    entries.put(key, entry);
  }

  void remove(ResourceKey key) {
    entries.remove(key);
  }

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
