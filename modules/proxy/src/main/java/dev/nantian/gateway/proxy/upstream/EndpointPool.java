package dev.nantian.gateway.proxy.upstream;

import dev.nantian.gateway.proxy.config.Cluster;
import dev.nantian.gateway.proxy.config.Endpoint;
import dev.nantian.gateway.proxy.proxyprotocol.ProxyHeaderPolicy;
import dev.nantian.gateway.proxy.tls.BackendTls;
import java.util.List;
import java.util.SequencedSet;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The connections of one loop to one endpoint: the last one used is the next one taken, so that few
 * stay warm and the rest time out. A connection of HTTP/2 is filled before another is opened.
 *
 * <p>A request that finds no room waits; connections are opened for those that wait, and the one
 * that waited longest gets the first that is there, new or free again.
 *
 * <p>Where connections begin with a PROXY header each belongs to one client connection, and ends
 * soon after it. When no more may be opened, what a client keeps idle is closed for another one.
 *
 * <p>Touched by its event loop only; the counters may be read from elsewhere, a little late.
 */
public final class EndpointPool {
  private static final Logger LOG = LoggerFactory.getLogger(EndpointPool.class);
  private static final long WARNING_NANOS = 10_000_000_000L;

  private final Endpoint endpoint;
  private final Cluster.Protocol protocol;
  private final @Nullable BackendTls tls;
  private final @Nullable ProxyHeaderPolicy proxyHeader;
  private final Connector connector;
  private final UpstreamSettings settings;
  private final UpstreamCounts total;
  private final Lanes lanes;
  private int open;
  private int outstanding;
  private int referencingClusters;
  private int exchangesAtOnce; // of a connection, as far as that is known
  private long lastWarning;
  private boolean warned;
  private long connects;
  private long connectFailures;
  private long reuses;

  EndpointPool(
      Endpoint endpoint,
      Cluster.Protocol protocol,
      @Nullable BackendTls tls,
      @Nullable ProxyHeaderPolicy proxyHeader,
      Connector connector,
      UpstreamSettings settings,
      UpstreamCounts total) {
    this.endpoint = endpoint;
    this.protocol = protocol;
    this.tls = tls;
    this.proxyHeader = proxyHeader;
    this.lanes = new Lanes(proxyHeader != null);
    this.exchangesAtOnce = connector.exchangesAtOnce(protocol);
    this.connector = connector;
    this.settings = settings;
    this.total = total;
  }

  public Endpoint endpoint() {
    return endpoint;
  }

  UpstreamSettings settings() {
    return settings;
  }

  /** How its connections speak to the endpoint. */
  Cluster.Protocol protocol() {
    return protocol;
  }

  /** How they are secured; null for cleartext. */
  @Nullable BackendTls tls() {
    return tls;
  }

  /** What they begin with; null for nothing. */
  @Nullable ProxyHeaderPolicy proxyHeader() {
    return proxyHeader;
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
    int idle = 0;
    for (Lane lane : lanes.all()) {
      idle += lane.idle();
    }
    return idle;
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

  /** Lends a stream to {@code user}, now or when there is room for it. */
  public void acquire(UpstreamUser user) {
    if (outstanding >= settings.maxRequests()) {
      total.requestsOverflowed();
      user.onNoRoom(this, "too many requests are under way");
      return;
    }
    Lane lane = lanes.of(user, this);
    UpstreamConnection connection = lane.withRoom();
    if (connection != null) {
      outstanding++;
      reuses++;
      total.reused();
      lend(connection, user);
    } else if (mayConnect()
        || lanes.longestIdle() != null
        || lanes.unserved(exchangesAtOnce) < settings.maxPending()) {
      outstanding++;
      lane.waiting().add(user);
      connectForWaiting(lane);
    } else {
      lanes.drop(lane);
      total.pendingOverflowed();
      user.onNoRoom(this, "too many requests wait for a connection");
    }
  }

  /**
   * Lends a stream on a connection that lately worked or is new, for a request that met a stale
   * one: what has been idle even longer than that one is not used again.
   */
  public void acquireFresh(UpstreamUser user) {
    Lane lane = lanes.find(user);
    if (lane != null) {
      closeIdle(lane);
    }
    acquire(user);
  }

  /** Someone uses the endpoint by a connection of its own; ends with {@link #released}. */
  void engaged() {
    outstanding++;
  }

  /** A connection that is not this pool's could not be made. */
  void unreachable() {
    connectFailures++;
    total.connectFailed();
  }

  /** A user that waits gives up; it hears no more. */
  public void cancel(UpstreamUser user) {
    Lane lane = lanes.find(user);
    if (lane != null && lane.waiting().remove(user)) {
      outstanding--;
      lanes.note(lane, exchangesAtOnce);
      lanes.drop(lane);
    }
  }

  /** A user that had a stream is done with it. */
  public void released() {
    outstanding--;
  }

  private void lend(UpstreamConnection connection, UpstreamUser user) {
    UpstreamStream stream = connection.begin(user);
    lanes.used(connection);
    if (!connection.hasRoom()) {
      lanes.unlist(connection);
    }
    user.onConnected(stream);
  }

  private boolean mayConnect() {
    return open < settings.maxConnections();
  }

  private void connectForWaiting(Lane lane) {
    while (mayConnect() && lane.unserved(exchangesAtOnce) > 0) {
      connect(lane);
    }
    lanes.note(lane, exchangesAtOnce);
    UpstreamConnection unused = lanes.anyHungry() && !mayConnect() ? lanes.longestIdle() : null;
    if (unused != null) {
      retire(unused); // when it is closed the next of the hungry may connect
    }
  }

  private void connect(Lane lane) {
    open++;
    lane.connecting();
    connects++;
    total.connecting();
    connector.connect(this, lane);
  }

  /** A connection less: others may be opened, one for each lane in turn. */
  private void connectForWaiting() {
    Lane next = mayConnect() ? lanes.nextHungry(exchangesAtOnce) : null;
    while (next != null) {
      connect(next);
      lanes.note(next, exchangesAtOnce);
      next = mayConnect() ? lanes.nextHungry(exchangesAtOnce) : null;
    }
  }

  /** A connection was made. */
  void connected(UpstreamConnection connection, Lane lane) {
    lanes.connected(connection, lane);
    exchangesAtOnce = connector.exchangesAtOnce(connection.protocol());
    offer(connection);
    connectForWaiting(lane); // it may take fewer at once than was hoped
  }

  /** The client of a lane is gone. */
  void forsaken(Lane lane) {
    closeIdle(lane);
    lanes.drop(lane);
  }

  private void retire(UpstreamConnection connection) {
    lanes.unlist(connection);
    connection.retire();
  }

  /** A connection could not be made: so many of those that wait hear it as it was opened for. */
  void connectFailed(String reason, Lane lane) {
    if (mayWarn()) {
      LOG.warn("no connection endpoint={} reason={}", text(), reason);
    }
    for (UpstreamUser user : failedAttempt(lane)) {
      user.onConnectFailed(this, reason);
    }
    connectForWaiting();
  }

  /** A connection was made and cannot be trusted. */
  void tlsFailed(String reason, Lane lane) {
    total.tlsFailed();
    if (mayWarn()) {
      LOG.warn(
          "no secure connection endpoint={} hostname={} reason={}",
          text(),
          tls == null ? "" : tls.trust().hostname(),
          reason);
    }
    for (UpstreamUser user : failedAttempt(lane)) {
      user.onTlsFailed(this, reason);
    }
    connectForWaiting();
  }

  /** An endpoint that is away is worth a line now and then, not one for each request. */
  private boolean mayWarn() {
    long now = System.nanoTime();
    if (warned && now - lastWarning <= WARNING_NANOS) {
      return false;
    }
    warned = true;
    lastWarning = now;
    return true;
  }

  private List<UpstreamUser> failedAttempt(Lane lane) {
    open--;
    lane.notConnected();
    connectFailures++;
    total.connectFailed();
    List<UpstreamUser> failed = lane.waiting().stream().limit(exchangesAtOnce).toList();
    failed.forEach(this::cancel);
    lanes.note(lane, exchangesAtOnce);
    lanes.drop(lane);
    return failed;
  }

  /** An exchange of this connection has ended, or it takes more of them now. */
  void roomAgain(UpstreamConnection connection) {
    offer(connection);
  }

  private void offer(UpstreamConnection connection) {
    Lane lane = lanes.of(connection);
    SequencedSet<UpstreamUser> waiting = lane.waiting();
    if (!waiting.isEmpty()) {
      lanes.used(connection);
      while (!waiting.isEmpty() && connection.isOpen() && connection.hasRoom()) {
        UpstreamUser next = waiting.removeFirst();
        next.onConnected(connection.begin(next));
      }
      lanes.note(lane, exchangesAtOnce);
    }
    if (!connection.isOpen() || !connection.hasRoom()) {
      return;
    }
    boolean wanted = connection.isIdle() && !mayConnect() && lanes.anyHungry();
    if (referencingClusters == 0 || lane.isForsaken() || wanted) {
      retire(connection);
      return;
    }
    lanes.list(connection, lane);
    if (connection.isIdle()) {
      connection.park(settings.idleTimeoutMillis());
    }
  }

  /** A connection takes no more exchanges; those that it has go on. */
  void retired(UpstreamConnection connection) {
    lanes.unlist(connection);
  }

  /** A connection that was open is closed. */
  void closed(UpstreamConnection connection) {
    open--;
    lanes.closed(connection);
    connectForWaiting();
  }

  /** An exception of our own code in the handling of a connection. */
  void handlerFailed(Throwable cause) {
    total.handlerFailed();
    LOG.error("connection failed inside the proxy endpoint={}", text(), cause);
  }

  /** The endpoint broke the rules of its protocol, or does not answer. */
  void protocolFailed(Throwable cause) {
    total.protocolFailed();
    LOG.debug("connection failed endpoint={} reason={}", text(), cause.getMessage());
  }

  private void closeIdle(Lane lane) {
    for (UpstreamConnection connection : lane.free()) {
      if (connection.isIdle()) {
        retire(connection);
      }
    }
  }

  void retain() {
    referencingClusters++;
  }

  /** True if no cluster holds this endpoint any more; connections end with their exchanges then. */
  boolean releaseAndDrain() {
    referencingClusters--;
    if (referencingClusters > 0) {
      return false;
    }
    for (Lane lane : lanes.all()) {
      lane.free().forEach(this::retire);
    }
    return true;
  }
}
