package dev.nantian.gateway.proxy.pipeline;

import dev.nantian.gateway.proxy.config.Cluster;
import dev.nantian.gateway.proxy.filter.Outcome;
import dev.nantian.gateway.proxy.http.Refusal;
import dev.nantian.gateway.proxy.http.RequestHead;
import dev.nantian.gateway.proxy.http.ResponseHead;
import dev.nantian.gateway.proxy.route.ListenerEntry;
import dev.nantian.gateway.proxy.route.ListenerTable;
import dev.nantian.gateway.proxy.route.RouteTarget;
import dev.nantian.gateway.proxy.route.RuleAction;
import dev.nantian.gateway.proxy.route.WeightedBackends;
import dev.nantian.gateway.proxy.route.WeightedBackends.Backend;
import dev.nantian.gateway.proxy.session.SessionPolicy;
import dev.nantian.gateway.proxy.tunnel.Tunnel;
import dev.nantian.gateway.proxy.tunnel.TunnelEnd;
import java.nio.charset.StandardCharsets;
import java.util.Objects;
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
 * <p>It owns its heads' bytes, so it does not matter when a step of the stream runs. Here are the
 * states, what moves them, and the ends. Its parts, reused with it: {@link FilterSide} and {@link
 * UpstreamSide} are the way of the heads, {@link RequestBody} and {@link ResponseBody} that of the
 * bodies, {@link ExchangeTimeouts} has the deadlines, {@link ExchangeRecord} what is counted and
 * logged.
 *
 * <p>Touched by its event loop only. Reused for a later request only after a response that ended
 * well, when nothing can refer to it any more.
 */
public final class Exchange {
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
  private final FilterSide filters;
  private final UpstreamSide upstream;
  private final RequestBody requestBody;
  private final ResponseBody responseBody;
  private final ExchangeTimeouts timeouts;
  private final ExchangeRecord record;
  private State state = State.OVER;
  private @Nullable Downstream downstream;
  private @Nullable ListenerPipeline pipeline;
  private @Nullable ListenerTable table;
  private @Nullable ListenerEntry listener;
  private @Nullable RouteTarget target;
  private boolean ownAnswer;
  private int status;

  Exchange(Worker worker) {
    this.worker = worker;
    this.record = new ExchangeRecord(worker);
    this.timeouts =
        new ExchangeTimeouts(this, worker.wheel(), worker.pools().firstByteTimeoutMillis());
    this.filters = new FilterSide(this, worker);
    this.upstream = new UpstreamSide(this, worker);
    this.requestBody = new RequestBody(this, filters, upstream, record);
    this.responseBody = new ResponseBody(this, filters, upstream, record);
  }

  /** Starts over for a request that is about to be received. */
  public void begin(Downstream client, ListenerPipeline into) {
    downstream = client;
    pipeline = into;
    request.clear();
    response.clear();
    filters.clear();
    upstream.clear();
    requestBody.clear();
    responseBody.clear();
    record.clear();
    table = null;
    listener = null;
    target = null;
    ownAnswer = false;
    status = 0;
    state = State.RECEIVING;
  }

  /** The head is complete in {@link #request}: sends the exchange into the stream. */
  public void admit(boolean hasBody) {
    ListenerPipeline into = pipeline();
    requestBody.begin(request, hasBody);
    table = into.table();
    state = State.ROUTING;
    record.start(request);
    into.admit(this);
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

  public RequestBody requestBody() {
    return requestBody;
  }

  public ResponseBody responseBody() {
    return responseBody;
  }

  FilterSide filters() {
    return filters;
  }

  UpstreamSide upstream() {
    return upstream;
  }

  Downstream downstream() {
    return Objects.requireNonNull(downstream);
  }

  ListenerPipeline pipeline() {
    return Objects.requireNonNull(pipeline);
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
    return upstream.backend();
  }

  /** True if the response changes the protocol of the connection: {@link #startTunnel} follows. */
  public boolean isTunnel() {
    return response.status() == 101;
  }

  /**
   * The head that tells of the change is written: from now on bytes pass between client and
   * backend; may be over before it returns.
   */
  public void startTunnel(TunnelEnd client) {
    responding();
    timeouts.stop();
    new Tunnel(
            client,
            upstream.stream().becomeTunnel(),
            new TunnelRecord(),
            worker.wheel(),
            worker.forwarding().tunnelIdleMillis())
        .start();
  }

  /** A client asked for a WebSocket and would take the response at hand for one. */
  public void refuseResponse() {
    fail(LocalAnswer.NOT_SWITCHED);
  }

  /** What a tunnel has to tell. */
  private final class TunnelRecord implements Tunnel.Witness {
    @Override
    public void passed(int bytes, boolean fromClient) {
      if (fromClient) {
        record.received(bytes);
      } else {
        record.sent(bytes);
      }
    }

    @Override
    public void ended() {
      upstream.tunnelEnded();
      served();
    }
  }

  /** True if the response comes from a filter, which has no use for the request's body. */
  public boolean isOwnAnswer() {
    return ownAnswer;
  }

  /** Whether the response to this request has no body whatever its head says. */
  public boolean isHead() {
    return request.methodIs(HEAD);
  }

  ExchangeTimeouts timeouts() {
    return timeouts;
  }

  long startNanos() {
    return record.startNanos();
  }

  /** False if a filter keeps the request's head or gives the response, or the exchange is over. */
  boolean isRequestHere() {
    return state != State.OVER && !ownAnswer && !filters.isRequestParked();
  }

  /** False if a filter keeps the response's head, or the exchange is over. */
  boolean isResponseHere() {
    return state != State.OVER && !filters.isResponseParked();
  }

  boolean isResponding() {
    return state == State.RESPONDING;
  }

  // Steps of the request path.

  void matched(ListenerEntry at, RouteTarget to) {
    listener = at;
    target = to;
    RuleAction action = to.action();
    timeouts.start(
        record.startNanos(), action.requestTimeoutMillis(), action.backendTimeoutMillis());
  }

  /** Where the request goes. */
  Cluster cluster() {
    return Objects.requireNonNull(upstream.cluster());
  }

  /** The backend that the client's session is with; null if there is no session. */
  @Nullable Backend sessionBackend(WeightedBackends backends) {
    SessionPolicy policy = target().action().traffic().session();
    return policy == null ? null : upstream.sessionBackend(policy, backends);
  }

  /** Chooses an endpoint; answers if none can be had. */
  void balance() {
    LocalAnswer refusal = upstream.balance(cluster(), target().action().traffic().retry());
    if (refusal != null) {
      answer(refusal);
    }
  }

  void respond() {
    status = response.status();
    // After the filters, so that none takes a client's session away.
    upstream.applySession(response, downstream().isTls());
    downstream().startResponse(this);
  }

  /** A filter gives the response: whatever a backend does is of no use any more. */
  void answering() {
    ownAnswer = true;
    state = State.AWAITING;
    upstream.stop();
    timeouts.endTry();
    if (!requestBody.isComplete()) {
      downstream().pauseRequest();
    }
  }

  /** Sends what was written outside of the usual events. */
  void flush() {
    upstream.flush();
    if (state == State.RESPONDING) {
      downstream().flush();
    }
  }

  void onStepFailed(Throwable e) {
    worker.metrics().stepFailed();
    LOG.error(
        "request failed inside the proxy host={}",
        request.text(request.hostOffset(), request.hostLength()),
        e);
    fail(LocalAnswer.INTERNAL);
  }

  void redirect(int redirectStatus, byte[] location) {
    over(redirectStatus, Outcome.End.ANSWERED);
    downstream().answer(this, redirectStatus, "", location);
  }

  void answer(LocalAnswer answer) {
    record.failed(answer);
    answer(answer.status(), answer.text());
  }

  void answer(int answerStatus, String text) {
    over(answerStatus, Outcome.End.ANSWERED);
    downstream().answer(this, answerStatus, text, null);
  }

  // The backend's side.

  /** A try begins. */
  void connecting() {
    state = State.CONNECTING;
    timeouts.startTry();
  }

  /** The try has its connection. */
  void connected() {
    state = State.AWAITING;
  }

  /** The final response's head is there. */
  void responded() {
    pipeline().responded(this);
  }

  /** The response's head is written: from now on only its end or a reset can follow. */
  public void responding() {
    state = State.RESPONDING;
  }

  /** The response was passed on to its end. */
  void served() {
    over(status, Outcome.End.SERVED);
  }

  /** The response will not come to its end. */
  void truncated() {
    over(status, Outcome.End.TRUNCATED);
    downstream().abort();
  }

  // The client's side.

  /**
   * The request's head is malformed or did not come in time; the client gets {@code answerStatus}.
   *
   * @param why for the log
   */
  public void onHeadRefused(int answerStatus, String why) {
    state = State.OVER;
    record.refused(answerStatus, why, request, downstream());
  }

  /**
   * The rest of the request's body is malformed: nothing can be saved.
   *
   * @return true if the client is to be told why; false if its response has begun
   */
  public boolean onRequestBroken(Refusal why) {
    record.broken(why);
    return breakOff(why.status());
  }

  /**
   * Code of ours failed while it served the client: nothing can be saved.
   *
   * @return true if the client is to be told (500); false if its response has begun
   */
  public boolean onDownstreamFailed() {
    if (state == State.RECEIVING) {
      state = State.OVER;
      return true;
    }
    return breakOff(LocalAnswer.INTERNAL.status());
  }

  private boolean breakOff(int answerStatus) {
    boolean answerable = state != State.RESPONDING;
    upstream.giveUp();
    over(answerable ? answerStatus : status, Outcome.End.CLIENT_GONE);
    return answerable;
  }

  /** The client is gone. */
  public void onDownstreamClosed() {
    if (state == State.RECEIVING) {
      state = State.OVER;
    } else if (state != State.OVER) {
      upstream.giveUp();
      over(0, Outcome.End.CLIENT_GONE);
    }
  }

  // Ends.

  /** The time of a try is over; the client hears {@code why} unless another one follows. */
  void onTryTimeout(LocalAnswer why) {
    if (state == State.RESPONDING || (state != State.OVER && !upstream.timedOut(why))) {
      fail(why);
    }
  }

  void onTimeout(LocalAnswer answer) {
    if (state != State.OVER) {
      fail(answer);
    }
  }

  /** Gives {@code answer}, or cuts the response if it has begun. */
  void fail(LocalAnswer answer) {
    upstream.giveUp();
    if (state == State.RESPONDING) {
      record.failed(answer);
      truncated();
    } else {
      answer(answer);
    }
  }

  private void over(int finalStatus, Outcome.End end) {
    if (state == State.OVER) {
      return;
    }
    state = State.OVER;
    timeouts.stop();
    FilterChain chain = filters.chain();
    if (chain != null) {
      chain.over(record.outcome(end, finalStatus, upstream.cluster(), upstream.endpoint()));
    }
    upstream.end();
    record.end(finalStatus, request, downstream(), target, upstream.cluster(), upstream.endpoint());
  }
}
