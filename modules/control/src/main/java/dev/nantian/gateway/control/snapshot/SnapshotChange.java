package dev.nantian.gateway.control.snapshot;

import java.util.List;

/**
 * What changed from one state of the snapshot to the next; to a new subscriber, everything.
 *
 * @param revision counts the states of this process
 * @param changed new and changed resources, each once
 * @param removed resources that are gone
 */
public record SnapshotChange(
    long revision, List<PublishedResource> changed, List<ResourceId> removed) {
  public SnapshotChange {
    changed = List.copyOf(changed);
    removed = List.copyOf(removed);
  }
}
