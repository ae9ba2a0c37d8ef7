package dev.nantian.gateway.proxy.upstream;

import dev.nantian.gateway.proxy.proxyprotocol.ProxiedClient;
import java.util.ArrayList;
import java.util.IdentityHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The lanes of one pool: one for all, or, where connections begin with PROXY headers, one for each
 * client connection that is using the pool beside that of the gateway's own requests.
 *
 * <p>With one lane the questions of each request are answered without a look into a map. Touched by
 * its event loop only.
 */
final class Lanes {
  private final Lane shared = new Lane(null);
  private final boolean perClient;
  private final IdentityHashMap<ProxiedClient, Lane> byClient = new IdentityHashMap<>();
  private final IdentityHashMap<UpstreamConnection, Lane> byConnection = new IdentityHashMap<>();
  // Connections of any client without a request, the one that has been so for longest first.
  private final LinkedHashSet<UpstreamConnection> idle = new LinkedHashSet<>();
  // Lanes with requests that wait until some other lane's connection is closed; first come first.
  private final LinkedHashSet<Lane> hungry = new LinkedHashSet<>();

  Lanes(boolean perClient) {
    this.perClient = perClient;
  }

  boolean isPerClient() {
    return perClient;
  }

  /** The lane of a user's request; null if there is none yet. */
  @Nullable Lane find(UpstreamUser user) {
    ProxiedClient client = perClient ? user.client() : null;
    return client == null ? shared : byClient.get(client);
  }

  /** The lane of a user's request, made if need be; {@link #drop} it when it stays empty. */
  Lane of(UpstreamUser user, EndpointPool pool) {
    ProxiedClient client = perClient ? user.client() : null;
    if (client == null) {
      return shared;
    }
    Lane lane = byClient.get(client);
    if (lane == null) {
      Lane made = new Lane(client);
      byClient.put(client, made);
      made.whenForsaken(() -> pool.forsaken(made));
      return made;
    }
    return lane;
  }

  /** The lane that a connection was made for. */
  Lane of(UpstreamConnection connection) {
    Lane lane = perClient ? byConnection.get(connection) : null;
    return lane == null ? shared : lane;
  }

  /** A connection was made for a lane. */
  void connected(UpstreamConnection connection, Lane lane) {
    lane.connected();
    if (perClient) {
      byConnection.put(connection, lane);
    }
  }

  /** A connection is closed. */
  void closed(UpstreamConnection connection) {
    Lane lane = of(connection);
    lane.closed(connection);
    if (perClient) {
      byConnection.remove(connection);
      idle.remove(connection);
      drop(lane);
    }
  }

  /** Forgets a lane that has nothing. */
  void drop(Lane lane) {
    if (perClient && lane.isEmpty()) {
      hungry.remove(lane);
      ProxiedClient client = lane.client();
      if (client != null && byClient.remove(client, lane)) {
        lane.forget();
      }
    }
  }

  void list(UpstreamConnection connection, Lane lane) {
    lane.list(connection);
    if (perClient && connection.isIdle()) {
      idle.add(connection);
    }
  }

  void unlist(UpstreamConnection connection) {
    of(connection).unlist(connection);
    if (perClient) {
      idle.remove(connection);
    }
  }

  /** It has a request, and maybe room for more. */
  void used(UpstreamConnection connection) {
    if (perClient) {
      idle.remove(connection);
    }
  }

  /** The connection without a request that another lane may best take the place of. */
  @Nullable UpstreamConnection longestIdle() {
    return idle.isEmpty() ? null : idle.getFirst();
  }

  /** Takes note of whether a lane's requests wait for more than what is being opened. */
  void note(Lane lane, int exchangesAtOnce) {
    if (perClient) {
      if (lane.unserved(exchangesAtOnce) > 0) {
        hungry.add(lane);
      } else {
        hungry.remove(lane);
      }
    }
  }

  /**
   * The lane that may open the next connection; null if none wants one. {@link #note} puts it back
   * in line.
   */
  @Nullable Lane nextHungry(int exchangesAtOnce) {
    if (!perClient) {
      return shared.unserved(exchangesAtOnce) > 0 ? shared : null;
    }
    while (!hungry.isEmpty()) {
      Lane next = hungry.removeFirst();
      if (next.unserved(exchangesAtOnce) > 0) {
        return next;
      }
    }
    return null;
  }

  boolean anyHungry() {
    return !hungry.isEmpty();
  }

  /** Requests that find no room either when what is being opened is open. */
  int unserved(int exchangesAtOnce) {
    if (!perClient) {
      return shared.unserved(exchangesAtOnce);
    }
    int sum = 0;
    for (Lane lane : hungry) {
      sum += lane.unserved(exchangesAtOnce);
    }
    return sum;
  }

  /** A copy. */
  List<Lane> all() {
    List<Lane> all = new ArrayList<>(byClient.values());
    all.add(shared);
    return all;
  }
}
