package dev.nantian.gateway.proxy.config;

import dev.nantian.gateway.protocol.ResourceType;
import java.time.Instant;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * Which version of each resource is in force, and which newer one was refused. What the resources
 * say is no matter here. Owned by the configuration thread.
 */
final class ResourceLedger {

  /** What is known of one resource. */
  static final class Entry {
    private ConfigStore.@Nullable Received inForce;
    private @Nullable Instant appliedAt;
    private ConfigStore.@Nullable Rejection rejected;

    boolean holds(String version) {
      return inForce != null && inForce.version().equals(version);
    }

    void applied(ConfigStore.Received resource, Instant now) {
      inForce = resource;
      appliedAt = now;
      rejected = null;
    }

    void refused(ConfigStore.Rejection rejection) {
      rejected = rejection;
    }

    /** What was refused before has been taken back. */
    void unchanged() {
      rejected = null;
    }
  }

  private final Map<ResourceType, Map<String, Entry>> entries = new EnumMap<>(ResourceType.class);

  ResourceLedger() {
    for (ResourceType type : ResourceType.values()) {
      entries.put(type, new TreeMap<>());
    }
  }

  private Map<String, Entry> of(ResourceType type) {
    return Objects.requireNonNull(entries.get(type));
  }

  Entry entry(ResourceType type, String name) {
    return of(type).computeIfAbsent(name, _ -> new Entry());
  }

  /** Forgets a resource; false if it was not known. */
  boolean remove(ResourceType type, String name) {
    return of(type).remove(name) != null;
  }

  /** Version of a resource in force; empty if there is none. */
  String version(ResourceType type, String name) {
    Entry entry = of(type).get(name);
    return entry == null || entry.inForce == null ? "" : entry.inForce.version();
  }

  /**
   * Versions in force by name, without those whose newest version was refused.
   *
   * @param without names to leave out
   */
  Map<String, String> versions(ResourceType type, Set<String> without) {
    Map<String, String> versions = new TreeMap<>();
    of(type)
        .forEach(
            (name, entry) -> {
              if (entry.inForce != null && entry.rejected == null && !without.contains(name)) {
                versions.put(name, entry.inForce.version());
              }
            });
    return versions;
  }

  /** Everything in force, in the order of {@link ResourceType}. */
  List<ConfigStore.Update> inForce() {
    List<ConfigStore.Update> updates = new ArrayList<>();
    entries.forEach(
        (type, ofType) ->
            updates.add(
                new ConfigStore.Update(
                    type,
                    ofType.values().stream()
                        .map(entry -> entry.inForce)
                        .filter(Objects::nonNull)
                        .toList(),
                    List.of())));
    return updates;
  }

  /**
   * All resources for people.
   *
   * @param gatewayProblems what keeps a Gateway from serving
   */
  List<ConfigView.Resource> view(Map<String, ConfigStore.GatewayProblem> gatewayProblems) {
    List<ConfigView.Resource> resources = new ArrayList<>();
    entries.forEach(
        (type, ofType) ->
            ofType.forEach(
                (name, entry) -> {
                  ConfigStore.Received good = entry.inForce;
                  ConfigStore.Rejection bad = entry.rejected;
                  ConfigStore.GatewayProblem trouble =
                      type == ResourceType.GATEWAY ? gatewayProblems.get(name) : null;
                  resources.add(
                      new ConfigView.Resource(
                          type.name(),
                          name,
                          good == null ? null : good.version(),
                          entry.appliedAt,
                          bad == null ? null : bad.version(),
                          bad != null
                              ? bad.message()
                              : trouble == null ? null : trouble.message()));
                }));
    return resources;
  }
}
