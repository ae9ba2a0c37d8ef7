package dev.nantian.gateway.control.source;

import io.fabric8.kubernetes.api.model.HasMetadata;

/**
 * One version of an object as a source read it. The object is shared between threads: nobody
 * changes it.
 *
 * @param key its identity
 * @param object an instance of {@code key.kind().model()} with namespace (if namespaced),
 *     generation, creation timestamp and uid set
 * @param origin where its fields were written
 */
public record SourcedObject(ResourceKey key, HasMetadata object, Origin origin) {

  public SourcedObject {
    if (!key.kind().model().isInstance(object)) {
      throw new IllegalArgumentException(
          key
              + ": "
              + object.getClass().getName()
              + " (expected "
              + key.kind().model().getName()
              + ")");
    }
  }

  /**
   * The generation of this version: 1 for the first, one more for every change of what the user
   * asks for.
   */
  public long generation() {
    Long generation = object.getMetadata().getGeneration();
    return generation == null ? 0 : generation;
  }
}
