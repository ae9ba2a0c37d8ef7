package dev.nantian.gateway.proxy.pipeline;

import dev.nantian.gateway.proxy.config.Cluster;
import dev.nantian.gateway.proxy.filter.ConfiguredFilter;
import dev.nantian.gateway.proxy.filter.Outcome;
import dev.nantian.gateway.proxy.http.BodyReader;
import dev.nantian.gateway.proxy.http.FieldNames;
import dev.nantian.gateway.proxy.http.Refusal;
import dev.nantian.gateway.proxy.http.RequestHead;
import dev.nantian.gateway.proxy.http.ResponseHead;
import dev.nantian.gateway.proxy.http.Trailers;
import dev.nantian.gateway.proxy.route.ListenerEntry;
import dev.nantian.gateway.proxy.route.ListenerTable;
import dev.nantian.gateway.proxy.route.RouteTarget;
import dev.nantian.gateway.proxy.route.RuleAction;
import dev.nantian.gateway.proxy.route.WeightedBackends;
import dev.nantian.gateway.proxy.route.WeightedBackends.Backend;
import dev.nantian.gateway.proxy.session.SessionPolicy;
import dev.nantian.gateway.proxy.tunnel.Tunnel;
import dev.nantian.gateway.proxy.tunnel.TunnelEnd;
import dev.nantian.gateway.proxy.upstream.UpstreamStream;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.nio.charset.StandardCharsets;
import java.util.List;
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
 * <p>It owns its heads' bytes, so it does not matter when a step of the stream runs. Between client
 * and backend it passes the parts of bodies on and makes the faster side wait for the slower. Here
 * are the states and the client's side; {@link UpstreamSide} is the backend's, {@link
 * ExchangeTimeouts} has the deadlines, {@link ExchangeRecord} what is counted and logged.
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
  private final UpstreamSide upstream;
  private final ExchangeTimeouts timeouts;
  private final ExchangeRecord record;
  private State state = State.OVER;
  private @Nullable Downstream downstream;
  private @Nullable ListenerPipeline pipeline;
  private @Nullable ListenerTable table;
  private @Nullable ListenerEntry listener;
  private @Nullable RouteTarget target;
  private @Nullable FilterChain filters; // null on routes without
  private @Nullable Cluster chosen; // by a filter, instead of the rule's backends
  private boolean ruleFiltersBegun;
  private boolean backendFiltersBegun;
  private boolean inRequestStep;
  private boolean requestParked;
  private boolean inResponseStep;
  private boolean responseParked;
  private boolean responseSeen;
  private boolean responseFiltered;
  private boolean ownAnswer;
  private boolean requestHasBody;
  private boolean expectsContinue;
  private boolean requestComplete;
  private int status;

  Exchange(Worker worker) {
    this.worker = worker;
    this.upstream = new UpstreamSide(this, worker);
    this.timeouts = new ExchangeTimeouts(this, worker.wheel());
    this.record = new ExchangeRecord(worker);
  }

  /** Starts over for a request that is about to be received. */
  public void begin(Downstream client, ListenerPipeline into) {
    downstream = client;
    pipeline = into;
    request.clear();
    response.clear();
    upstream.clear();
    record.clear();
    table = null;
    listener = null;
    target = null;
    filters = null;
    chosen = null;
    ruleFiltersBegun = false;
    backendFiltersBegun = false;
    inRequestStep = false;
    requestParked = false;
    inResponseStep = false;
    responseParked = false;
    responseSeen = false;
    responseFiltered = false;
    ownAnswer = false;
    requestComplete = false;
    status = 0;
    state = State.RECEIVING;
  }

  /** The head is complete in {@link #request}: sends the exchange into the stream. */
  public void admit(boolean hasBody) {
    ListenerPipeline into = Objects.requireNonNull(pipeline);
    requestHasBody = hasBody;
    requestComplete = !hasBody;
    expectsContinue = request.contains(FieldNames.EXPECT);
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
    return upstream.backend();
  }

  /** How the response's body comes, once its head is there. */
  public BodyReader.Kind responseKind() {
    FilterChain chain = responseFilters();
    return chain == null ? upstream.stream().bodyKind() : chain.responseLane().kind();
  }

  /** True if the head as received is still whole and {@link #resumeResponse} can send it. */
  public boolean holdsWholeHead() {
    return responseFilters() == null && upstream.stream().holdsWholeHead();
  }

  /** The response's body is wanted as plain data. Before {@link #resumeResponse}. */
  public void unwrapResponse() {
    if (responseFilters() == null) {
      upstream.stream().unwrapChunks();
    }
  }

  /**
   * Lets the response's body come; may end the exchange before it returns.
   *
   * @param withHead the first part begins with the head as received; needs {@link #holdsWholeHead}
   */
  public void resumeResponse(boolean withHead) {
    FilterChain chain = responseFilters();
    if (chain == null) {
      upstream.stream().resume(withHead);
    } else {
      chain.responseSinkReady();
    }
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
      over(status, Outcome.End.SERVED);
    }
  }

  /** True if the response comes from a filter, which has no use for the request's body. */
  public boolean isOwnAnswer() {
    return ownAnswer;
  }

  /** To be filled by the client's side with what follows the request's body; cleared. */
  public Trailers trailersOfRequest() {
    return upstream.trailersOfRequest();
  }

  /** What follows the response's body, complete when its last part comes; null for nothing. */
  public @Nullable Trailers trailersOfResponse() {
    return upstream.trailersOfResponse();
  }

  /** Trailers that a filter may add to. */
  Trailers trailersToSend() {
    return upstream.responseTrailers();
  }

  /** Whether the response to this request has no body whatever its head says. */
  public boolean isHead() {
    return request.methodIs(HEAD);
  }

  /** True if the client waits for a 100 before it sends the body, whatever filters did since. */
  public boolean expectsContinue() {
    return expectsContinue;
  }

  boolean hasRequestBody() {
    return requestHasBody;
  }

  /** True once the last byte of the request was passed on or there is no body. */
  public boolean isRequestComplete() {
    return requestComplete;
  }

  ExchangeTimeouts timeouts() {
    return timeouts;
  }

  long startNanos() {
    return record.startNanos();
  }

  /** True once all of the request's body that goes to the backend was written. */
  boolean isRequestSent() {
    FilterChain chain = requestFilters();
    return chain == null ? requestComplete : chain.requestLane().isClosed();
  }

  /** True once filters have seen a response: it cannot be replaced by that of another try. */
  boolean isResponseSeen() {
    return responseSeen;
  }

  /** False if a filter keeps the request's head, or the exchange is over. */
  boolean isRequestHere() {
    return state != State.OVER && !requestParked;
  }

  /** False if a filter keeps the response's head, or the exchange is over. */
  boolean isResponseHere() {
    return state != State.OVER && !responseParked;
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

  /** The request goes to this backend. */
  void routed(Backend to, Cluster cluster) {
    upstream.routed(to, cluster);
  }

  boolean isRouted() {
    return upstream.isRouted();
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

  void connect() {
    upstream.connect();
  }

  void respond() {
    status = response.status();
    // After the filters, so that none takes a client's session away.
    upstream.applySession(response, downstream().isTls());
    downstream().startResponse(this);
  }

  // Filters of the rule and of its backend.

  /** Lets the rule's filters have the request's head; false if one keeps it or answers. */
  boolean passRuleFilters() {
    List<ConfiguredFilter> rule = target().action().filters();
    if (rule == null || ruleFiltersBegun) {
      return true;
    }
    ruleFiltersBegun = true;
    FilterChain chain = new FilterChain(this, worker.filterLoop().allocator());
    filters = chain;
    requestParked = true;
    inRequestStep = true;
    chain.beginRule(rule);
    inRequestStep = false;
    return isRequestHere();
  }

  /** As {@link #passRuleFilters}, for those of the chosen backend. */
  boolean passBackendFilters() {
    List<ConfiguredFilter> ofBackend = backend().filters();
    if (ofBackend == null || backendFiltersBegun) {
      return true;
    }
    backendFiltersBegun = true;
    FilterChain chain = filters;
    if (chain == null) {
      chain = new FilterChain(this, worker.filterLoop().allocator());
      filters = chain;
    }
    requestParked = true;
    inRequestStep = true;
    chain.beginBackend(ofBackend);
    inRequestStep = false;
    return isRequestHere();
  }

  /** The request's head has passed the filters: goes on in the stream. */
  void requestFiltered() {
    requestParked = false;
    if (!inRequestStep) {
      Objects.requireNonNull(pipeline).resumed(this);
    }
  }

  /** Lets filters have the response's head; false if one keeps it. */
  boolean passResponseFilters() {
    FilterChain chain = filters;
    if (chain == null) {
      editResponse();
      return true;
    }
    if (responseFiltered) {
      return true;
    }
    int received = response.status();
    boolean bodyAllowed = !isHead() && received != 204 && received != 304 && !isTunnel();
    responseSeen = true;
    responseParked = true;
    inResponseStep = true;
    chain.beginResponse(upstream.stream().bodyKind() != BodyReader.Kind.NONE, bodyAllowed);
    inResponseStep = false;
    return isResponseHere();
  }

  /** The response's head has passed the filters: goes on in the stream. */
  void responseFiltered() {
    responseParked = false;
    responseFiltered = true;
    if (!inResponseStep) {
      Objects.requireNonNull(pipeline).responded(this);
    }
  }

  /** The header changes of backend and rule. */
  void editResponse() {
    upstream.backend().responseEdits().applyTo(response);
    target().action().responseEdits().applyTo(response);
  }

  /** A filter wants another backend. */
  void choose(Cluster cluster) {
    if (upstream.isRouted()) {
      upstream.routed(upstream.backend(), cluster);
    } else {
      chosen = cluster;
    }
  }

  /** What a filter wants instead of the rule's backends; null for nothing. */
  @Nullable Cluster chosen() {
    return chosen;
  }

  /** A filter gives the response: whatever a backend does is of no use any more. */
  void answering() {
    ownAnswer = true;
    requestParked = true;
    state = State.AWAITING;
    upstream.stop();
    timeouts.endTry();
    if (!requestComplete) {
      downstream().pauseRequest();
    }
  }

  /** The filters that have the request's body; null if it passes them by. */
  private @Nullable FilterChain requestFilters() {
    FilterChain chain = filters;
    return chain != null && chain.requestLane().isTouched() ? chain : null;
  }

  /** The filters that have the response's body; null if it passes them by. */
  private @Nullable FilterChain responseFilters() {
    FilterChain chain = filters;
    return chain != null && chain.responseLane().isTouched() ? chain : null;
  }

  /** How the request's body goes to {@code stream}. */
  BodyReader.Kind requestKindFor(UpstreamStream stream) {
    FilterChain chain = requestFilters();
    if (chain != null) {
      return chain.requestLane().kind();
    }
    if (!requestHasBody) {
      return BodyReader.Kind.NONE;
    }
    Downstream from = downstream();
    if (from.requestBodyKind() == BodyReader.Kind.CHUNKED && !stream.takesChunks()) {
      from.unwrapRequestChunks();
    }
    return from.requestBodyKind();
  }

  /** The backend takes the rest of the request's body. */
  void sendRequestBody() {
    FilterChain chain = requestFilters();
    if (chain != null) {
      chain.requestSinkReady();
      upstream.flush();
    } else {
      downstream().resumeRequest();
    }
  }

  /** The try is lost before anything of the body was given to it. */
  void requestUnsent() {
    downstream().pauseRequest();
    if (filters != null) {
      filters.requestLane().closeSink();
    }
  }

  /** A part of the request's body behind the filters; takes over the buffer. */
  void writeRequest(ByteBuf part, boolean last) {
    upstream.write(part, last);
  }

  /** A part of the response's body behind the filters; takes over the buffer. */
  void writeResponse(ByteBuf part) {
    record.sent(part.readableBytes());
    downstream().responseBody(part, false);
  }

  /** The response's body is at its end behind the filters. */
  void endResponse() {
    passOn(Unpooled.EMPTY_BUFFER, true);
  }

  void unwrapUpstream() {
    upstream.unwrapChunks();
  }

  /** Filters want more of the response's body, or no more for now. */
  void responseWanted(boolean on) {
    upstream.want(on);
  }

  boolean isUpstreamWritable() {
    return upstream.isWritable();
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
    Objects.requireNonNull(pipeline).responded(this);
  }

  /** The response's head is written: from now on only its end or a reset can follow. */
  public void responding() {
    state = State.RESPONDING;
  }

  /** A part of the response's body; takes over the buffer. */
  void onResponseBody(ByteBuf part, boolean last) {
    FilterChain chain = responseFilters();
    if (chain != null) {
      chain.responsePart(part, last);
    } else {
      passOn(part, last);
    }
  }

  private void passOn(ByteBuf part, boolean last) {
    record.sent(part.readableBytes());
    Downstream to = downstream();
    to.responseBody(part, last);
    if (last) {
      to.flush();
      over(status, Outcome.End.SERVED);
      to.exchangeEnded(this);
    } else if (!to.isWritable()) {
      upstream.readable(false);
    }
  }

  /** Sends what was passed on of the response. */
  void flushResponse() {
    FilterChain chain = responseFilters();
    if (chain != null) {
      chain.responseLane().flushed();
    }
    if (state == State.RESPONDING) {
      downstream().flush();
    }
  }

  /** The response will not come to its end. */
  void truncated() {
    over(status, Outcome.End.TRUNCATED);
    downstream().abort();
  }

  // The client's side.

  /**
   * A part of the request's body; takes over the buffer. Trailers that are not in its bytes must be
   * in {@link #trailersOfRequest} when the last part comes.
   */
  public void onRequestBody(ByteBuf part, boolean last) {
    record.received(part.readableBytes());
    requestComplete = last;
    FilterChain chain = requestFilters();
    if (chain != null) {
      chain.requestPart(part, last);
    } else {
      upstream.write(part, last);
    }
  }

  /** The backend takes bytes again. */
  void onUpstreamWritability() {
    FilterChain chain = requestFilters();
    if (chain != null) {
      chain.onWritability();
    } else if (!requestComplete) {
      downstream().resumeRequest();
    } else {
      return;
    }
    upstream.flush();
  }

  /** Sends what was passed on of the request. */
  public void flushRequest() {
    upstream.flush();
  }

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

  /** The client takes bytes again or no more. */
  public void onDownstreamWritability() {
    FilterChain chain = responseFilters();
    if (chain != null) {
      chain.onWritability();
    } else {
      upstream.readable(downstream().isWritable());
    }
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

  /** The time of a try is over. */
  void onTryTimeout() {
    if (state == State.RESPONDING || (state != State.OVER && !upstream.timedOut())) {
      fail(LocalAnswer.BACKEND_TIMEOUT);
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
    if (filters != null) {
      filters.over(record.outcome(end, finalStatus, upstream.cluster(), upstream.endpoint()));
    }
    upstream.end();
    record.end(finalStatus, request, downstream(), target, upstream.cluster(), upstream.endpoint());
  }
}
