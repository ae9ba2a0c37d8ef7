package dev.nantian.gateway.proxy.metrics;

import dev.nantian.gateway.proxy.http.HttpVersion;
import dev.nantian.gateway.proxy.http.Refusal;
import dev.nantian.gateway.proxy.metrics.LoopMetrics.BackendCounters;
import dev.nantian.gateway.proxy.metrics.LoopMetrics.RouteCounters;
import io.micrometer.core.instrument.FunctionCounter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Tags;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.ToLongFunction;

/**
 * Shows the counters of all loops as meters: each meter adds up the loops when it is read.
 *
 * <p>Routes and backends get their meters when their first request ends. Thread-safe.
 */
public final class MetricsBinder {
  private static final String[] STATUS_CLASSES = {"none", "1xx", "2xx", "3xx", "4xx", "5xx"};

  private final MeterRegistry registry;
  private final List<LoopMetrics> loops;
  private final Map<String, Boolean> routes = new ConcurrentHashMap<>();
  private final Map<String, Boolean> backends = new ConcurrentHashMap<>();
  private final Map<String, Boolean> l4Routes = new ConcurrentHashMap<>();

  /** Registers what needs no route; routes and backends follow as they are seen. */
  public static MetricsBinder bind(MeterRegistry registry, List<LoopMetrics> loops) {
    MetricsBinder binder = new MetricsBinder(registry, loops);
    binder.registerGlobal();
    loops.forEach(loop -> loop.onFirstUse(binder::route, binder::backend));
    loops.forEach(loop -> loop.l4().onFirstUse(binder::l4Route));
    return binder;
  }

  private MetricsBinder(MeterRegistry registry, List<LoopMetrics> loops) {
    this.registry = registry;
    this.loops = List.copyOf(loops);
  }

  /** Registers a counter that lives outside the loops. */
  public <T> void counter(String name, String description, T source, ToLongFunction<T> value) {
    FunctionCounter.builder(name, source, s -> value.applyAsLong(s))
        .description(description)
        .register(registry);
  }

  /** Registers the share of one loop in a counter. */
  public <T> void counter(
      String name, String description, String loop, T source, ToLongFunction<T> value) {
    FunctionCounter.builder(name, source, s -> value.applyAsLong(s))
        .description(description)
        .tags(Tags.of("loop", loop))
        .register(registry);
  }

  /** Registers a value that goes up and down and lives outside the loops. */
  public <T> void gauge(String name, String description, T source, ToLongFunction<T> value) {
    Gauge.builder(name, source, s -> value.applyAsLong(s))
        .description(description)
        .register(registry);
  }

  private void registerGlobal() {
    summed(
        "nantian.http.connections",
        "Client connections accepted",
        Tags.empty(),
        LoopMetrics::connectionsAccepted);
    gauge(
        "nantian.http.connections.active",
        "Client connections open now",
        this,
        binder -> binder.sum(LoopMetrics::connectionsActive));
    gauge(
        "nantian.http.requests.active",
        "Requests under way now",
        this,
        binder -> binder.sum(LoopMetrics::requestsActive));
    summed(
        "nantian.http.received.bytes",
        "Bytes of request bodies",
        Tags.empty(),
        LoopMetrics::bytesReceived);
    summed("nantian.http.sent.bytes", "Bytes of responses", Tags.empty(), LoopMetrics::bytesSent);
    summed(
        "nantian.http.retries", "Requests sent a second time", Tags.empty(), LoopMetrics::retries);
    summed(
        "nantian.http.filter.failures",
        "Failures of filters",
        Tags.empty(),
        LoopMetrics::filterFailures);
    summed(
        "nantian.http.step.failures",
        "Requests ended by an error inside the proxy",
        Tags.empty(),
        LoopMetrics::stepFailures);
    summed(
        "nantian.http.connection.failures",
        "Client connections ended by an error inside the proxy",
        Tags.empty(),
        LoopMetrics::connectionFailures);
    summed(
        "nantian.proxy.header.refusals",
        "Connections without a good PROXY header, or from a sender that is not trusted",
        Tags.empty(),
        LoopMetrics::proxyHeadersRefused);
    summed(
        "nantian.overload.accept.pauses",
        "Sockets that stopped accepting at the limit of connections",
        Tags.empty(),
        LoopMetrics::acceptPauses);
    summed(
        "nantian.overload.shed",
        "Requests answered 503 to protect the others",
        Tags.of("reason", "requests"),
        LoopMetrics::shedByRequests);
    summed(
        "nantian.overload.shed",
        "Requests answered 503 to protect the others",
        Tags.of("reason", "memory"),
        LoopMetrics::shedByMemory);
    for (HttpVersion version : HttpVersion.values()) {
      summed(
          "nantian.http.protocol.requests",
          "Requests begun, by the version of HTTP that the client speaks",
          Tags.of("protocol", version.text()),
          loop -> loop.requestsBy(version));
    }
    for (Http2Abuse kind : Http2Abuse.values()) {
      summed(
          "nantian.http2.abuses",
          "Limits of HTTP/2 connections that clients ran into",
          Tags.of("kind", kind.label()),
          loop -> loop.abuses(kind));
    }
    for (MirrorDrop reason : MirrorDrop.values()) {
      summed(
          "nantian.mirror.drops",
          "Copies of requests that a mirror did not get, or not whole",
          Tags.of("reason", reason.label()),
          loop -> loop.mirrorDrops(reason));
    }
    for (Refusal reason : Refusal.values()) {
      summed(
          "nantian.http.refusals",
          "Requests refused by the codec",
          Tags.of("reason", reason.label()),
          loop -> loop.refusals(reason));
    }
    route("");
    if (registry instanceof PrometheusMeterRegistry prometheus) {
      prometheus.getPrometheusRegistry().register(new DurationHistogram(loops));
    }
  }

  private void route(String route) {
    if (routes.putIfAbsent(route, true) != null) {
      return;
    }
    for (int i = 0; i < STATUS_CLASSES.length; i++) {
      int statusClass = i;
      summed(
          "nantian.http.requests",
          "Requests ended, by route (empty: none matched) and class of status (none: cut)",
          Tags.of("route", route, "status", STATUS_CLASSES[i]),
          loop -> {
            RouteCounters counters = loop.route(route);
            return counters == null ? 0 : counters.count(statusClass);
          });
    }
  }

  private void l4Route(String route) {
    if (l4Routes.putIfAbsent(route, true) != null) {
      return;
    }
    l4(route, "nantian.l4.connections", "Connections and sessions", L4Counters.Route::openedCount);
    l4(
        route,
        "nantian.l4.refused",
        "Connections and datagrams that no backend took",
        L4Counters.Route::refusedCount);
    l4(route, "nantian.l4.received.bytes", "From clients", L4Counters.Route::receivedBytes);
    l4(route, "nantian.l4.sent.bytes", "To clients", L4Counters.Route::sentBytes);
    l4(
        route,
        "nantian.l4.dropped.datagrams",
        "Datagrams not passed on",
        L4Counters.Route::droppedCount);
    Gauge.builder(
            "nantian.l4.connections.active",
            this,
            binder -> binder.sum(loop -> value(loop, route, L4Counters.Route::activeCount)))
        .description("Connections and sessions open now")
        .tags(Tags.of("route", route))
        .register(registry);
  }

  private void l4(
      String route, String name, String description, ToLongFunction<L4Counters.Route> value) {
    summed(name, description, Tags.of("route", route), loop -> value(loop, route, value));
  }

  private static long value(
      LoopMetrics loop, String route, ToLongFunction<L4Counters.Route> value) {
    L4Counters.Route counters = loop.l4().ifKnown(route);
    return counters == null ? 0 : value.applyAsLong(counters);
  }

  private void backend(String backend) {
    if (backends.putIfAbsent(backend, true) != null) {
      return;
    }
    for (int i = 0; i < STATUS_CLASSES.length; i++) {
      int statusClass = i;
      summed(
          "nantian.backend.requests",
          "Requests ended, by backend and class of status",
          Tags.of("backend", backend, "status", STATUS_CLASSES[i]),
          loop -> {
            BackendCounters counters = loop.backend(backend);
            return counters == null ? 0 : counters.count(statusClass);
          });
    }
    ofBackend(
        "nantian.backend.retries", "Further tries of requests", backend, BackendCounters::retries);
    ofBackend(
        "nantian.backend.retries.denied",
        "Further tries that limit or budget did not allow",
        backend,
        BackendCounters::retriesDenied);
    timeouts(backend, "first_byte", BackendCounters::firstByteTimeouts);
    timeouts(backend, "try", BackendCounters::tryTimeouts);
  }

  private void timeouts(String backend, String kind, ToLongFunction<BackendCounters> value) {
    ofBackend(
        "nantian.backend.timeouts",
        "Tries of requests that took too long",
        Tags.of("backend", backend, "kind", kind),
        backend,
        value);
  }

  private void ofBackend(
      String name, String description, String backend, ToLongFunction<BackendCounters> value) {
    ofBackend(name, description, Tags.of("backend", backend), backend, value);
  }

  private void ofBackend(
      String name,
      String description,
      Tags tags,
      String backend,
      ToLongFunction<BackendCounters> value) {
    summed(
        name,
        description,
        tags,
        loop -> {
          BackendCounters counters = loop.backend(backend);
          return counters == null ? 0 : value.applyAsLong(counters);
        });
  }

  private void summed(
      String name, String description, Tags tags, ToLongFunction<LoopMetrics> value) {
    FunctionCounter.builder(name, this, binder -> binder.sum(value))
        .description(description)
        .tags(tags)
        .register(registry);
  }

  private long sum(ToLongFunction<LoopMetrics> value) {
    long sum = 0;
    for (LoopMetrics loop : loops) {
      sum += value.applyAsLong(loop);
    }
    return sum;
  }
}
