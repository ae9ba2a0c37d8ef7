package dev.nantian.gateway.proxy.pipeline;

import dev.nantian.gateway.proxy.config.Cluster;
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
import dev.nantian.gateway.proxy.route.WeightedBackends.Backend;
import io.netty.buffer.ByteBuf;
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
    return upstream.stream().bodyKind();
  }

  /** True if the head as received is still whole and {@link #resumeResponse} can send it. */
  public boolean holdsWholeHead() {
    return upstream.stream().holdsWholeHead();
  }

  /** The response's body is wanted as plain data. Before {@link #resumeResponse}. */
  public void unwrapResponse() {
    upstream.stream().unwrapChunks();
  }

  /**
   * Lets the response's body come; may end the exchange before it returns.
   *
   * @param withHead the first part begins with the head as received; needs {@link #holdsWholeHead}
   */
  public void resumeResponse(boolean withHead) {
    upstream.stream().resume(withHead);
  }

  /** To be filled by the client's side with what follows the request's body; cleared. */
  public Trailers trailersOfRequest() {
    return upstream.trailersOfRequest();
  }

  /** What follows the response's body, complete when its last part comes; null for nothing. */
  public @Nullable Trailers trailersOfResponse() {
    return upstream.trailersOfResponse();
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

  boolean isUnderWay() {
    return state != State.OVER;
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

  /** Chooses an endpoint; answers if none can be had. */
  void balance(Backend chosen, Cluster to) {
    LocalAnswer refusal = upstream.balance(chosen, to, target().action().traffic().retry());
    if (refusal != null) {
      answer(refusal);
    }
  }

  void connect() {
    upstream.connect();
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
    status = response.status();
    Objects.requireNonNull(pipeline).responded(this);
  }

  /** The response's head is written: from now on only its end or a reset can follow. */
  public void responding() {
    state = State.RESPONDING;
  }

  /** A part of the response's body; takes over the buffer. */
  void onResponseBody(ByteBuf part, boolean last) {
    record.sent(part.readableBytes());
    Downstream to = downstream();
    to.responseBody(part, last);
    if (last) {
      to.flush();
      over(status);
      to.exchangeEnded(this);
    } else if (!to.isWritable()) {
      upstream.readable(false);
    }
  }

  /** Sends what was passed on of the response. */
  void flushResponse() {
    if (state == State.RESPONDING) {
      downstream().flush();
    }
  }

  /** The response will not come to its end. */
  void truncated() {
    over(status);
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
    upstream.write(part, last);
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
    over(answerable ? answerStatus : status);
    return answerable;
  }

  /** The client takes bytes again or no more. */
  public void onDownstreamWritability() {
    upstream.readable(downstream().isWritable());
  }

  /** The client is gone. */
  public void onDownstreamClosed() {
    if (state == State.RECEIVING) {
      state = State.OVER;
    } else if (state != State.OVER) {
      upstream.giveUp();
      over(0);
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

  private void fail(LocalAnswer answer) {
    upstream.giveUp();
    if (state == State.RESPONDING) {
      truncated();
    } else {
      answer(answer);
    }
  }

  private void over(int finalStatus) {
    if (state == State.OVER) {
      return;
    }
    state = State.OVER;
    timeouts.stop();
    upstream.end();
    record.end(finalStatus, request, downstream(), target, upstream.cluster(), upstream.endpoint());
  }
}
