package dev.nantian.gateway.proxy.metrics;

import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * The layer 4 counters of one event loop, by route.
 *
 * <p>Written by the loop's thread only, with plain increments; read by others a moment late.
 */
public final class L4Counters {
  /** What came of connections (TCP, TLS) and sessions (UDP) of one route on one loop. */
  public static final class Route {
    private long opened;
    private long active;
    private long refused;
    private long received;
    private long sent;
    private long dropped;

    /** A connection or session was given to the route. */
    public void opened() {
      opened++;
      active++;
    }

    /** One that was {@link #opened} ended. */
    public void closed() {
      active--;
    }

    /** No backend took it. */
    public void refused() {
      refused++;
    }

    /** Bytes from the client. */
    public void received(long bytes) {
      received += bytes;
    }

    /** Bytes to the client. */
    public void sent(long bytes) {
      sent += bytes;
    }

    /** A datagram was not passed on. */
    public void dropped() {
      dropped++;
    }

    public long openedCount() {
      return opened;
    }

    public long activeCount() {
      return active;
    }

    public long refusedCount() {
      return refused;
    }

    public long receivedBytes() {
      return received;
    }

    public long sentBytes() {
      return sent;
    }

    public long droppedCount() {
      return dropped;
    }
  }

  private final Map<String, Route> routes = new ConcurrentHashMap<>();
  private Consumer<String> onRoute = ignored -> {};

  /** The counters of a route, made at first use; empty name for what no route wanted. */
  public Route route(String name) {
    Route known = routes.get(name);
    if (known != null) {
      return known;
    }
    Route fresh = new Route();
    routes.put(name, fresh);
    onRoute.accept(name);
    return fresh;
  }

  @Nullable Route ifKnown(String name) {
    return routes.get(name);
  }

  void onFirstUse(Consumer<String> route) {
    onRoute = route;
  }
}
