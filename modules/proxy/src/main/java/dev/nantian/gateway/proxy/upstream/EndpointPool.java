package dev.nantian.gateway.proxy.upstream;

import dev.nantian.gateway.proxy.config.Endpoint;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import java.util.ArrayDeque;
import org.jspecify.annotations.Nullable;

/**
 * The connections of one loop to one endpoint: the last one used is the next one taken, so that few
 * stay warm and the rest time out.
 *
 * <p>Touched by its event loop only; the counters may be read from elsewhere, a little late.
 */
public final class EndpointPool {
  private final Endpoint endpoint;
  private final Connector connector;
  private final UpstreamSettings settings;
  private final UpstreamCounts total;
  private final ArrayDeque<Http1Connection> idle = new ArrayDeque<>();
  private final ArrayDeque<UpstreamUser> pending = new ArrayDeque<>();
  private int open;
  private int outstanding;
  private int referencingClusters;
  private long skippedUntilNanos = Long.MIN_VALUE;
  private boolean failing;
  private long connects;
  private long connectFailures;
  private long reuses;

  EndpointPool(
      Endpoint endpoint, Connector connector, UpstreamSettings settings, UpstreamCounts total) {
    this.endpoint = endpoint;
    this.connector = connector;
    this.settings = settings;
    this.total = total;
  }

  public Endpoint endpoint() {
    return endpoint;
  }

  /** {@code address:port}. */
  public String text() {
    String host = endpoint.address().getAddress().getHostAddress();
    return (host.indexOf(':') >= 0 ? "[" + host + "]" : host) + ":" + endpoint.address().getPort();
  }

  /** Requests that have or await a connection of this pool. */
  public int outstanding() {
    return outstanding;
  }

  /** Connections open or being opened. */
  public int open() {
    return open;
  }

  /** Connections without a request. */
  public int idle() {
    return idle.size();
  }

  /** Connections made. */
  public long connects() {
    return connects;
  }

  /** Connections that could not be made. */
  public long connectFailures() {
    return connectFailures;
  }

  /** Requests that found a connection open. */
  public long reuses() {
    return reuses;
  }

  /** True while the endpoint is passed over after a failed connection attempt. */
  boolean isSkipped(long nowNanos) {
    return failing && nowNanos - skippedUntilNanos < 0;
  }

  /** Lends a connection to {@code user}, now or when one is there. */
  public void acquire(UpstreamUser user) {
    outstanding++;
    Http1Connection connection = takeIdle();
    if (connection != null) {
      reuses++;
      total.reused();
      lend(connection, user);
    } else if (open < settings.maxConnections()) {
      connect(user);
    } else if (pending.size() < settings.maxPending()) {
      pending.add(user);
    } else {
      outstanding--;
      user.onConnectFailed(this, "too many requests wait for a connection");
    }
  }

  /** A connection of this pool that was never used, for a request that met a stale one. */
  public void acquireFresh(UpstreamUser user) {
    outstanding++;
    connect(user);
  }

  /** Someone uses the endpoint by a connection of its own; ends with {@link #released}. */
  public void engaged() {
    outstanding++;
  }

  /** A connection that is not this pool's was made. */
  public void reached() {
    failing = false;
  }

  /** A connection that is not this pool's could not be made: others pass the endpoint over. */
  public void unreachable() {
    connectFailures++;
    total.connectFailed();
    failing = true;
    skippedUntilNanos = System.nanoTime() + settings.skipMillis() * 1_000_000;
  }

  /** A user that had a connection is done with it. */
  public void released() {
    outstanding--;
  }

  private @Nullable Http1Connection takeIdle() {
    Http1Connection connection = idle.pollFirst();
    while (connection != null && !connection.isOpen()) {
      connection = idle.pollFirst();
    }
    return connection;
  }

  private void lend(Http1Connection connection, UpstreamUser user) {
    connection.begin(user);
    user.onConnected(connection);
  }

  private void connect(UpstreamUser user) {
    open++;
    connects++;
    total.connecting();
    ChannelFuture attempt = connector.connect(this, endpoint.address());
    var unused =
        attempt.addListener(
            (ChannelFuture done) -> {
              if (done.isSuccess()) {
                failing = false;
                connected(done.channel(), user);
              } else {
                connectFailed(user, done.cause());
              }
            });
  }

  private void connected(Channel channel, UpstreamUser user) {
    Http1Connection connection = channel.pipeline().get(Http1Connection.class);
    if (user.isWaiting()) {
      lend(connection, user);
    } else {
      outstanding--;
      giveBack(connection);
    }
  }

  private void connectFailed(UpstreamUser user, Throwable cause) {
    open--;
    connectFailures++;
    total.connectFailed();
    failing = true;
    skippedUntilNanos = System.nanoTime() + settings.skipMillis() * 1_000_000;
    outstanding--;
    if (user.isWaiting()) {
      user.onConnectFailed(this, String.valueOf(cause.getMessage()));
    }
    servePending();
  }

  /** A connection is free. */
  void giveBack(Http1Connection connection) {
    UpstreamUser next = nextPending();
    if (next != null) {
      reuses++;
      total.reused();
      lend(connection, next);
    } else if (referencingClusters == 0) {
      connection.close();
    } else {
      idle.addFirst(connection);
      connection.park(settings.idleTimeoutMillis());
    }
  }

  /** A connection that was open is closed. */
  void closed(Http1Connection connection) {
    open--;
    idle.remove(connection);
    servePending();
  }

  private void servePending() {
    UpstreamUser next = open < settings.maxConnections() ? nextPending() : null;
    if (next != null) {
      connect(next);
    }
  }

  private @Nullable UpstreamUser nextPending() {
    UpstreamUser next = pending.poll();
    while (next != null && !next.isWaiting()) {
      outstanding--;
      next = pending.poll();
    }
    return next;
  }

  void retain() {
    referencingClusters++;
  }

  /** True if no cluster holds this endpoint any more; idle connections are closed then. */
  boolean releaseAndDrain() {
    referencingClusters--;
    if (referencingClusters > 0) {
      return false;
    }
    for (Http1Connection connection : idle.toArray(Http1Connection[]::new)) {
      connection.close();
    }
    return true;
  }
}
