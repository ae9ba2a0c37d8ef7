package dev.nantian.gateway.control.resource;

import dev.nantian.gateway.control.mailbox.Mailbox;
import dev.nantian.gateway.control.source.ResourceKey;
import dev.nantian.gateway.control.translate.Claim;
import java.time.Instant;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/**
 * What one actor claims of those that it refers to, as its {@link ActorCard} says. Nothing that is
 * in use is let go before the new configuration is out: first {@link #more}, then publish, then
 * {@link #less}. Owned by a {@link ResourceActor}.
 */
final class OwnClaims {
  private final ResourceKey key;
  private final ActorCard card;
  private final Mailbox<ResourceRegistry.Message> registry;

  OwnClaims(ResourceKey key, ActorCard card, Mailbox<ResourceRegistry.Message> registry) {
    this.key = key;
    this.card = card;
    this.registry = registry;
  }

  boolean has(ResourceKey dependency) {
    return card.claims.containsKey(dependency);
  }

  /** Begins to watch those of which nothing is claimed yet. */
  void watch(Set<ResourceKey> dependencies, Instant cause) {
    for (ResourceKey dependency : dependencies) {
      if (!card.claims.containsKey(dependency)) {
        put(dependency, Claim.WATCHES, cause);
      }
    }
  }

  /** New claims, and those that ask for more than before. */
  void more(Map<ResourceKey, Claim> wanted, Instant cause) {
    wanted.forEach(
        (dependency, claim) -> put(dependency, union(card.claims.get(dependency), claim), cause));
  }

  private static Claim union(@Nullable Claim before, Claim wanted) {
    if (before instanceof Claim.UsesPorts(var old, var gateways)) {
      TreeSet<Integer> ports = new TreeSet<>(old);
      if (wanted instanceof Claim.UsesPorts(var more, var present)) {
        ports.addAll(more);
        return new Claim.UsesPorts(ports, present);
      }
      return new Claim.UsesPorts(ports, gateways);
    }
    return before instanceof Claim.UsesCertificate ? before : wanted;
  }

  /**
   * Claims that ask for less, and the end of those that are not needed.
   *
   * @return those of which nothing is claimed any more
   */
  Set<ResourceKey> less(Map<ResourceKey, Claim> wanted, Instant cause) {
    wanted.forEach((dependency, claim) -> put(dependency, claim, cause));
    Set<ResourceKey> dropped = new TreeSet<>(card.claims.keySet());
    dropped.removeAll(wanted.keySet());
    for (ResourceKey dependency : dropped) {
      card.claims.remove(dependency);
      registry.tell(new ResourceRegistry.DropClaim(key, dependency, cause));
    }
    return dropped;
  }

  private void put(ResourceKey dependency, Claim claim, Instant cause) {
    if (!claim.equals(card.claims.put(dependency, claim))) {
      registry.tell(new ResourceRegistry.PutClaim(key, dependency, claim, cause));
    }
  }

  /** Says one claim again: who it is of has lost its state. */
  void again(ResourceKey dependency) {
    Claim claim = card.claims.get(dependency);
    if (claim != null) {
      registry.tell(new ResourceRegistry.PutClaim(key, dependency, claim, card.changedAt));
    }
  }

  /** Says all claims again: the answers to them are lost. */
  void allAgain(Instant cause) {
    card.claims.forEach(
        (dependency, claim) ->
            registry.tell(new ResourceRegistry.PutClaim(key, dependency, claim, cause)));
  }
}
