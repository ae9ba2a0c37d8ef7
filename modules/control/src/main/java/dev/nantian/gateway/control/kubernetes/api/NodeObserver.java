package dev.nantian.gateway.control.kubernetes.api;

import com.fasterxml.jackson.databind.node.ObjectNode;

/**
 * Looks at the cluster's Nodes as they come in. Called on the thread of {@link ObjectObserver};
 * must not block, and should keep only what it needs: a Node names every image that it holds.
 */
public interface NodeObserver {

  /** A Node is new or has changed. */
  void nodePresent(String name, ObjectNode node);

  /** A Node is gone. */
  void nodeAbsent(String name);
}
