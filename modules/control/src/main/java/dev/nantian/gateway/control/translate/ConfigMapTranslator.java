package dev.nantian.gateway.control.translate;

import dev.nantian.gateway.control.source.ResourceKey;
import io.fabric8.kubernetes.api.model.ConfigMap;
import java.util.Set;

/** ConfigMap: nothing follows from one yet; it is read so that what refers to it can find it. */
public final class ConfigMapTranslator implements Translator<ConfigMap> {

  @Override
  public Set<ResourceKey> dependencies(ResourceKey key, ConfigMap object) {
    return Set.of();
  }

  @Override
  public Translation translate(ResourceKey key, ConfigMap object, Inputs inputs) {
    return Translation.of(Fact.NONE);
  }

  @Override
  public Translation absent(ResourceKey key, Inputs inputs) {
    return Translation.of(Fact.NONE);
  }
}
