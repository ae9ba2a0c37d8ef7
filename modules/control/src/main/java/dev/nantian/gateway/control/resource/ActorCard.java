package dev.nantian.gateway.control.resource;

import dev.nantian.gateway.control.snapshot.ResourceId;
import dev.nantian.gateway.control.source.ResourceKey;
import dev.nantian.gateway.control.translate.Claim;
import java.time.Instant;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * What outlives a crash of a resource actor, and what is shown of it: the registry makes it, the
 * actor writes it, any thread reads it.
 */
final class ActorCard {
  /** The actor's stages. */
  enum State {
    /** Nothing has this name; somebody refers to it. */
    ABSENT,
    /** A fact of something it refers to is on its way. */
    WAITING,
    /** Translated, but what it needs is not in the configuration yet; the version before is. */
    HELD,
    /** What it published is the translation of its present version. */
    CURRENT,
    /** The translation failed; what was published before stays. */
    FAILED
  }

  final Map<ResourceId, String> published = new ConcurrentHashMap<>();
  final Map<ResourceKey, Claim> claims = new ConcurrentHashMap<>();
  final AtomicInteger starts = new AtomicInteger();
  volatile State state = State.ABSENT;
  volatile long generation;
  volatile String lastMessage = "";
  volatile Instant lastMessageAt = Instant.EPOCH;
  volatile Instant changedAt = Instant.EPOCH;
}
