package dev.nantian.gateway.proxy.metrics;

import dev.nantian.gateway.proxy.http.HttpVersion;
import dev.nantian.gateway.proxy.http.Refusal;
import java.util.Arrays;
import java.util.EnumMap;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * The counters of one event loop.
 *
 * <p>Written by the loop's thread only, with plain increments; read by others without
 * synchronisation, which may show a value that is a moment old and never one that goes back.
 */
public final class LoopMetrics {
  /** Requests and durations of one route on one loop. */
  public static final class RouteCounters {
    private final long[] byStatusClass = new long[6];
    private final long[] durationBuckets = new long[DurationBuckets.COUNT];
    private long durationNanos;

    /** Requests answered with 100 to 199 (index 1) … 500 to 599 (5); cut without answer: 0. */
    public long count(int statusClass) {
      return byStatusClass[statusClass];
    }

    /** Requests in bucket {@code index} of {@link DurationBuckets}. */
    public long bucket(int index) {
      return durationBuckets[index];
    }

    public long durationNanos() {
      return durationNanos;
    }
  }

  /** Requests of one backend on one loop. */
  public static final class BackendCounters {
    private final long[] byStatusClass = new long[6];
    private long retries;
    private long retriesDenied;
    private long firstByteTimeouts;
    private long tryTimeouts;

    /** As {@link RouteCounters#count}. */
    public long count(int statusClass) {
      return byStatusClass[statusClass];
    }

    /** Further tries. */
    public long retries() {
      return retries;
    }

    /** Further tries that limit or budget did not allow. */
    public long retriesDenied() {
      return retriesDenied;
    }

    /** Tries without a response's head in time after the request. */
    public long firstByteTimeouts() {
      return firstByteTimeouts;
    }

    /** Tries that were not over in the time that the route allows. */
    public long tryTimeouts() {
      return tryTimeouts;
    }
  }

  // By id for the loop, by name for readers: the array costs one load per request.
  private @Nullable RouteCounters[] routesById = new @Nullable RouteCounters[16];
  private final Map<String, RouteCounters> routes = new ConcurrentHashMap<>();
  private final Map<String, BackendCounters> backends = new ConcurrentHashMap<>();
  private final RouteCounters unmatched = new RouteCounters();
  private final L4Counters l4 = new L4Counters();
  private final Map<Http2Abuse, long[]> abuses = cells(Http2Abuse.class);
  private final Map<HttpVersion, long[]> requestsByVersion = cells(HttpVersion.class);
  private final Map<MirrorDrop, long[]> mirrorDrops = cells(MirrorDrop.class);
  private final Map<Refusal, long[]> refusals = cells(Refusal.class);
  private Consumer<String> onRoute = ignored -> {};
  private Consumer<String> onBackend = ignored -> {};
  private long connectionsAccepted;
  private long connectionsActive;
  private long requestsActive;
  private long bytesReceived;
  private long bytesSent;
  private long retries;
  private long stepFailures;
  private long filterFailures;
  private long connectionFailures;

  private long proxyHeadersRefused;
  private long acceptPauses;
  private long shedByRequests;
  private long shedByMemory;

  public LoopMetrics() {
    routes.put("", unmatched);
  }

  /** A counter for each value; an array lookup in use. */
  private static <E extends Enum<E>> Map<E, long[]> cells(Class<E> of) {
    Map<E, long[]> cells = new EnumMap<>(of);
    for (E value : of.getEnumConstants()) {
      cells.put(value, new long[1]);
    }
    return cells;
  }

  private static <E extends Enum<E>> long[] cell(Map<E, long[]> cells, E of) {
    return Objects.requireNonNull(cells.get(of));
  }

  /**
   * Counts a finished request.
   *
   * @param statsId index of the route, -1 if none matched
   * @param status 0 if the client got no answer
   */
  public void requestDone(int statsId, String route, int status, long durationNanos) {
    RouteCounters counters = statsId < 0 ? unmatched : counters(statsId, route);
    counters.byStatusClass[statusClass(status)]++;
    counters.durationBuckets[DurationBuckets.indexOf(durationNanos)]++;
    counters.durationNanos += durationNanos;
  }

  /** Counts a finished request that a backend was chosen for. */
  public void backendDone(String backend, int status) {
    ofBackend(backend).byStatusClass[statusClass(status)]++;
  }

  private BackendCounters ofBackend(String backend) {
    BackendCounters counters = backends.get(backend);
    if (counters == null) {
      counters = new BackendCounters();
      backends.put(backend, counters);
      onBackend.accept(backend);
    }
    return counters;
  }

  private static int statusClass(int status) {
    return Math.min(status / 100, 5);
  }

  private RouteCounters counters(int statsId, String route) {
    if (statsId >= routesById.length) {
      routesById = Arrays.copyOf(routesById, Math.max(routesById.length * 2, statsId + 1));
    }
    RouteCounters counters = routesById[statsId];
    if (counters == null) {
      counters = new RouteCounters();
      routesById[statsId] = counters;
      routes.put(route, counters);
      onRoute.accept(route);
    }
    return counters;
  }

  /** What layer 4 counts. */
  public L4Counters l4() {
    return l4;
  }

  /** Says who is told, on the loop's thread, when a route or backend is counted first. */
  void onFirstUse(Consumer<String> route, Consumer<String> backend) {
    onRoute = route;
    onBackend = backend;
  }

  public void refused(Refusal reason) {
    cell(refusals, reason)[0]++;
  }

  /** A client did too much of something on an HTTP/2 connection. */
  public void abused(Http2Abuse kind) {
    cell(abuses, kind)[0]++;
  }

  public long abuses(Http2Abuse kind) {
    return cell(abuses, kind)[0];
  }

  /** A mirror did not get a copy, or not the whole of it. */
  public void mirrorDropped(MirrorDrop why) {
    cell(mirrorDrops, why)[0]++;
  }

  public long mirrorDrops(MirrorDrop why) {
    return cell(mirrorDrops, why)[0];
  }

  /** A request came by this version of HTTP. */
  public void requestBy(HttpVersion version) {
    cell(requestsByVersion, version)[0]++;
  }

  public long requestsBy(HttpVersion version) {
    return cell(requestsByVersion, version)[0];
  }

  public void connectionOpened() {
    connectionsAccepted++;
    connectionsActive++;
  }

  public void connectionClosed() {
    connectionsActive--;
  }

  public void requestStarted() {
    requestsActive++;
  }

  public void requestEnded() {
    requestsActive--;
  }

  /** A connection had no good PROXY header where one is asked for, or nobody to be believed. */
  public void proxyHeaderRefused() {
    proxyHeadersRefused++;
  }

  /** A socket accepts no more until a connection ends. */
  public void acceptPaused() {
    acceptPauses++;
  }

  /**
   * A request got 503 to protect the others.
   *
   * @param forMemory false: too many are under way
   */
  public void shed(boolean forMemory) {
    if (forMemory) {
      shedByMemory++;
    } else {
      shedByRequests++;
    }
  }

  /** A request is sent again, to another endpoint or on another connection. */
  public void retried(String backend) {
    retries++;
    ofBackend(backend).retries++;
  }

  /** A request would have been sent again, but limit or budget did not allow it. */
  public void retryDenied(String backend) {
    ofBackend(backend).retriesDenied++;
  }

  /**
   * A try took too long.
   *
   * @param beforeHead true: it had no response at all, false: the route's time for a try is over
   */
  public void timedOut(String backend, boolean beforeHead) {
    BackendCounters counters = ofBackend(backend);
    if (beforeHead) {
      counters.firstByteTimeouts++;
    } else {
      counters.tryTimeouts++;
    }
  }

  /** A filter threw, paused for too long or said that it failed. */
  public void filterFailed() {
    filterFailures++;
  }

  public long filterFailures() {
    return filterFailures;
  }

  /** A step of the request path threw. */
  public void stepFailed() {
    stepFailures++;
  }

  /** Our own code threw while it served a connection. */
  public void connectionFailed() {
    connectionFailures++;
  }

  public void received(long bytes) {
    bytesReceived += bytes;
  }

  public void sent(long bytes) {
    bytesSent += bytes;
  }

  /**
   * Counters of a route ({@code namespace/name}, empty for none); null before its first request.
   */
  @Nullable RouteCounters route(String route) {
    return routes.get(route);
  }

  Set<String> routeNames() {
    return routes.keySet();
  }

  @Nullable BackendCounters backend(String backend) {
    return backends.get(backend);
  }

  public long refusals(Refusal reason) {
    return cell(refusals, reason)[0];
  }

  public long connectionsAccepted() {
    return connectionsAccepted;
  }

  public long connectionsActive() {
    return connectionsActive;
  }

  public long requestsActive() {
    return requestsActive;
  }

  public long bytesReceived() {
    return bytesReceived;
  }

  public long bytesSent() {
    return bytesSent;
  }

  public long proxyHeadersRefused() {
    return proxyHeadersRefused;
  }

  public long acceptPauses() {
    return acceptPauses;
  }

  public long shedByRequests() {
    return shedByRequests;
  }

  public long shedByMemory() {
    return shedByMemory;
  }

  public long retries() {
    return retries;
  }

  public long connectionFailures() {
    return connectionFailures;
  }

  public long stepFailures() {
    return stepFailures;
  }
}
