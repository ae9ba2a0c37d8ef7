package dev.nantian.gateway.proxy.check;

import dev.nantian.gateway.proxy.config.Cluster;
import dev.nantian.gateway.proxy.health.ClusterHealth;
import dev.nantian.gateway.proxy.health.EndpointHealth;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.FunctionCounter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.Meter;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Tags;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.function.ToDoubleFunction;

/** The meters of clusters' health; they come and go with the clusters. Owned by one thread. */
final class HealthMeters {
  /** Meters of a cluster, and the object that they read. */
  private record Registered(ClusterHealth health, List<Meter> meters) {}

  private final MeterRegistry registry;
  private final Map<String, Registered> registered = new HashMap<>();

  HealthMeters(MeterRegistry registry) {
    this.registry = registry;
  }

  void checked(String cluster, boolean passed) {
    Counter.builder("nantian.backend.checks")
        .description("Active checks made")
        .tags(Tags.of("backend", cluster, "result", passed ? "passed" : "failed"))
        .register(registry)
        .increment();
  }

  /** Registers the meters of new clusters and removes those of clusters that are gone. */
  void follow(List<Cluster> clusters) {
    Set<String> names = new HashSet<>();
    for (Cluster cluster : clusters) {
      names.add(cluster.name());
      Registered known = registered.get(cluster.name());
      if (known == null || !known.health().equals(cluster.health())) {
        remove(cluster.name());
        registered.put(cluster.name(), register(cluster));
      }
    }
    for (String name : Set.copyOf(registered.keySet())) {
      if (!names.contains(name)) {
        remove(name);
      }
    }
  }

  private void remove(String name) {
    Registered gone = registered.remove(name);
    if (gone != null) {
      gone.meters().forEach(registry::remove);
    }
  }

  private Registered register(Cluster cluster) {
    ClusterHealth health = cluster.health();
    List<Meter> meters = new ArrayList<>();
    for (EndpointHealth.State state : EndpointHealth.State.values()) {
      meters.add(endpoints(cluster, state.name().toLowerCase(Locale.ROOT), h -> h.count(state)));
    }
    meters.add(endpoints(cluster, "check_failed", ClusterHealth::countCheckFailed));
    meters.add(
        FunctionCounter.builder("nantian.backend.ejections", health, ClusterHealth::ejections)
            .description("Endpoints taken out because of how they answered")
            .tags(Tags.of("backend", cluster.name()))
            .register(registry));
    meters.add(
        FunctionCounter.builder(
                "nantian.backend.limit.rejections", cluster.counts(), c -> c.rejected())
            .description("Requests and further tries beyond a circuit limit")
            .tags(Tags.of("backend", cluster.name()))
            .register(registry));
    meters.add(
        Gauge.builder("nantian.backend.panic", health, h -> h.isPanicking() ? 1 : 0)
            .description("1 while health is ignored because too few endpoints are available")
            .tags(Tags.of("backend", cluster.name()))
            .register(registry));
    return new Registered(health, meters);
  }

  private Meter endpoints(Cluster cluster, String state, ToDoubleFunction<ClusterHealth> count) {
    return Gauge.builder("nantian.backend.endpoints", cluster.health(), count)
        .description("Endpoints by state of health")
        .tags(Tags.of("backend", cluster.name(), "state", state))
        .register(registry);
  }
}
