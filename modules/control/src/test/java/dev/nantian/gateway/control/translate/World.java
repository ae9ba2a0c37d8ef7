package dev.nantian.gateway.control.translate;

import com.google.protobuf.Message;
import dev.nantian.gateway.control.address.AddressAssignment;
import dev.nantian.gateway.control.address.AddressPlan;
import dev.nantian.gateway.control.resource.Translators;
import dev.nantian.gateway.control.snapshot.ResourceId;
import dev.nantian.gateway.control.source.Kind;
import dev.nantian.gateway.control.source.ResourceKey;
import dev.nantian.gateway.control.source.SourcedObject;
import dev.nantian.gateway.control.xds.Programming;
import io.fabric8.kubernetes.api.model.HasMetadata;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.TreeSet;

/**
 * All objects of a test, translated again and again until nothing changes: what the actors do, in
 * one thread and without them. Every published Gateway counts as live.
 */
final class World {
  private static final Translators TRANSLATORS = new Translators("gateway.nantian.dev/controller");

  private final Map<ResourceKey, HasMetadata> objects = new TreeMap<>();
  private final Map<ResourceKey, Translation> translations = new TreeMap<>();
  private final Map<String, AddressAssignment> addresses = new HashMap<>();

  World(List<SourcedObject> sourced) {
    sourced.forEach(object -> objects.put(object.key(), object.object()));
    AddressPlan plan = new AddressPlan(List.of(), List.of("127.0.0.1"));
    Map<ResourceKey, Translation> before;
    do {
      before = Map.copyOf(translations);
      TreeSet<ResourceKey> names = new TreeSet<>(objects.keySet());
      objects.forEach((key, object) -> names.addAll(of(key.kind()).dependencies(key, object)));
      for (ResourceKey key : names) {
        Translation translation = translate(key);
        translations.put(key, translation);
        translation.addressClaim().ifPresent(claim -> addresses.putAll(plan.claim(claim)));
      }
    } while (!before.equals(translations));
  }

  Map<ResourceKey, Translation> translations() {
    return translations;
  }

  /** The whole configuration. */
  Map<ResourceId, Message> resources() {
    Map<ResourceId, Message> resources = new TreeMap<>();
    translations.values().forEach(translation -> resources.putAll(translation.resources()));
    return resources;
  }

  private Translation translate(ResourceKey key) {
    Translator<HasMetadata> translator = of(key.kind());
    HasMetadata object = objects.get(key);
    Map<ResourceKey, Fact> facts = new HashMap<>();
    if (object != null) {
      for (ResourceKey dependency : translator.dependencies(key, object)) {
        Translation known = translations.get(dependency);
        facts.put(
            dependency,
            known == null
                ? of(dependency.kind()).absent(dependency, inputs(dependency, Map.of())).fact()
                : known.fact());
      }
    }
    Inputs inputs = inputs(key, facts);
    return object == null
        ? translator.absent(key, inputs)
        : translator.translate(key, object, inputs);
  }

  private Inputs inputs(ResourceKey key, Map<ResourceKey, Fact> facts) {
    TreeMap<ResourceKey, Claim> claims = new TreeMap<>();
    translations.forEach(
        (claimant, translation) -> {
          Claim claim = translation.claims().get(key);
          if (claim != null) {
            claims.put(claimant, claim);
          }
        });
    return new Inputs(
        facts,
        claims,
        Optional.ofNullable(addresses.get(key.namespace() + "/" + key.name()))
            .filter(ignored -> key.kind() == Kind.GATEWAY),
        new Programming("v", Programming.State.LIVE, ""),
        false);
  }

  private static Translator<HasMetadata> of(Kind kind) {
    return TRANSLATORS.of(kind);
  }
}
