package dev.nantian.gateway.proxy.metrics;

import dev.nantian.gateway.proxy.http.Refusal;
import java.util.Arrays;
import java.util.EnumMap;
import java.util.Map;
import java.util.Objects;
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
    private final String route;
    private final long[] byStatusClass = new long[6];
    private final long[] durationBuckets = new long[DurationBuckets.COUNT];
    private long durationNanos;

    RouteCounters(String route) {
      this.route = route;
    }

    /** {@code namespace/name}; empty for requests that matched no route. */
    public String route() {
      return route;
    }

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

  private @Nullable RouteCounters[] routes = new @Nullable RouteCounters[16];
  private final RouteCounters unmatched = new RouteCounters("");
  private final Map<Refusal, long[]> refusals = new EnumMap<>(Refusal.class);
  private long connectionsAccepted;
  private long connectionsActive;
  private long requestsActive;
  private long bytesReceived;
  private long bytesSent;
  private long retries;
  private long stepFailures;

  public LoopMetrics() {
    for (Refusal reason : Refusal.values()) {
      refusals.put(reason, new long[1]);
    }
  }

  private long[] cell(Refusal reason) {
    return Objects.requireNonNull(refusals.get(reason));
  }

  /**
   * Counts a finished request.
   *
   * @param statsId index of the route, -1 if none matched
   * @param status 0 if the client got no answer
   */
  public void requestDone(int statsId, String route, int status, long durationNanos) {
    RouteCounters counters = statsId < 0 ? unmatched : counters(statsId, route);
    counters.byStatusClass[status / 100 > 5 ? 5 : status / 100]++;
    counters.durationBuckets[DurationBuckets.indexOf(durationNanos)]++;
    counters.durationNanos += durationNanos;
  }

  private RouteCounters counters(int statsId, String route) {
    if (statsId >= routes.length) {
      routes = Arrays.copyOf(routes, Math.max(routes.length * 2, statsId + 1));
    }
    RouteCounters counters = routes[statsId];
    if (counters == null) {
      counters = new RouteCounters(route);
      routes[statsId] = counters;
    }
    return counters;
  }

  public void refused(Refusal reason) {
    cell(reason)[0]++;
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

  /** A request was sent again to another endpoint or on another connection. */
  public void retried() {
    retries++;
  }

  /** A step of the request path threw. */
  public void stepFailed() {
    stepFailures++;
  }

  public void received(long bytes) {
    bytesReceived += bytes;
  }

  public void sent(long bytes) {
    bytesSent += bytes;
  }

  /** Counters by route id; gaps are null. Do not write. */
  public @Nullable RouteCounters[] routes() {
    return routes;
  }

  public RouteCounters unmatched() {
    return unmatched;
  }

  public long refusals(Refusal reason) {
    return cell(reason)[0];
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

  public long retries() {
    return retries;
  }

  public long stepFailures() {
    return stepFailures;
  }
}
