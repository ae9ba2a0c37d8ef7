package dev.nantian.gateway.control.xds;

import dev.nantian.gateway.control.snapshot.PublishedResource;
import dev.nantian.gateway.control.snapshot.ResourceId;
import dev.nantian.gateway.protocol.ResourceType;
import io.envoyproxy.envoy.service.discovery.v3.DeltaDiscoveryResponse;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * One resource type on one delta stream: what exists, what the node asked for, what it holds, what
 * it still has to be told. Used by {@link DeltaStream} only.
 *
 * <p>What has to be told is a set of names, not a queue of versions: a node that is slow to answer
 * gets the newest state when it does.
 */
final class TypeSubscription {
  private static final String WILDCARD = "*";

  /** A response that waits for its answer. */
  record Outstanding(String nonce, Map<ResourceId, String> sent, List<ResourceId> removed) {}

  private final ResourceType type;
  private final int maxResponseBytes;
  private final Map<String, PublishedResource> existing = new HashMap<>();
  private final Map<String, String> held = new HashMap<>();
  private final Map<String, String> refused = new HashMap<>();
  private final Set<String> names = new HashSet<>();
  private final Set<String> changed = new LinkedHashSet<>();
  private final Set<String> removed = new LinkedHashSet<>();
  private final Set<String> askedAgain = new HashSet<>();
  private final Set<String> askedInVain = new LinkedHashSet<>();
  private boolean requested;
  private boolean wildcard;
  private boolean greetingDue;
  private @Nullable Outstanding outstanding;

  TypeSubscription(ResourceType type, int maxResponseBytes) {
    this.type = type;
    this.maxResponseBytes = maxResponseBytes;
  }

  boolean requested() {
    return requested;
  }

  @Nullable Outstanding outstanding() {
    return outstanding;
  }

  /** Whether the node refused a version that is still the newest. */
  boolean refusalStands() {
    return !refused.isEmpty();
  }

  void exists(PublishedResource resource) {
    String name = resource.id().name();
    existing.put(name, resource);
    askedInVain.remove(name);
    if (subscribed(name)) {
      changed.add(name);
      removed.remove(name);
    }
  }

  void gone(String name) {
    existing.remove(name);
    changed.remove(name);
    refused.remove(name);
    if (held.containsKey(name) || names.contains(name)) {
      removed.add(name);
    }
  }

  /** The first request for this type on the stream. */
  void begin(List<String> subscribe, Map<String, String> initialVersions) {
    requested = true;
    greetingDue = true;
    held.putAll(initialVersions);
    wildcard = subscribe.isEmpty() || subscribe.contains(WILDCARD);
    subscribe.stream().filter(name -> !name.equals(WILDCARD)).forEach(names::add);
  }

  /**
   * Compares what the node holds with what exists, for a stream that begins.
   *
   * @return the versions that the node holds already
   */
  Map<ResourceId, String> compare() {
    Map<ResourceId, String> alreadyHeld = new LinkedHashMap<>();
    for (PublishedResource resource : existing.values()) {
      String name = resource.id().name();
      if (!subscribed(name)) {
        continue;
      }
      if (resource.version().equals(held.get(name))) {
        alreadyHeld.put(resource.id(), resource.version());
      } else {
        changed.add(name);
      }
    }
    for (String name : held.keySet()) {
      if (!existing.containsKey(name)) {
        removed.add(name);
      }
    }
    for (String name : names) {
      if (!existing.containsKey(name) && !held.containsKey(name)) {
        askedInVain.add(name);
      }
    }
    return alreadyHeld;
  }

  void subscribe(List<String> wanted) {
    for (String name : wanted) {
      if (name.equals(WILDCARD)) {
        wildcard = true;
        changed.addAll(existing.keySet());
      } else {
        names.add(name);
        askFor(name);
      }
    }
  }

  void unsubscribe(List<String> unwanted) {
    for (String name : unwanted) {
      if (name.equals(WILDCARD)) {
        wildcard = false;
        existing.keySet().forEach(this::forgetUnlessSubscribed);
        List.copyOf(held.keySet()).forEach(this::forgetUnlessSubscribed);
      } else {
        names.remove(name);
        askedInVain.remove(name);
        if (wildcard) {
          // Still covered by the wildcard: the node must learn what stands (xDS protocol,
          // "Unsubscribing from resources").
          askFor(name);
        } else {
          forgetUnlessSubscribed(name);
        }
      }
    }
  }

  private void askFor(String name) {
    if (existing.containsKey(name)) {
      changed.add(name);
      askedAgain.add(name);
    } else {
      askedInVain.add(name);
    }
  }

  private void forgetUnlessSubscribed(String name) {
    if (!subscribed(name)) {
      held.remove(name);
      refused.remove(name);
      changed.remove(name);
      removed.remove(name);
      askedAgain.remove(name);
    }
  }

  private boolean subscribed(String name) {
    return wildcard || names.contains(name);
  }

  /**
   * Takes what is new or changed, up to the size of one response; the rest stays due.
   *
   * @return empty if there is nothing to say
   */
  Optional<DeltaDiscoveryResponse.Builder> takeChanges() {
    if (!changesDue()) {
      return Optional.empty();
    }
    DeltaDiscoveryResponse.Builder response = DeltaDiscoveryResponse.newBuilder();
    int bytes = 0;
    Iterator<String> due = changed.iterator();
    while (due.hasNext() && bytes < maxResponseBytes) {
      String name = due.next();
      due.remove();
      askedAgain.remove(name);
      PublishedResource resource = Objects.requireNonNull(existing.get(name));
      response.addResources(resource.wire());
      bytes += resource.size();
    }
    response.addAllRemovedResources(askedInVain);
    askedInVain.clear();
    greetingDue = false;
    return Optional.of(response);
  }

  /** Whether something new waits that the node does not hold. */
  boolean changesDue() {
    changed.removeIf(
        name ->
            !askedAgain.contains(name)
                && Objects.requireNonNull(existing.get(name)).version().equals(held.get(name)));
    return greetingDue || !changed.isEmpty() || !askedInVain.isEmpty();
  }

  boolean removalsDue() {
    return !removed.isEmpty();
  }

  DeltaDiscoveryResponse.Builder takeRemovals() {
    DeltaDiscoveryResponse.Builder response =
        DeltaDiscoveryResponse.newBuilder().addAllRemovedResources(removed);
    removed.clear();
    return response;
  }

  /** Notes that a response is on its way. */
  void sent(DeltaDiscoveryResponse response) {
    Map<ResourceId, String> sent = new LinkedHashMap<>();
    response
        .getResourcesList()
        .forEach(
            resource -> {
              sent.put(new ResourceId(type, resource.getName()), resource.getVersion());
              held.put(resource.getName(), resource.getVersion());
            });
    List<ResourceId> gone = new ArrayList<>();
    for (String name : response.getRemovedResourcesList()) {
      held.remove(name);
      gone.add(new ResourceId(type, name));
    }
    outstanding = new Outstanding(response.getNonce(), sent, gone);
  }

  /** Ends the wait for an answer: every version was taken but the rejected ones. */
  StreamOutput.Applied answered(
      Outstanding answered, Map<ResourceId, StreamOutput.Rejection> rejections) {
    outstanding = null;
    Map<ResourceId, String> applied = new LinkedHashMap<>(answered.sent());
    applied.keySet().removeAll(rejections.keySet());
    applied.keySet().forEach(id -> refused.remove(id.name()));
    rejections
        .values()
        .forEach(
            rejection -> {
              if (existing.containsKey(rejection.id().name())) {
                refused.put(rejection.id().name(), rejection.version());
              }
            });
    return new StreamOutput.Applied(type, applied, answered.removed(), true);
  }
}
