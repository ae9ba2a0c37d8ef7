package dev.nantian.gateway.proxy.upstream;

import dev.nantian.gateway.proxy.proxyprotocol.ProxiedClient;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelFutureListener;
import java.util.ArrayDeque;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.SequencedSet;
import org.jspecify.annotations.Nullable;

/**
 * The connections of a pool that may carry each other's requests, and the requests that wait for
 * one: all of the pool, unless PROXY headers bind each connection to the client that it was made
 * for.
 *
 * <p>Touched by its event loop only.
 */
final class Lane {
  private final @Nullable ProxiedClient client;
  // With room for one more exchange, the last used first.
  private final ArrayDeque<UpstreamConnection> free = new ArrayDeque<>();
  // A set, for those that give up leave from its middle.
  private final LinkedHashSet<UpstreamUser> waiting = new LinkedHashSet<>();
  private @Nullable ChannelFutureListener farewell;
  private int open;
  private int connecting;

  /**
   * @param client whose connections these are; null for the gateway's own, or where there are no
   *     PROXY headers
   */
  Lane(@Nullable ProxiedClient client) {
    this.client = client;
  }

  @Nullable ProxiedClient client() {
    return client;
  }

  /** True if nobody will ask for a connection again. */
  boolean isForsaken() {
    return client != null && !client.isThere();
  }

  /** Calls {@code action} when the client has closed its connection. */
  void whenForsaken(Runnable action) {
    if (client != null) {
      ChannelFutureListener listener = (ChannelFuture _) -> action.run();
      farewell = listener;
      var unused = client.gone().addListener(listener);
    }
  }

  /** It is not used any more: a client that stays long must not remember it. */
  void forget() {
    if (client != null && farewell != null) {
      var unused = client.gone().removeListener(farewell);
    }
  }

  boolean isEmpty() {
    return open == 0 && waiting.isEmpty();
  }

  /** A connection is being made. */
  void connecting() {
    open++;
    connecting++;
  }

  /** It was made. */
  void connected() {
    connecting--;
  }

  /** It could not be made. */
  void notConnected() {
    open--;
    connecting--;
  }

  /** It is closed. */
  void closed(UpstreamConnection connection) {
    open--;
    unlist(connection);
  }

  SequencedSet<UpstreamUser> waiting() {
    return waiting;
  }

  /** So many of those that wait find no room either when what is being opened is open. */
  int unserved(int exchangesAtOnce) {
    return Math.max(0, waiting.size() - connecting * exchangesAtOnce);
  }

  @Nullable UpstreamConnection withRoom() {
    UpstreamConnection connection = free.peekFirst();
    while (connection != null && !(connection.isOpen() && connection.hasRoom())) {
      unlist(connection);
      connection = free.peekFirst();
    }
    return connection;
  }

  void list(UpstreamConnection connection) {
    if (!connection.isListed()) {
      connection.listed(true);
      free.addFirst(connection);
    }
  }

  void unlist(UpstreamConnection connection) {
    if (connection.isListed()) {
      connection.listed(false);
      if (free.peekFirst() == connection) {
        free.removeFirst();
      } else {
        free.remove(connection);
      }
    }
  }

  /** Connections without a request. */
  int idle() {
    int idle = 0;
    for (UpstreamConnection connection : free) {
      idle += connection.isIdle() ? 1 : 0;
    }
    return idle;
  }

  /** Those with room; a copy, for they leave when they are retired. */
  List<UpstreamConnection> free() {
    return List.copyOf(free);
  }
}
