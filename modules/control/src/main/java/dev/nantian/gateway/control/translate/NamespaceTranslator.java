package dev.nantian.gateway.control.translate;

import dev.nantian.gateway.control.source.ResourceKey;
import io.fabric8.kubernetes.api.model.Namespace;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;

/** Namespace: its labels, and the grants of all ReferenceGrants in it. */
public final class NamespaceTranslator implements Translator<Namespace> {
  // The API server sets it on every Namespace; a folder need not.
  private static final String NAME_LABEL = "kubernetes.io/metadata.name";

  @Override
  public Set<ResourceKey> dependencies(ResourceKey key, Namespace object) {
    return Set.of();
  }

  @Override
  public Translation translate(ResourceKey key, Namespace object, Inputs inputs) {
    Map<String, String> labels = object.getMetadata().getLabels();
    return translate(key, labels == null ? Map.of() : labels, inputs);
  }

  @Override
  public Translation absent(ResourceKey key, Inputs inputs) {
    return translate(key, Map.of(), inputs);
  }

  private static Translation translate(
      ResourceKey key, Map<String, String> written, Inputs inputs) {
    TreeMap<String, String> labels = new TreeMap<>(written);
    labels.put(NAME_LABEL, key.name());
    List<Fact.Grant> grants =
        inputs.claims().values().stream()
            .filter(Claim.AddsGrants.class::isInstance)
            .flatMap(claim -> ((Claim.AddsGrants) claim).grants().stream())
            .toList();
    return Translation.of(new Fact.NamespaceFact(labels, grants));
  }
}
