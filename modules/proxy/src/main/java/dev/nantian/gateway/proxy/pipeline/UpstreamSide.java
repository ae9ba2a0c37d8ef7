package dev.nantian.gateway.proxy.pipeline;

import dev.nantian.gateway.proxy.config.Cluster;
import dev.nantian.gateway.proxy.health.Outcome;
import dev.nantian.gateway.proxy.http.BodyReader;
import dev.nantian.gateway.proxy.http.ResponseHead;
import dev.nantian.gateway.proxy.http.Trailers;
import dev.nantian.gateway.proxy.proxyprotocol.ProxiedClient;
import dev.nantian.gateway.proxy.retry.CircuitLimits;
import dev.nantian.gateway.proxy.retry.RetryPolicy;
import dev.nantian.gateway.proxy.route.WeightedBackends;
import dev.nantian.gateway.proxy.route.WeightedBackends.Backend;
import dev.nantian.gateway.proxy.session.SessionPolicy;
import dev.nantian.gateway.proxy.upstream.ClusterMember;
import dev.nantian.gateway.proxy.upstream.EndpointPool;
import dev.nantian.gateway.proxy.upstream.UpstreamFailure;
import dev.nantian.gateway.proxy.upstream.UpstreamPools;
import dev.nantian.gateway.proxy.upstream.UpstreamStream;
import dev.nantian.gateway.proxy.upstream.UpstreamUser;
import io.netty.buffer.ByteBuf;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The backend's side of one exchange: the tries to get a response, and the stream that gives it.
 *
 * <p>It decides what a failed try means: another one, or an answer that {@link Exchange} gives.
 *
 * <p>Touched by its event loop only; reused with its exchange.
 */
final class UpstreamSide implements UpstreamUser {
  private static final Logger LOG = LoggerFactory.getLogger(UpstreamSide.class);

  private final Exchange exchange;
  private final Worker worker;
  private @Nullable Backend backend;
  private @Nullable Cluster cluster;
  private @Nullable UpstreamStream stream;
  private final TryEndpoint endpoint;
  private final Retries retries;
  private @Nullable SessionSide session;
  private boolean counted;
  private boolean staleRepeated;
  private boolean wanted;

  UpstreamSide(Exchange exchange, Worker worker) {
    this.exchange = exchange;
    this.worker = worker;
    this.endpoint = new TryEndpoint(worker.pools());
    this.retries = new Retries(exchange, worker, this::tryAgain);
  }

  /** A request is about to be received. */
  void clear() {
    backend = null;
    cluster = null;
    session = null;
    endpoint.clear();
    stream = null;
    staleRepeated = false;
    wanted = false;
  }

  Backend backend() {
    return Objects.requireNonNull(backend);
  }

  /** Null before one was chosen. */
  @Nullable Cluster cluster() {
    return cluster;
  }

  /** The last endpoint that was reached; null if none was. */
  @Nullable EndpointPool endpoint() {
    return endpoint.reached();
  }

  /** The stream that the response comes from; only while it does. */
  UpstreamStream stream() {
    return Objects.requireNonNull(stream);
  }

  // What the exchange asks for.

  /** The request goes to this backend. */
  void routed(Backend to, Cluster of) {
    backend = to;
    cluster = of;
  }

  boolean isRouted() {
    return backend != null;
  }

  /** The backend that the client's session is with, by a rule's policy; null if there is none. */
  @Nullable Backend sessionBackend(SessionPolicy policy, WeightedBackends backends) {
    session = new SessionSide(policy, exchange.request(), System.currentTimeMillis() / 1000);
    return session.backend(backends);
  }

  /** The response's head is there: tells the client its session. */
  void applySession(ResponseHead response, boolean tls) {
    ClusterMember member = endpoint.member();
    if (session != null && member != null && cluster != null) {
      session.apply(cluster, member, tls, response);
    }
  }

  /**
   * Chooses an endpoint for the first try.
   *
   * @return null, or the answer if there can be no try
   */
  @Nullable LocalAnswer balance(Cluster to, RetryPolicy retryPolicy) {
    UpstreamPools pools = worker.pools();
    CircuitLimits limits = to.state().policy().limits();
    if (limits.limitsRequests()) {
      counted = to.counts().tryRequest(limits.maxRequests());
      if (!counted) {
        return LocalAnswer.BACKEND_LIMIT;
      }
    }
    SessionPolicy ofCluster = to.state().policy().session();
    if (session == null && ofCluster != null) {
      session = new SessionSide(ofCluster, exchange.request(), System.currentTimeMillis() / 1000);
    }
    long key = pools.key(to, exchange.request(), exchange.downstream().remoteAddressText());
    if (!endpoint.choose(to, key, session)) {
      return LocalAnswer.NO_ENDPOINT;
    }
    pools.budget(to).request(exchange.startNanos());
    retries.begin(retryPolicy, to);
    return null;
  }

  /** Starts a try at the chosen endpoint. */
  void connect() {
    EndpointPool pool = endpoint.begin();
    exchange.connecting();
    pool.acquire(this);
  }

  /** A further try: elsewhere, if there is another endpoint. */
  private void tryAgain() {
    if (endpoint.chooseAgain(Objects.requireNonNull(cluster))) {
      connect();
    } else {
      exchange.answer(LocalAnswer.NO_ENDPOINT);
    }
  }

  /** Whatever a backend does or would do is of no use any more. */
  void stop() {
    giveUp();
    end();
  }

  /** The exchange is over. */
  void end() {
    retries.end();
    if (counted && cluster != null) {
      counted = false;
      cluster.counts().requestEnded();
    }
  }

  /** A part of the request's body; takes over the buffer. */
  void write(ByteBuf part, boolean last) {
    UpstreamStream to = stream;
    if (to == null) {
      part.release();
      return;
    }
    retries.sent(part);
    if (last) {
      exchange.timeouts().requestSent(System.nanoTime());
    }
    to.write(part, last);
    if (!last && !to.isWritable()) {
      exchange.downstream().pauseRequest();
    }
  }

  void flush() {
    if (stream != null) {
      stream.flush();
    }
  }

  /** The client's side takes bytes of the response or no more. */
  void readable(boolean on) {
    if (stream != null) {
      stream.readable(on);
    }
  }

  boolean isWritable() {
    return stream != null && stream.isWritable();
  }

  void unwrapChunks() {
    if (stream != null) {
      stream.unwrapChunks();
    }
  }

  /** Filters take the response's body now, or no more for now. */
  void want(boolean on) {
    UpstreamStream from = stream;
    if (from == null) {
      return;
    }
    if (wanted) {
      from.readable(on);
    } else if (on) {
      wanted = true;
      from.resume(false);
    }
  }

  /** The connection that changed its protocol is closed. */
  void tunnelEnded() {
    stream = null;
    endpoint.end();
  }

  /** Cuts what is under way. */
  void giveUp() {
    UpstreamStream cut = stream;
    stream = null;
    if (cut == null) {
      endpoint.cancel(this);
    }
    endpoint.end();
    if (cut != null) {
      cut.abandon();
    }
  }

  /**
   * The time of the try under way is over.
   *
   * @return true if another follows
   */
  boolean timedOut(LocalAnswer why) {
    endpoint.report(Outcome.ERROR_STATUS);
    if (cluster != null) {
      worker.metrics().timedOut(cluster.name(), why == LocalAnswer.FIRST_BYTE_TIMEOUT);
    }
    Retries.Failure failure = stream == null ? Retries.Failure.UNSENT : Retries.Failure.LOST;
    return mayFollow(failure) && abandonForAnother();
  }

  /** Drops the stream of this try; another one follows. */
  private boolean abandonForAnother() {
    giveUp();
    repeat();
    return true;
  }

  /** As {@link #abandonForAnother}, for a response that is there and not wanted. */
  private void dismissForAnother() {
    UpstreamStream cut = stream();
    stream = null;
    endpoint.end();
    cut.dismiss();
    repeat();
  }

  private boolean mayFollow(Retries.Failure failure) {
    return !exchange.filters().isResponseSeen() && retries.mayFollow(failure);
  }

  private void repeat() {
    exchange.response().clear();
    exchange.responseBody().clear();
    exchange.requestBody().hold();
    retries.schedule();
  }

  // What the pool says.

  @Override
  public ProxiedClient client() {
    return exchange.downstream().proxied();
  }

  @Override
  public void onConnected(UpstreamStream to) {
    stream = to;
    long now = System.nanoTime();
    endpoint.onConnected(to.pool(), now);
    exchange.connected();
    BodyReader.Kind kind = exchange.requestBody().kindFor(to);
    to.send(exchange.request(), kind);
    if (kind == BodyReader.Kind.NONE) {
      exchange.timeouts().requestSent(now);
      to.flush();
      return;
    }
    boolean complete = exchange.requestBody().isSent();
    if (retries.isBodySent()) {
      if (complete) {
        exchange.timeouts().requestSent(now);
      }
      retries.replay().writeTo(to, complete);
      to.flush();
    }
    if (!complete) {
      exchange.requestBody().send();
    }
  }

  @Override
  public void onConnectFailed(EndpointPool at, String reason) {
    if (LOG.isDebugEnabled()) {
      LOG.debug("no connection endpoint={} reason={}", at.endpoint(), reason);
    }
    endpoint.report(Outcome.CONNECTION_ERROR);
    notConnected(LocalAnswer.NO_CONNECTION);
  }

  @Override
  public void onTlsFailed(EndpointPool at, String reason) {
    endpoint.report(Outcome.CONNECTION_ERROR);
    notConnected(LocalAnswer.BACKEND_TLS);
  }

  @Override
  public void onNoRoom(EndpointPool at, String reason) {
    if (LOG.isDebugEnabled()) {
      LOG.debug("no room endpoint={} reason={}", at.endpoint(), reason);
    }
    notConnected(LocalAnswer.BACKEND_LIMIT);
  }

  private void notConnected(LocalAnswer answer) {
    endpoint.onNotConnected();
    endpoint.end();
    if (!isAlone() && retries.mayFollow(Retries.Failure.UNSENT)) {
      repeat();
    } else {
      exchange.answer(answer);
    }
  }

  /** The endpoint that refused is the only one: asking it again at once is no use. */
  private boolean isAlone() {
    return cluster == null || cluster.endpoints().size() < 2;
  }

  // What the stream says.

  @Override
  public ResponseHead responseHead() {
    return exchange.response();
  }

  @Override
  public @Nullable Trailers requestTrailers() {
    return exchange.requestBody().trailersToSend();
  }

  @Override
  public Trailers responseTrailers() {
    return exchange.responseBody().trailersToFill();
  }

  @Override
  public void onInterimResponse() {
    exchange.timeouts().interimReceived();
    exchange.downstream().interim(exchange.response());
  }

  @Override
  public void onResponseHead() {
    exchange.timeouts().headReceived();
    int status = exchange.response().status();
    endpoint.report(status >= 500 ? Outcome.ERROR_STATUS : Outcome.GOOD);
    if (retries.mayFollowStatus(status)) {
      dismissForAnother();
    } else {
      exchange.responded();
    }
  }

  @Override
  public void onResponseBody(ByteBuf part, boolean last) {
    if (last) {
      stream = null;
      endpoint.end();
    }
    exchange.responseBody().onPart(part, last);
  }

  @Override
  public void onUpstreamReadComplete() {
    exchange.responseBody().flush();
  }

  @Override
  public void onUpstreamWritability() {
    if (stream != null && stream.isWritable()) {
      exchange.requestBody().onBackendWritable();
    }
  }

  @Override
  public void onUpstreamFailed(UpstreamFailure failure) {
    stream = null;
    ClusterMember at = endpoint.member();
    boolean repeats = !exchange.isResponding() && mayRepeat(failure);
    if (!repeats) {
      endpoint.report(outcome(failure));
    }
    endpoint.end();
    if (exchange.isResponding()) {
      exchange.truncated();
    } else if (repeats && at != null) {
      staleRepeated = true;
      worker.metrics().retried(at.clusterName());
      exchange.response().clear();
      exchange.requestBody().hold();
      EndpointPool pool = endpoint.begin(at);
      exchange.connecting();
      pool.acquireFresh(this);
    } else if (isOfTry(failure) && mayFollow(kind(failure))) {
      repeat();
    } else {
      exchange.answer(
          switch (failure) {
            case LOST, STALE, UNPROCESSED -> LocalAnswer.BACKEND_LOST;
            case BAD_RESPONSE, TRUNCATED -> LocalAnswer.BAD_RESPONSE;
            case NO_WEBSOCKET -> LocalAnswer.NO_WEBSOCKET;
            case INTERNAL -> LocalAnswer.INTERNAL;
          });
    }
  }

  /** False for what another try would meet again. */
  private static boolean isOfTry(UpstreamFailure failure) {
    return failure != UpstreamFailure.INTERNAL && failure != UpstreamFailure.NO_WEBSOCKET;
  }

  private static Retries.Failure kind(UpstreamFailure failure) {
    return failure == UpstreamFailure.UNPROCESSED ? Retries.Failure.UNSENT : Retries.Failure.LOST;
  }

  /** What a failure says of the endpoint; nothing if it is our own or no fault. */
  private static @Nullable Outcome outcome(UpstreamFailure failure) {
    return switch (failure) {
      case STALE, LOST, TRUNCATED -> Outcome.CONNECTION_ERROR;
      case BAD_RESPONSE -> Outcome.ERROR_STATUS;
      case INTERNAL, UNPROCESSED, NO_WEBSOCKET -> null;
    };
  }

  /**
   * Nothing of the body may be lost yet. The backend either says that it did not begin the request,
   * or closed a kept connection just as we used it: then the method must allow a second time (RFC
   * 9110 section 9.2.2: a proxy must not repeat others).
   */
  private boolean mayRepeat(UpstreamFailure failure) {
    boolean safe =
        failure == UpstreamFailure.UNPROCESSED
            || (failure == UpstreamFailure.STALE && Methods.isIdempotent(exchange.request()));
    return safe && !staleRepeated && !retries.isBodySent();
  }
}
