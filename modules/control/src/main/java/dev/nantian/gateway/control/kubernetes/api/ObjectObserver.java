package dev.nantian.gateway.control.kubernetes.api;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.nantian.gateway.control.source.ResourceKey;

/**
 * Looks at whole objects, with their status and what an API server keeps of them, as they come in.
 * Called on one thread, before anything else learns of the change; must not block and must not
 * change the tree.
 */
public interface ObjectObserver {

  /** An object is new or has changed. */
  void present(ResourceKey key, ObjectNode object);

  /** An object is gone. */
  void absent(ResourceKey key);
}
