package dev.nantian.gateway.control.translate;

import dev.nantian.gateway.control.source.ResourceKey;
import io.fabric8.kubernetes.api.model.HasMetadata;
import java.util.Set;

/** Translates the objects of one kind. Stateless; safe for all threads. */
public interface Translator<T extends HasMetadata> {

  /** What the object refers to, whether or not it exists. */
  Set<ResourceKey> dependencies(ResourceKey key, T object);

  /**
   * Translates an object, once there is a fact of each dependency.
   *
   * @param object has passed the structural checks of its schema
   */
  Translation translate(ResourceKey key, T object, Inputs inputs);

  /** What follows from an object that does not exist but is referred to. */
  Translation absent(ResourceKey key, Inputs inputs);
}
