package dev.nantian.gateway.proxy.pipeline;

import dev.nantian.gateway.proxy.config.Cluster;
import dev.nantian.gateway.proxy.http.BodyReader;
import dev.nantian.gateway.proxy.http.FieldNames;
import dev.nantian.gateway.proxy.http.HeaderName;
import dev.nantian.gateway.proxy.http.RequestHead;
import dev.nantian.gateway.proxy.http.ResponseHead;
import dev.nantian.gateway.proxy.http.Trailers;
import dev.nantian.gateway.proxy.log.AccessEntry;
import dev.nantian.gateway.proxy.log.AccessLog;
import dev.nantian.gateway.proxy.loop.DeadlineWheel;
import dev.nantian.gateway.proxy.metrics.LoopMetrics;
import dev.nantian.gateway.proxy.route.ListenerEntry;
import dev.nantian.gateway.proxy.route.ListenerTable;
import dev.nantian.gateway.proxy.route.RouteTarget;
import dev.nantian.gateway.proxy.route.RuleAction;
import dev.nantian.gateway.proxy.route.WeightedBackends.Backend;
import dev.nantian.gateway.proxy.upstream.EndpointPool;
import dev.nantian.gateway.proxy.upstream.UpstreamFailure;
import dev.nantian.gateway.proxy.upstream.UpstreamStream;
import dev.nantian.gateway.proxy.upstream.UpstreamUser;
import io.netty.buffer.ByteBuf;
import java.nio.charset.StandardCharsets;
import java.util.Objects;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One request and its response.
 *
 * <pre>
 *   RECEIVING --admitted--> ROUTING --connect--> CONNECTING --connected--> AWAITING
 *       --response head--> RESPONDING --last part--> OVER
 *   any --answer of our own, failure, client gone--> OVER
 *   CONNECTING, AWAITING --retry--> CONNECTING
 * </pre>
 *
 * <p>It owns its heads' bytes, so it does not matter when a step of the stream runs. Between client
 * and backend it passes the parts of bodies on and makes the faster side wait for the slower.
 *
 * <p>Touched by its event loop only. Reused for a later request only after a response that ended
 * well, when nothing can refer to it any more.
 */
public final class Exchange implements UpstreamUser {
  private enum State {
    RECEIVING,
    ROUTING,
    CONNECTING,
    AWAITING,
    RESPONDING,
    OVER
  }

  private static final Logger LOG = LoggerFactory.getLogger(Exchange.class);
  private static final byte[] HEAD = "HEAD".getBytes(StandardCharsets.US_ASCII);

  private final Worker worker;
  private final RequestHead request = new RequestHead();
  private final ResponseHead response = new ResponseHead();
  private final Timeouts timeouts;
  private State state = State.OVER;
  private @Nullable Downstream downstream;
  private @Nullable ListenerPipeline pipeline;
  private @Nullable ListenerTable table;
  private @Nullable ListenerEntry listener;
  private @Nullable RouteTarget target;
  private @Nullable Backend backend;
  private @Nullable Cluster cluster;
  private @Nullable EndpointPool pool;
  private @Nullable EndpointPool endpoint; // stays for the log when the pool is given back
  private @Nullable UpstreamStream upstream;
  private @Nullable Trailers requestTrailers; // seldom there: made when needed, not kept
  private @Nullable Trailers responseTrailers;
  private boolean requestHasBody;
  private boolean expectsContinue;
  private boolean requestComplete;
  private boolean bodySent;
  private boolean retried;
  private int status;
  private long startNanos;
  private long bytesToClient;
  private long bytesFromClient;

  Exchange(Worker worker) {
    this.worker = worker;
    this.timeouts = new Timeouts(this, worker.wheel());
  }

  /** Starts over for a request that is about to be received. */
  public void begin(Downstream client, ListenerPipeline into) {
    downstream = client;
    pipeline = into;
    request.clear();
    response.clear();
    table = null;
    listener = null;
    target = null;
    backend = null;
    cluster = null;
    pool = null;
    endpoint = null;
    upstream = null;
    requestTrailers = null;
    responseTrailers = null;
    requestComplete = false;
    bodySent = false;
    retried = false;
    status = 0;
    bytesToClient = 0;
    bytesFromClient = 0;
    state = State.RECEIVING;
  }

  /** The head is complete in {@link #request}: sends the exchange into the stream. */
  public void admit(boolean hasBody) {
    ListenerPipeline into = Objects.requireNonNull(pipeline);
    requestHasBody = hasBody;
    requestComplete = !hasBody;
    expectsContinue = request.contains(FieldNames.EXPECT);
    startNanos = System.nanoTime();
    table = into.table();
    state = State.ROUTING;
    worker.metrics().requestStarted();
    into.admit(this);
  }

  boolean isUnderWay() {
    return state != State.OVER;
  }

  Worker worker() {
    return worker;
  }

  public RequestHead request() {
    return request;
  }

  public ResponseHead response() {
    return response;
  }

  Downstream downstream() {
    return Objects.requireNonNull(downstream);
  }

  ListenerTable table() {
    return Objects.requireNonNull(table);
  }

  ListenerEntry listener() {
    return Objects.requireNonNull(listener);
  }

  RouteTarget target() {
    return Objects.requireNonNull(target);
  }

  Backend backend() {
    return Objects.requireNonNull(backend);
  }

  /** The connection that the response comes from; only while it does. */
  public UpstreamStream upstream() {
    return Objects.requireNonNull(upstream);
  }

  /** Whether the response to this request has no body whatever its head says. */
  public boolean isHead() {
    return request.methodIs(HEAD);
  }

  /** True if the client waits for a 100 before it sends the body, whatever filters did since. */
  public boolean expectsContinue() {
    return expectsContinue;
  }

  /** True once the last byte of the request was passed on or there is no body. */
  public boolean isRequestComplete() {
    return requestComplete;
  }

  // Steps of the request path.

  void matched(ListenerEntry at, RouteTarget to) {
    listener = at;
    target = to;
    RuleAction action = to.action();
    timeouts.start(startNanos, action.requestTimeoutMillis(), action.backendTimeoutMillis());
  }

  void balanced(Backend chosen, Cluster of, EndpointPool first) {
    backend = chosen;
    cluster = of;
    pool = first;
  }

  void connect() {
    state = State.CONNECTING;
    timeouts.startTry();
    Objects.requireNonNull(pool).acquire(this);
  }

  void onStepFailed(RuntimeException e) {
    worker.metrics().stepFailed();
    LOG.error(
        "request failed inside the proxy host={}",
        request.text(request.hostOffset(), request.hostLength()),
        e);
    fail(LocalAnswer.INTERNAL);
  }

  void redirect(int redirectStatus, byte[] location) {
    over(redirectStatus);
    downstream().answer(this, redirectStatus, "", location);
  }

  void answer(LocalAnswer answer) {
    answer(answer.status(), answer.text());
  }

  void answer(int answerStatus, String text) {
    over(answerStatus);
    downstream().answer(this, answerStatus, text, null);
  }

  // The upstream's side.

  @Override
  public boolean isWaiting() {
    return state == State.CONNECTING;
  }

  @Override
  public void onConnected(UpstreamStream stream) {
    upstream = stream;
    endpoint = stream.pool();
    state = State.AWAITING;
    stream.send(request, requestHasBody ? bodyFor(stream) : BodyReader.Kind.NONE);
    if (requestHasBody) {
      downstream().resumeRequest();
    } else {
      stream.flush();
    }
  }

  private BodyReader.Kind bodyFor(UpstreamStream stream) {
    if (downstream().requestBodyKind() == BodyReader.Kind.CHUNKED && !stream.takesChunks()) {
      downstream().unwrapRequestChunks();
    }
    return downstream().requestBodyKind();
  }

  /**
   * A part of the request's body; takes over the buffer. Trailers that are not in its bytes must be
   * in {@link #trailersOfRequest} when the last part comes.
   */
  public void onRequestBody(ByteBuf part, boolean last) {
    UpstreamStream to = upstream;
    bytesFromClient += part.readableBytes();
    requestComplete = last;
    if (to == null) {
      part.release();
      return;
    }
    bodySent = true;
    to.write(part, last);
    if (!last && !to.isWritable()) {
      downstream().pauseRequest();
    }
  }

  /** Sends what was passed on of the request. */
  public void flushRequest() {
    if (upstream != null) {
      upstream.flush();
    }
  }

  /** The rest of the request's body is malformed or will not come: nothing can be saved. */
  public void onRequestBroken() {
    giveUp();
    over(0);
  }

  @Override
  public void onConnectFailed(EndpointPool failed, String reason) {
    if (LOG.isDebugEnabled()) {
      LOG.debug("no connection endpoint={} reason={}", failed.endpoint(), reason);
    }
    EndpointPool other = retried || cluster == null ? null : worker.pools().choose(cluster, failed);
    if (other == null) {
      answer(LocalAnswer.NO_CONNECTION);
      return;
    }
    retried = true;
    worker.metrics().retried();
    pool = other;
    connect();
  }

  @Override
  public ResponseHead responseHead() {
    return response;
  }

  @Override
  public @Nullable Trailers requestTrailers() {
    return requestTrailers;
  }

  /** To be filled by the client's side with what follows the request's body; cleared. */
  public Trailers trailersOfRequest() {
    if (requestTrailers == null) {
      requestTrailers = new Trailers();
    }
    return requestTrailers;
  }

  @Override
  public Trailers responseTrailers() {
    if (responseTrailers == null) {
      responseTrailers = new Trailers();
    }
    return responseTrailers;
  }

  /** What follows the response's body, complete when its last part comes; null for nothing. */
  public @Nullable Trailers trailersOfResponse() {
    return responseTrailers;
  }

  @Override
  public void onInterimResponse() {
    downstream().interim(response);
  }

  @Override
  public void onResponseHead() {
    status = response.status();
    Objects.requireNonNull(pipeline).responded(this);
  }

  /** The response's head is written: from now on only its end or a reset can follow. */
  public void responding() {
    state = State.RESPONDING;
  }

  @Override
  public void onResponseBody(ByteBuf part, boolean last) {
    bytesToClient += part.readableBytes();
    Downstream to = downstream();
    to.responseBody(part, last);
    if (last) {
      upstream = null;
      releasePool();
      to.flush();
      over(status);
      to.exchangeEnded(this);
    } else if (!to.isWritable() && upstream != null) {
      upstream.readable(false);
    }
  }

  @Override
  public void onUpstreamReadComplete() {
    if (state == State.RESPONDING) {
      downstream().flush();
    }
  }

  @Override
  public void onUpstreamWritability() {
    if (upstream != null && upstream.isWritable() && !requestComplete) {
      downstream().resumeRequest();
      upstream.flush();
    }
  }

  @Override
  public void onUpstreamFailed(UpstreamFailure failure) {
    upstream = null;
    EndpointPool failed = pool;
    releasePool();
    if (state == State.RESPONDING) {
      over(status);
      downstream().abort();
    } else if (failure == UpstreamFailure.STALE && failed != null && mayRepeat()) {
      retried = true;
      worker.metrics().retried();
      response.clear();
      downstream().pauseRequest(); // the body's first bytes must wait for the new connection
      pool = failed;
      state = State.CONNECTING;
      timeouts.startTry();
      failed.acquireFresh(this);
    } else {
      answer(
          failure == UpstreamFailure.LOST || failure == UpstreamFailure.STALE
              ? LocalAnswer.BACKEND_LOST
              : LocalAnswer.BAD_RESPONSE);
    }
  }

  /**
   * The backend closed a kept connection just as we used it. Nothing of the body is lost yet, and
   * the method allows a second time (RFC 9110 section 9.2.2: a proxy must not repeat others).
   */
  private boolean mayRepeat() {
    return !retried && !bodySent && Methods.isIdempotent(request);
  }

  // The client's side.

  /** The client takes bytes again or no more. */
  public void onDownstreamWritability() {
    if (upstream != null) {
      upstream.readable(downstream().isWritable());
    }
  }

  /** The client is gone. */
  public void onDownstreamClosed() {
    if (state == State.RECEIVING) {
      state = State.OVER;
    } else if (state != State.OVER) {
      giveUp();
      over(0);
    }
  }

  // Timeouts.

  void onTimeout(LocalAnswer answer) {
    if (state != State.OVER) {
      fail(answer);
    }
  }

  private void fail(LocalAnswer answer) {
    boolean responding = state == State.RESPONDING;
    giveUp();
    if (responding) {
      over(status);
      downstream().abort();
    } else {
      answer(answer);
    }
  }

  private void giveUp() {
    UpstreamStream cut = upstream;
    upstream = null;
    if (cut != null) {
      releasePool();
      cut.abandon();
    }
  }

  private void releasePool() {
    if (pool != null) {
      pool.released();
      pool = null;
    }
  }

  private void over(int finalStatus) {
    if (state == State.OVER) {
      return;
    }
    state = State.OVER;
    timeouts.stop();
    long durationNanos = System.nanoTime() - startNanos;
    RouteTarget matched = target;
    LoopMetrics metrics = worker.metrics();
    metrics.requestEnded();
    metrics.requestDone(
        matched == null ? -1 : matched.action().statsId(),
        matched == null ? "" : matched.route(),
        finalStatus,
        durationNanos);
    if (cluster != null) {
      metrics.backendDone(cluster.name(), finalStatus);
    }
    metrics.received(bytesFromClient);
    metrics.sent(bytesToClient);
    AccessLog log = worker.accessLog();
    if (log != null) {
      log.offer(entry(finalStatus, durationNanos));
    }
  }

  private AccessEntry entry(int finalStatus, long durationNanos) {
    String path = request.text(request.pathOffset(), request.pathLength());
    return new AccessEntry(
        System.currentTimeMillis(),
        new String(downstream().remoteAddressText(), StandardCharsets.US_ASCII),
        downstream().isTls(),
        request.text(request.methodOffset(), request.methodLength()),
        request.text(request.hostOffset(), request.hostLength()),
        request.queryLength() < 0
            ? path
            : path + "?" + request.text(request.queryOffset(), request.queryLength()),
        finalStatus,
        durationNanos,
        bytesFromClient,
        bytesToClient,
        target == null ? "" : target.route(),
        target == null ? 0 : target.ruleIndex(),
        cluster == null ? "" : cluster.name(),
        endpoint == null ? "" : endpoint.text(),
        field(FieldNames.X_REQUEST_ID),
        field(FieldNames.USER_AGENT));
  }

  private String field(HeaderName name) {
    int slot = request.indexOf(name, 0);
    return slot < 0 ? "" : request.text(request.valueOffset(slot), request.valueLength(slot));
  }

  /** The request's and the try's deadline in one entry of the wheel. */
  private static final class Timeouts extends DeadlineWheel.Entry {
    private final Exchange exchange;
    private final DeadlineWheel wheel;
    private long requestDeadline;
    private long tryDeadline;
    private long tryMillis;

    Timeouts(Exchange exchange, DeadlineWheel wheel) {
      this.exchange = exchange;
      this.wheel = wheel;
    }

    void start(long startNanos, long requestMillis, long backendMillis) {
      requestDeadline =
          requestMillis == 0
              ? Long.MAX_VALUE
              : startNanos + TimeUnit.MILLISECONDS.toNanos(requestMillis);
      tryDeadline = Long.MAX_VALUE;
      tryMillis = backendMillis;
      if (requestMillis != 0) {
        wheel.armAt(this, requestDeadline);
      }
    }

    /** A try begins: its time runs anew. */
    void startTry() {
      if (tryMillis != 0) {
        tryDeadline = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(tryMillis);
        wheel.armAt(this, Math.min(requestDeadline, tryDeadline));
      }
    }

    void stop() {
      if (isArmed()) {
        wheel.disarm(this);
      }
    }

    @Override
    protected void onDeadline() {
      exchange.onTimeout(
          tryDeadline < requestDeadline
              ? LocalAnswer.BACKEND_TIMEOUT
              : LocalAnswer.REQUEST_TIMEOUT);
    }
  }
}
