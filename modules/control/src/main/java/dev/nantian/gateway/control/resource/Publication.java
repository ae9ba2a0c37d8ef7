package dev.nantian.gateway.control.resource;

import com.google.protobuf.Message;
import dev.nantian.gateway.control.snapshot.PublishedResource;
import dev.nantian.gateway.control.snapshot.ResourceId;
import dev.nantian.gateway.control.snapshot.SnapshotActor;
import dev.nantian.gateway.control.source.Kind;
import dev.nantian.gateway.control.source.ResourceKey;
import dev.nantian.gateway.control.xds.NodesActor;
import dev.nantian.gateway.control.xds.Programming;
import java.time.Instant;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.Consumer;

/**
 * One actor's part of the configuration: what it published, as its {@link ActorCard} says, and for
 * a Gateway how far that has come. Owned by a {@link ResourceActor}.
 */
final class Publication {
  private final ResourceKey key;
  private final ActorCard card;
  private final Surroundings surroundings;
  private final Consumer<Programming> onProgramming;
  private boolean watchingNodes;

  Publication(
      ResourceKey key,
      ActorCard card,
      Surroundings surroundings,
      Consumer<Programming> onProgramming) {
    this.key = key;
    this.card = card;
    this.surroundings = surroundings;
    this.onProgramming = onProgramming;
  }

  /** Publishes what is new or different; returns whether anything was. */
  boolean publish(Map<ResourceId, Message> resources, Instant cause) {
    boolean changed = false;
    for (Map.Entry<ResourceId, Message> entry : new TreeMap<>(resources).entrySet()) {
      ResourceId id = entry.getKey();
      PublishedResource resource =
          PublishedResource.of(id.type(), id.name(), entry.getValue(), cause);
      if (!resource.version().equals(card.published.put(id, resource.version()))) {
        surroundings.snapshot().tell(new SnapshotActor.Publish(resource));
        changed = true;
      }
      if (key.kind() == Kind.GATEWAY && !watchingNodes) {
        watchingNodes = true;
        surroundings.nodes().tell(new NodesActor.Watch(id, onProgramming));
      }
    }
    return changed;
  }

  /** What is in the configuration and no longer among these resources. */
  Set<ResourceId> superfluous(Set<ResourceId> resources) {
    Set<ResourceId> superfluous = new HashSet<>(card.published.keySet());
    superfluous.removeAll(resources);
    return superfluous;
  }

  void withdraw(Set<ResourceId> ids) {
    for (ResourceId id : ids) {
      card.published.remove(id);
      surroundings.snapshot().tell(new SnapshotActor.Withdraw(id));
      if (key.kind() == Kind.GATEWAY) {
        watchingNodes = false;
        surroundings.nodes().tell(new NodesActor.Unwatch(id));
      }
    }
  }

  /** Whether the nodes were asked how far a version has come. */
  boolean watchingNodes() {
    return watchingNodes;
  }
}
