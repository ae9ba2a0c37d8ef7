package dev.nantian.gateway.control.validate;

import dev.nantian.gateway.control.address.AddressAssignment;
import dev.nantian.gateway.control.address.AddressPlan;
import dev.nantian.gateway.control.resource.Translators;
import dev.nantian.gateway.control.source.Kind;
import dev.nantian.gateway.control.source.ResourceKey;
import dev.nantian.gateway.control.source.SourcedObject;
import dev.nantian.gateway.control.translate.Claim;
import dev.nantian.gateway.control.translate.Fact;
import dev.nantian.gateway.control.translate.Inputs;
import dev.nantian.gateway.control.translate.Problem;
import dev.nantian.gateway.control.translate.Translation;
import dev.nantian.gateway.control.translate.Translator;
import dev.nantian.gateway.control.xds.Programming;
import io.fabric8.kubernetes.api.model.HasMetadata;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * What the resource actors would come to if nothing changed any more: every object is translated,
 * and translated again when a fact or claim that it depends on has changed, until none does. One
 * thread, no actors, the same translators.
 *
 * <p>Proxies are assumed to accept whatever they are sent, so everything that is ready is published
 * at once.
 */
final class OfflineTranslation {

  /**
   * Facts flow along references, of which no chain is longer than route, Gateway, Secret,
   * namespace.
   */
  private static final int MOST_ROUNDS = 100;

  private final Translators translators;
  private final Map<ResourceKey, SourcedObject> objects;
  private final AddressPlan addressPlan;
  private final Map<ResourceKey, AddressAssignment> addresses = new HashMap<>();
  private final Map<ResourceKey, Fact> facts = new HashMap<>();
  private final Map<ResourceKey, Translation> translations = new TreeMap<>();
  private final Map<ResourceKey, SortedMap<ResourceKey, Claim>> claimsOn = new HashMap<>();
  private Set<ResourceKey> stale = new LinkedHashSet<>();

  private OfflineTranslation(
      Translators translators, List<String> addressPool, Map<ResourceKey, SourcedObject> objects) {
    this.translators = translators;
    this.addressPlan = new AddressPlan(addressPool, List.of());
    this.objects = objects;
  }

  /** The problems of each object, when all have been translated with all others. */
  static SortedMap<ResourceKey, List<Problem>> problems(
      Translators translators, List<String> addressPool, Map<ResourceKey, SourcedObject> objects) {
    OfflineTranslation world = new OfflineTranslation(translators, addressPool, objects);
    world.stale.addAll(objects.keySet());
    world.settle();
    SortedMap<ResourceKey, List<Problem>> problems = new TreeMap<>();
    for (ResourceKey key : objects.keySet()) {
      Translation translation = world.translations.get(key);
      problems.put(key, translation == null ? List.of() : translation.problems());
    }
    return problems;
  }

  private void settle() {
    for (int round = 0; !stale.isEmpty(); round++) {
      if (round == MOST_ROUNDS) {
        throw new IllegalStateException("no end of changes among " + stale);
      }
      Set<ResourceKey> now = stale;
      stale = new LinkedHashSet<>();
      now.forEach(this::translate);
    }
  }

  private void translate(ResourceKey key) {
    Translator<HasMetadata> translator = translators.of(key.kind());
    SourcedObject object = objects.get(key);
    Translation before = translations.get(key);
    if (object != null) {
      translator.dependencies(key, object.object()).forEach(this::ensureFact);
    }
    Inputs inputs = inputs(key, before);
    Translation after =
        object == null
            ? translator.absent(key, inputs)
            : translator.translate(key, object.object(), inputs);
    translations.put(key, after);
    boolean publishedBefore = before != null && !before.resources().isEmpty();
    if (publishedBefore == after.resources().isEmpty()) {
      stale.add(key);
    }
    claim(key, before == null ? Map.of() : before.claims(), after.claims());
    if (!after.fact().equals(facts.put(key, after.fact()))) {
      stale.addAll(claimsOn.getOrDefault(key, new TreeMap<>()).keySet());
    }
    claimAddress(key, before, after);
  }

  /**
   * Before an object has been translated it is as if it did not exist, as it is with the actors.
   */
  private void ensureFact(ResourceKey key) {
    if (!facts.containsKey(key)) {
      Inputs nothing =
          new Inputs(Map.of(), new TreeMap<>(), Optional.empty(), Programming.UNKNOWN, false);
      facts.put(key, translators.of(key.kind()).absent(key, nothing).fact());
    }
  }

  private Inputs inputs(ResourceKey key, @Nullable Translation before) {
    return new Inputs(
        facts,
        claimsOn.getOrDefault(key, new TreeMap<>()),
        Optional.ofNullable(addresses.get(key)),
        Programming.UNKNOWN,
        before != null && !before.resources().isEmpty());
  }

  private void claim(
      ResourceKey claimant, Map<ResourceKey, Claim> before, Map<ResourceKey, Claim> after) {
    for (ResourceKey target : before.keySet()) {
      if (!after.containsKey(target)) {
        claimsOn.getOrDefault(target, new TreeMap<>()).remove(claimant);
        stale.add(target);
      }
    }
    after.forEach(
        (target, claim) -> {
          ensureFact(target);
          Claim old = claimsOn.computeIfAbsent(target, any -> new TreeMap<>()).put(claimant, claim);
          if (!claim.equals(old)) {
            stale.add(target);
          }
        });
  }

  private void claimAddress(ResourceKey key, @Nullable Translation before, Translation after) {
    Map<String, AddressAssignment> changed = Map.of();
    if (after.addressClaim().isPresent()) {
      changed = addressPlan.claim(after.addressClaim().get());
    } else if (before != null && before.addressClaim().isPresent()) {
      addresses.remove(key);
      changed = addressPlan.release(key.namespace() + "/" + key.name());
    }
    changed.forEach(
        (gateway, assignment) -> {
          int slash = gateway.indexOf('/');
          ResourceKey of =
              new ResourceKey(
                  Kind.GATEWAY, gateway.substring(0, slash), gateway.substring(slash + 1));
          addresses.put(of, assignment);
          stale.add(of);
        });
  }
}
