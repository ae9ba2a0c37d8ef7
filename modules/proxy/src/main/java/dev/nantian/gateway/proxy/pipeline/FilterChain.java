package dev.nantian.gateway.proxy.pipeline;

import dev.nantian.gateway.proxy.filter.Answer;
import dev.nantian.gateway.proxy.filter.ConfiguredFilter;
import dev.nantian.gateway.proxy.filter.FilterRequest;
import dev.nantian.gateway.proxy.filter.FilterResponse;
import dev.nantian.gateway.proxy.filter.HeaderFields;
import dev.nantian.gateway.proxy.filter.Outcome;
import dev.nantian.gateway.proxy.filter.Verdict;
import dev.nantian.gateway.proxy.http.FieldNames;
import dev.nantian.gateway.proxy.http.ResponseHead;
import dev.nantian.gateway.proxy.loop.DeadlineWheel;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import io.netty.buffer.Unpooled;
import io.netty.handler.codec.http.HttpResponseStatus;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeoutException;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The filters of one exchange, from the outermost in, and the two lanes that pass them.
 *
 * <p>It stands between {@link Exchange} and the two sides: with filters, heads go through here on
 * their way, and so does each body that a filter asked for. Made for one exchange and never used
 * again, so a call that comes late from another thread finds it over and harms nobody.
 *
 * <p>Touched by its event loop only; {@link #onLoop} is for every thread.
 */
final class FilterChain {
  private static final Logger LOG = LoggerFactory.getLogger(FilterChain.class);

  private final Exchange exchange;
  private final Worker worker;
  private final FilterLane requestLane;
  private final FilterLane responseLane;
  private final FilterRequest request;
  private final FilterResponse response;
  private final List<FilterLink> links = new ArrayList<>(4);
  private final DeadlineWheel.Entry pauseDeadline =
      new DeadlineWheel.Entry() {
        @Override
        protected void onDeadline() {
          onPauseTimeout();
        }
      };

  private @Nullable Map<String, Object> attributes;
  private @Nullable FilterLink answering;
  private int ruleLinks;
  private int depth;
  private boolean flowing;
  private boolean flowAgain;
  private boolean responseWasUnwritable;
  private boolean continueSent;
  private boolean over;

  FilterChain(Exchange exchange, ByteBufAllocator allocator) {
    this.exchange = exchange;
    this.worker = exchange.worker();
    this.requestLane = new RequestLane(this, allocator);
    this.responseLane = new ResponseLane(this, allocator);
    this.request = new FilterRequest(exchange.request());
    this.response = new FilterResponse(exchange.response());
  }

  Exchange exchange() {
    return exchange;
  }

  FilterLane requestLane() {
    return requestLane;
  }

  FilterLane responseLane() {
    return responseLane;
  }

  /** Where the rule's filters begin among those that a response meets. */
  int firstOfRule() {
    return links.size() - ruleLinks;
  }

  FilterRequest request() {
    return request;
  }

  FilterResponse response() {
    return response;
  }

  // What the exchange says.

  /** The request's head meets the rule's filters. */
  void beginRule(List<ConfiguredFilter> filters) {
    add(filters);
    ruleLinks = links.size();
    enter();
    requestLane.start(0, exchange.requestBody().exists(), true);
    exit();
  }

  /** The request's head meets the filters of the chosen backend. */
  void beginBackend(List<ConfiguredFilter> filters) {
    int from = links.size();
    add(filters);
    enter();
    if (from == 0) {
      requestLane.start(0, exchange.requestBody().exists(), true);
    } else {
      requestLane.goOn(from);
    }
    exit();
  }

  private void add(List<ConfiguredFilter> filters) {
    for (int i = 0; i < filters.size(); i++) {
      links.add(new FilterLink(this, filters.get(i)));
    }
  }

  void requestPart(ByteBuf part, boolean last) {
    enter();
    requestLane.part(part);
    if (last) {
      requestLane.end();
    }
    exit();
  }

  /** The backend takes the request's body. */
  void requestSinkReady() {
    enter();
    requestLane.openSink();
    exit();
  }

  /** The response's head is there. */
  void beginResponse(boolean hasBody, boolean bodyAllowed) {
    enter();
    responseLane.start(0, hasBody, bodyAllowed);
    exit();
  }

  void responsePart(ByteBuf part, boolean last) {
    enter();
    responseLane.part(part);
    if (last) {
      responseLane.end();
    }
    exit();
  }

  /** The client takes the response's body. */
  void responseSinkReady() {
    enter();
    responseLane.openSink();
    exit();
  }

  /** One of the two sides takes more bytes again, or no more. */
  void onWritability() {
    enter();
    if (responseWasUnwritable && isResponseWritable()) {
      responseWasUnwritable = false;
      for (FilterLink link : links) {
        call(link, link::onResponseWritable);
      }
    }
    exit();
  }

  /** Ends everything; each filter hears it once. */
  void over(Outcome outcome) {
    over = true;
    requestLane.close();
    responseLane.close();
    worker.wheel().remove(pauseDeadline);
    for (FilterLink link : links.reversed()) {
      try {
        link.complete(outcome);
      } catch (RuntimeException | LinkageError | StackOverflowError e) {
        worker.metrics().filterFailed();
        LOG.warn("filter failed at completion filter={}", link.filter(), e);
      }
    }
  }

  // What filters ask for.

  @Nullable Object attribute(String name) {
    return attributes == null ? null : attributes.get(name);
  }

  void attribute(String name, Object value) {
    if (attributes == null) {
      attributes = new HashMap<>();
    }
    attributes.put(name, value);
  }

  boolean isResponseWritable() {
    boolean writable = !over && exchange.downstream().isWritable();
    responseWasUnwritable |= !writable;
    return writable;
  }

  /** Runs a task on the loop, and then what follows from it; not after the end. */
  void onLoop(Runnable task) {
    if (worker.loop().inEventLoop()) {
      runOnLoop(task);
    } else {
      worker.loop().execute(() -> runOnLoop(task));
    }
  }

  private void runOnLoop(Runnable task) {
    if (over) {
      return;
    }
    enter();
    try {
      task.run();
    } catch (RuntimeException e) {
      exchange.onStepFailed(e);
    }
    exit();
    if (!over && depth == 0) {
      exchange.flush();
    }
  }

  /** Runs {@code task} later; returns what cancels it. */
  Runnable schedule(long millis, Runnable task) {
    DeadlineWheel.Entry entry =
        new DeadlineWheel.Entry() {
          @Override
          protected void onDeadline() {
            runOnLoop(task);
          }
        };
    worker.wheel().arm(entry, Math.max(1, millis));
    return () -> onLoop(() -> worker.wheel().remove(entry));
  }

  /** Calls a filter; what it throws is its failure. */
  void call(FilterLink link, Runnable task) {
    if (over) {
      return;
    }
    try {
      task.run();
    } catch (RuntimeException | LinkageError | StackOverflowError e) {
      failed(link, e);
    }
  }

  /** As {@link #call}, for the calls of a lane. */
  Verdict invoke(FilterLane lane, FilterLink link, FilterLane.Call call, @Nullable ByteBuf part) {
    try {
      return lane.invoke(link, call, part);
    } catch (RuntimeException | LinkageError | StackOverflowError e) {
      failed(link, e);
      return Verdict.CONTINUE;
    }
  }

  void failed(FilterLink link, Throwable cause) {
    if (over || !link.markFailed()) {
      return;
    }
    worker.metrics().filterFailed();
    LOG.warn("filter failed filter={} route={}", link.filter(), link.route(), cause);
    boolean canBypass =
        link != answering && link.requestStop().canBypass() && link.responseStop().canBypass();
    if (link.failsOpen() && canBypass) {
      link.bypass();
    } else {
      exchange.fail(LocalAnswer.FILTER_FAILED);
    }
  }

  void paused(FilterLink link) {
    worker.wheel().arm(pauseDeadline, link.pauseTimeoutMillis());
  }

  private void onPauseTimeout() {
    for (FilterLink link : links) {
      if (!over && link.isPaused()) {
        runOnLoop(
            () ->
                failed(
                    link, new TimeoutException("paused for " + link.pauseTimeoutMillis() + " ms")));
        return;
      }
    }
  }

  /**
   * A filter's own response, in place of the one that would come or has come.
   *
   * @param complete false: more of the body follows
   * @return false if a response has left the filter already
   */
  boolean answer(FilterLink link, Answer answer, boolean complete) {
    FilterStop stop = link.responseStop();
    if (over || stop.isHeadGone() || exchange.isResponding()) {
      return false;
    }
    enter();
    answering = link;
    requestLane.close();
    exchange.answering();
    fill(exchange.response(), answer, complete);
    int from = responseLane.stops().indexOf(stop) + 1;
    responseLane.restart(from);
    boolean bodyAllowed = !exchange.isHead() && answer.status() != 204 && answer.status() != 304;
    responseLane.start(from, !complete || answer.body().length > 0, bodyAllowed);
    if (answer.body().length > 0) {
      responseLane.inject(from, Unpooled.wrappedBuffer(answer.body()));
      if (complete) {
        responseLane.injectEnd(from);
      }
    }
    exit();
    return true;
  }

  private static void fill(ResponseHead head, Answer answer, boolean complete) {
    head.clear();
    head.changeStatus(answer.status());
    byte[] reason =
        HttpResponseStatus.valueOf(answer.status())
            .reasonPhrase()
            .getBytes(StandardCharsets.US_ASCII);
    head.reason(head.append(reason), reason.length);
    HeaderFields fields = new HeaderFields(head);
    for (Answer.Field field : answer.fields()) {
      fields.add(field.name(), field.value());
    }
    if (complete) {
      head.contentLength(answer.body().length);
      head.add(
          FieldNames.CONTENT_LENGTH,
          Integer.toString(answer.body().length).getBytes(StandardCharsets.US_ASCII));
    }
  }

  void writeResponse(FilterLink link, ByteBuf part) {
    if (link != answering) {
      responseLane.write(link.responseStop(), part);
    } else if (part.isReadable()) {
      responseLane.inject(responseLane.stops().indexOf(link.responseStop()) + 1, part);
    } else {
      part.release();
    }
  }

  void endAnswer(FilterLink link) {
    if (link == answering) {
      enter();
      responseLane.injectEnd(responseLane.stops().indexOf(link.responseStop()) + 1);
      exit();
    }
  }

  // Back-pressure.

  private void enter() {
    depth++;
  }

  /** What was done may let a source go on, or stop it. */
  private void exit() {
    depth--;
    if (depth == 0 && !over) {
      flow();
    }
  }

  private void flow() {
    if (flowing) {
      flowAgain = true;
      return;
    }
    flowing = true;
    do {
      flowAgain = false;
      if (requestLane.isTouched() && !requestLane.isClosed()) {
        flowRequest();
      }
      if (!over && responseLane.isTouched()) {
        exchange.upstream().want(responseLane.wantsSource(exchange.downstream().isWritable()));
      }
    } while (flowAgain && !over);
    flowing = false;
  }

  private void flowRequest() {
    if (exchange.requestBody().isComplete()) {
      return;
    }
    if (!requestLane.wantsSource(exchange.upstream().isWritable())) {
      exchange.downstream().pauseRequest();
      return;
    }
    if (exchange.requestBody().expectsContinue() && !continueSent && !requestLane.isSinkOpen()) {
      continueSent = true; // the client sends nothing before, and the backend does not know of it
      exchange.request().remove(FieldNames.EXPECT);
      ResponseHead head = new ResponseHead();
      head.changeStatus(100);
      exchange.downstream().interim(head);
    }
    exchange.downstream().resumeRequest();
    if (!over) {
      exchange.upstream().flush();
    }
  }
}
