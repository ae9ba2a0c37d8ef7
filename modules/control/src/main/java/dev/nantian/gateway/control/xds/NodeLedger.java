package dev.nantian.gateway.control.xds;

import dev.nantian.gateway.control.snapshot.ResourceId;
import dev.nantian.gateway.control.snapshot.SnapshotChange;
import dev.nantian.gateway.protocol.config.v1.RejectedResource;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * What every connected node holds of every resource in force, and so whether a version is live. Not
 * thread-safe; one owner.
 */
public final class NodeLedger {
  private final Map<ResourceId, String> current = new HashMap<>();
  private final TreeMap<Long, Node> streams = new TreeMap<>();

  /** One stream of one node. */
  private static final class Node {
    private final String id;
    private final long openedMillis;
    private final Map<ResourceId, Live> held = new HashMap<>();
    private final Map<ResourceId, StreamOutput.Rejection> refused = new HashMap<>();

    private Node(String id, long openedMillis) {
      this.id = id;
      this.openedMillis = openedMillis;
    }
  }

  /** A version and since when a node has it. */
  public record Live(String version, Instant since) {}

  /**
   * A node has named itself on a stream. Of several streams of a node only the one that was opened
   * last counts, whichever spoke first and whichever replica of the control plane it came to.
   *
   * @param stream number of the stream, in the order in which streams were opened here
   * @param openedMillis when by the node's own clock; 0 if it does not say
   * @return the streams that are superseded; {@code stream} itself if a later one is known
   */
  public List<Long> connected(long stream, String node, long openedMillis) {
    List<Long> earlier = new ArrayList<>();
    for (Map.Entry<Long, Node> other : streams.entrySet()) {
      if (other.getValue().id.equals(node)) {
        long before = other.getValue().openedMillis;
        if (before > openedMillis || (before == openedMillis && other.getKey() > stream)) {
          return List.of(stream);
        }
        earlier.add(other.getKey());
      }
    }
    earlier.forEach(streams::remove);
    streams.put(stream, new Node(node, openedMillis));
    return earlier;
  }

  public void disconnected(long stream) {
    streams.remove(stream);
  }

  /** What is in force. */
  public Set<ResourceId> changed(SnapshotChange change) {
    Set<ResourceId> touched = new LinkedHashSet<>();
    change
        .changed()
        .forEach(
            resource -> {
              current.put(resource.id(), resource.version());
              touched.add(resource.id());
            });
    change
        .removed()
        .forEach(
            id -> {
              current.remove(id);
              touched.add(id);
            });
    return touched;
  }

  public void applied(long stream, StreamOutput.Applied applied, Instant now) {
    Node node = streams.get(stream);
    if (node == null) {
      return;
    }
    applied
        .versions()
        .forEach(
            (id, version) -> {
              node.held.put(id, new Live(version, now));
              node.refused.remove(id);
            });
    applied
        .removed()
        .forEach(
            id -> {
              node.held.remove(id);
              node.refused.remove(id);
            });
  }

  /** A removal is on its way: the node can no longer be said to hold the resources. */
  public void removing(long stream, Collection<ResourceId> ids) {
    Node node = streams.get(stream);
    if (node != null) {
      node.held.keySet().removeAll(Set.copyOf(ids));
    }
  }

  public void refused(long stream, Collection<StreamOutput.Rejection> rejections) {
    Node node = streams.get(stream);
    if (node != null) {
      rejections.forEach(rejection -> node.refused.put(rejection.id(), rejection));
    }
  }

  /** The versions that a node holds. */
  public Map<ResourceId, String> held(long stream) {
    Node node = streams.get(stream);
    Map<ResourceId, String> versions = new HashMap<>();
    if (node != null) {
      node.held.forEach((id, live) -> versions.put(id, live.version()));
    }
    return versions;
  }

  /** The resources that a node refuses in their newest version. */
  public Collection<StreamOutput.Rejection> refusals(long stream) {
    Node node = streams.get(stream);
    return node == null
        ? List.of()
        : node.refused.values().stream()
            .filter(rejection -> rejection.version().equals(current.get(rejection.id())))
            .toList();
  }

  /** Whether the version in force is live on every connected node. */
  public Programming programming(ResourceId id) {
    String version = current.get(id);
    if (version == null) {
      return Programming.UNKNOWN;
    }
    if (streams.isEmpty()) {
      return new Programming(version, Programming.State.NO_NODE, "");
    }
    @Nullable String waitingFor = null;
    for (Node node : streams.values()) {
      StreamOutput.Rejection rejection = node.refused.get(id);
      if (rejection != null && rejection.version().equals(version)) {
        return new Programming(
            version,
            rejection.reason() == RejectedResource.Reason.ADDRESS_NOT_USABLE
                ? Programming.State.ADDRESS_NOT_USABLE
                : Programming.State.REFUSED,
            "node " + node.id + ": " + rejection.message());
      }
      Live live = node.held.get(id);
      if (live == null || !live.version().equals(version)) {
        waitingFor = node.id;
      }
    }
    return waitingFor == null
        ? new Programming(version, Programming.State.LIVE, "")
        : new Programming(version, Programming.State.WAITING, "node " + waitingFor);
  }

  /** Since when each connected node holds the version in force of a resource. */
  public Map<String, Instant> liveSince(ResourceId id) {
    Map<String, Instant> since = new TreeMap<>();
    String version = current.get(id);
    for (Node node : streams.values()) {
      Live live = node.held.get(id);
      if (live != null && live.version().equals(version)) {
        since.put(node.id, live.since());
      }
    }
    return since;
  }

  /** Number of connected nodes. */
  public int size() {
    return streams.size();
  }
}
