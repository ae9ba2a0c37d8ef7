package dev.nantian.gateway.control.kubernetes.infrastructure;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.nantian.gateway.control.kubernetes.api.ApiClient;
import dev.nantian.gateway.control.kubernetes.api.ApiException;
import dev.nantian.gateway.control.kubernetes.api.Backoff;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.function.BooleanSupplier;
import java.util.random.RandomGenerator;
import org.apache.pekko.actor.typed.Behavior;
import org.apache.pekko.actor.typed.SupervisorStrategy;
import org.apache.pekko.actor.typed.javadsl.AbstractBehavior;
import org.apache.pekko.actor.typed.javadsl.ActorContext;
import org.apache.pekko.actor.typed.javadsl.Behaviors;
import org.apache.pekko.actor.typed.javadsl.Receive;
import org.apache.pekko.actor.typed.javadsl.TimerScheduler;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Writes the Services of Gateways and their EndpointSlices, while this process leads.
 *
 * <p>Created once by the Kubernetes backing. Both are applied on the server's side, so what others
 * add to them stays. A Service of the right name that was not made here is left alone, and the
 * Gateway stays without an address. What belongs to a Gateway that is gone is deleted by the
 * cluster's garbage collector; what belongs to one that is no longer ours is deleted here.
 */
public final class InfrastructureWriter extends AbstractBehavior<InfrastructureWriter.Message> {
  private static final Logger LOG = LoggerFactory.getLogger(InfrastructureWriter.class);
  private static final String APPLY = "application/apply-patch+yaml";
  private static final String FORCED = "?force=true&fieldManager=" + Manifests.MANAGER;

  private static final Duration QUARREL = Duration.ofSeconds(5);

  /** What this actor understands. */
  public sealed interface Message {}

  /** The Service that a Gateway should have. */
  record Wanted(WantedService service) implements Message {}

  /** A Gateway needs no Service. */
  record Unwanted(String gateway) implements Message {}

  /** A Service that was made for a Gateway, as it is. */
  record ServiceSeen(String gateway, ObjectNode service) implements Message {}

  /** Such a Service is gone. */
  record ServiceGone(String gateway, String name) implements Message {}

  /** A slice that was made for a Gateway, as it is. */
  record SliceSeen(String gateway, ObjectNode slice) implements Message {}

  /** Such a slice is gone. */
  record SliceGone(String gateway, String name) implements Message {}

  /** A slice with proxies. */
  record ProxiesSeen(String name, ObjectNode slice) implements Message {}

  /** A slice with proxies is gone. */
  record ProxiesGone(String name) implements Message {}

  /** This process has begun or ceased to lead. */
  record Leading(boolean leading) implements Message {}

  private record Again(String gateway) implements Message {}

  private record Answered(String gateway, @Nullable JsonNode object, @Nullable Throwable failure)
      implements Message {}

  private record Looked(
      WantedService service, @Nullable JsonNode object, @Nullable Throwable failure)
      implements Message {}

  private static final class Site {
    private @Nullable WantedService wanted;
    private final Map<String, ObjectNode> services = new TreeMap<>();
    private final Map<String, ObjectNode> slices = new TreeMap<>();
    private boolean busy;
    private boolean unneeded;
    private @Nullable ObjectNode applied;
    private long appliedNanos;
    private final Backoff backoff =
        new Backoff(Duration.ofMillis(200), Duration.ofSeconds(30), RandomGenerator.getDefault());
  }

  private final ApiClient api;
  private final TimerScheduler<Message> timers;
  private final InfrastructureSettings settings;
  private final BooleanSupplier maySend;
  private final Map<String, Site> sites = new TreeMap<>();
  private final Map<String, ObjectNode> proxies = new HashMap<>();
  private boolean leading;

  private InfrastructureWriter(
      ActorContext<Message> context,
      TimerScheduler<Message> timers,
      ApiClient api,
      InfrastructureSettings settings,
      BooleanSupplier maySend) {
    super(context);
    this.timers = timers;
    this.api = api;
    this.settings = settings;
    this.maySend = maySend;
  }

  /**
   * @param maySend asked before each write: whether this process still leads for certain
   */
  static Behavior<Message> create(
      ApiClient api, InfrastructureSettings settings, BooleanSupplier maySend) {
    return Behaviors.<Message>supervise(
            Behaviors.setup(
                context ->
                    Behaviors.withTimers(
                        timers ->
                            new InfrastructureWriter(context, timers, api, settings, maySend))))
        .onFailure(SupervisorStrategy.resume());
  }

  @Override
  public Receive<Message> createReceive() {
    return newReceiveBuilder().onMessage(Message.class, this::on).build();
  }

  private Behavior<Message> on(Message message) {
    switch (message) {
      case Wanted(WantedService service) -> {
        Site site = site(service.gateway());
        site.wanted = service;
        site.unneeded = false;
        settle(service.gateway());
      }
      case Unwanted(String gateway) -> {
        Site site = site(gateway);
        site.wanted = null;
        site.unneeded = true;
        settle(gateway);
      }
      case ServiceSeen(String gateway, ObjectNode service) -> {
        site(gateway).services.put(name(service), service);
        settle(gateway);
      }
      case ServiceGone(String gateway, String name) -> {
        site(gateway).services.remove(name);
        settle(gateway);
      }
      case SliceSeen(String gateway, ObjectNode slice) -> {
        site(gateway).slices.put(name(slice), slice);
        settle(gateway);
      }
      case SliceGone(String gateway, String name) -> {
        site(gateway).slices.remove(name);
        settle(gateway);
      }
      case ProxiesSeen(String name, ObjectNode slice) -> {
        proxies.put(name, slice);
        settleAll();
      }
      case ProxiesGone(String name) -> {
        proxies.remove(name);
        settleAll();
      }
      case Leading(boolean leads) -> {
        leading = leads;
        settleAll();
      }
      case Again(String gateway) -> settle(gateway);
      case Looked looked -> looked(looked);
      case Answered answered -> answered(answered);
    }
    return this;
  }

  private Site site(String gateway) {
    return sites.computeIfAbsent(gateway, ignored -> new Site());
  }

  private static String name(JsonNode object) {
    return object.path("metadata").path("name").asText();
  }

  private void settleAll() {
    List.copyOf(sites.keySet()).forEach(this::settle);
  }

  /** One step, at most one request at a time, towards what the Gateway should have. */
  private void settle(String gateway) {
    Site site = site(gateway);
    if (site.wanted == null && site.services.isEmpty() && site.slices.isEmpty() && !site.busy) {
      sites.remove(gateway);
      return;
    }
    if (!leading || site.busy || !maySend.getAsBoolean()) {
      return;
    }
    WantedService wanted = site.wanted;
    if (wanted == null) {
      if (site.unneeded && !site.services.isEmpty()) {
        remove(gateway, site, site.services.keySet().iterator().next());
      }
      return;
    }
    for (String name : site.services.keySet()) {
      if (!name.equals(wanted.serviceName())) {
        remove(gateway, site, name);
        return;
      }
    }
    if (wanted.targets().isEmpty()) {
      // A Service without ports cannot be; the one before keeps the address.
      return;
    }
    ObjectNode service = Manifests.service(wanted, settings);
    ObjectNode present = site.services.get(wanted.serviceName());
    if (present == null) {
      look(wanted, site);
    } else if (!Manifests.isApplied(service, present)) {
      apply(gateway, site, servicePath(wanted.namespace(), wanted.serviceName()), service);
    } else {
      settleSlices(wanted, site);
    }
  }

  private void settleSlices(WantedService wanted, Site site) {
    Map<String, List<ObjectNode>> byType = new TreeMap<>();
    for (ObjectNode slice : proxies.values()) {
      byType
          .computeIfAbsent(slice.path("addressType").asText(), ignored -> new ArrayList<>())
          .add(slice);
    }
    Set<String> types = new LinkedHashSet<>(byType.keySet());
    site.slices.values().forEach(slice -> types.add(slice.path("addressType").asText()));
    for (String type : types) {
      ArrayNode endpoints = Manifests.endpoints(byType.getOrDefault(type, List.of()));
      ObjectNode slice = Manifests.slice(wanted, type, endpoints);
      ObjectNode present = site.slices.get(name(slice));
      if (present == null || !Manifests.isSameSlice(slice, present)) {
        apply(
            wanted.gateway(),
            site,
            "/apis/discovery.k8s.io/v1/namespaces/"
                + wanted.namespace()
                + "/endpointslices/"
                + name(slice),
            slice);
        return;
      }
    }
  }

  private static String servicePath(String namespace, String name) {
    return "/api/v1/namespaces/" + namespace + "/services/" + name;
  }

  /** Before a Service is made: is there one of that name which somebody else made? */
  private void look(WantedService wanted, Site site) {
    site.busy = true;
    getContext()
        .pipeToSelf(
            api.get(servicePath(wanted.namespace(), wanted.serviceName())),
            (object, failure) -> new Looked(wanted, object, failure));
  }

  private void looked(Looked looked) {
    String gateway = looked.service().gateway();
    Site site = site(gateway);
    site.busy = false;
    Throwable failure = looked.failure();
    ApiException refused = failure == null ? null : ApiException.of(failure);
    boolean absent = refused != null && refused.notFound();
    JsonNode found = looked.object();
    if (found != null && !Manifests.gatewayOf(found).filter(gateway::equals).isPresent()) {
      LOG.warn(
          "event=name_taken kind=Service namespace={} name={} gateway={} message=\"a Service of this"
              + " name exists that was not made for the Gateway; it is left alone\"",
          looked.service().namespace(),
          looked.service().serviceName(),
          gateway);
      again(gateway, site);
    } else if (found != null || absent) {
      if (leading && maySend.getAsBoolean() && looked.service().equals(site.wanted)) {
        apply(
            gateway,
            site,
            servicePath(looked.service().namespace(), looked.service().serviceName()),
            Manifests.service(looked.service(), settings));
      } else {
        settle(gateway);
      }
    } else {
      failed(gateway, site, failure);
    }
  }

  private void apply(String gateway, Site site, String path, ObjectNode object) {
    long now = System.nanoTime();
    if (object.equals(site.applied) && now - site.appliedNanos < QUARREL.toNanos()) {
      // Somebody else changes it back; an argument at full speed helps nobody.
      again(gateway, site);
      return;
    }
    site.applied = object;
    site.appliedNanos = now;
    site.busy = true;
    answer(gateway, api.send("PATCH", path + FORCED, APPLY, object));
  }

  private void remove(String gateway, Site site, String name) {
    site.busy = true;
    LOG.info("event=service_removed gateway={} name={}", gateway, name);
    answer(
        gateway,
        api.delete(servicePath(gateway.substring(0, gateway.indexOf('/')), name))
            .thenApply(deleted -> deleted));
  }

  private void answer(String gateway, CompletableFuture<JsonNode> answer) {
    getContext().pipeToSelf(answer, (object, failure) -> new Answered(gateway, object, failure));
  }

  private void answered(Answered answered) {
    Site site = site(answered.gateway());
    site.busy = false;
    if (answered.object() instanceof ObjectNode object) {
      site.backoff.reset();
      // What was applied is known before the watch tells it.
      if (Manifests.gatewayOf(object).isPresent()
          && object.path("metadata").path("deletionTimestamp").isMissingNode()) {
        if (object.path("kind").asText().equals("Service")) {
          site.services.put(name(object), object);
        } else if (object.path("kind").asText().equals("EndpointSlice")) {
          site.slices.put(name(object), object);
        }
      }
      settle(answered.gateway());
      return;
    }
    Throwable failure = answered.failure();
    ApiException refused = failure == null ? null : ApiException.of(failure);
    if (refused != null && refused.notFound() && site.wanted == null) {
      site.services.clear();
      settle(answered.gateway());
    } else {
      failed(answered.gateway(), site, failure);
    }
  }

  private void failed(String gateway, Site site, @Nullable Throwable failure) {
    if (site.backoff.failures() <= 1) {
      LOG.warn(
          "event=infrastructure_failed gateway={} message=\"{}\"",
          gateway,
          failure == null ? "no answer" : ApiException.line(failure));
    }
    again(gateway, site);
  }

  private void again(String gateway, Site site) {
    timers.startSingleTimer(gateway, new Again(gateway), site.backoff.next());
  }
}
