package dev.nantian.gateway.control.resource;

import dev.nantian.gateway.control.mailbox.Mailbox;
import dev.nantian.gateway.control.source.ResourceKey;
import dev.nantian.gateway.control.translate.Claim;
import dev.nantian.gateway.control.translate.Fact;
import java.time.Instant;
import java.util.Collections;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.Map;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * Those that refer to one actor's object, what each of them claims, and who still waits for the
 * answer, which is the object's fact. Owned by a {@link ResourceActor}.
 */
final class Claimants {
  private final ResourceKey key;
  private final TreeMap<ResourceKey, Claim> claims = new TreeMap<>();
  private final Map<ResourceKey, Mailbox<ResourceActor.Msg>> mailboxes = new HashMap<>();
  private final Set<ResourceKey> unheard = new HashSet<>();
  private final Set<ResourceKey> unanswered = new LinkedHashSet<>();
  private boolean changed;

  Claimants(ResourceKey key) {
    this.key = key;
  }

  /** What is claimed, a view. */
  SortedMap<ResourceKey, Claim> claims() {
    return Collections.unmodifiableSortedMap(claims);
  }

  /** After a restart: these claim something and are going to say it again. */
  void expect(Set<ResourceKey> known) {
    unheard.addAll(known);
  }

  /** True if all that claim something have said what. */
  boolean areAllHeard() {
    return unheard.isEmpty();
  }

  void put(ResourceActor.Claimed claimed) {
    ResourceKey claimant = claimed.claimant();
    mailboxes.put(claimant, claimed.from());
    boolean heard = unheard.remove(claimant);
    changed |= !claimed.claim().equals(claims.put(claimant, claimed.claim())) || heard;
    unanswered.add(claimant);
  }

  /** Returns whether it had claimed anything. */
  boolean remove(ResourceKey claimant) {
    mailboxes.remove(claimant);
    boolean heard = unheard.remove(claimant);
    unanswered.remove(claimant);
    boolean had = claims.remove(claimant) != null || heard;
    changed |= had;
    return had;
  }

  /** True if claims have changed since {@link #translated}. */
  boolean haveChanged() {
    return changed;
  }

  /** The claims are about to be translated as they are. */
  void translated() {
    changed = false;
  }

  /** Gives those that wait for an answer the fact as it is. */
  void answer(Fact fact, Instant cause) {
    for (ResourceKey claimant : unanswered) {
      Mailbox<ResourceActor.Msg> from = mailboxes.get(claimant);
      if (from != null) {
        from.tell(new ResourceActor.FactChanged(key, fact, cause));
      }
    }
  }

  /** Nobody waits for an answer any more: all have one, or get the next fact. */
  void answered() {
    unanswered.clear();
  }

  /** Tells all of a new fact. */
  void tell(Fact fact, Instant cause) {
    mailboxes
        .values()
        .forEach(claimant -> claimant.tell(new ResourceActor.FactChanged(key, fact, cause)));
  }
}
