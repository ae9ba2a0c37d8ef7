package dev.nantian.gateway.proxy.pipeline;

import dev.nantian.gateway.proxy.filter.Answer;
import dev.nantian.gateway.proxy.filter.ConfiguredFilter;
import dev.nantian.gateway.proxy.filter.ExchangeFilter;
import dev.nantian.gateway.proxy.filter.FilterBackend;
import dev.nantian.gateway.proxy.filter.FilterExchange;
import dev.nantian.gateway.proxy.filter.FilterLoop;
import dev.nantian.gateway.proxy.filter.FilterRequest;
import dev.nantian.gateway.proxy.filter.FilterResponse;
import dev.nantian.gateway.proxy.filter.HeaderFields;
import dev.nantian.gateway.proxy.filter.Outcome;
import dev.nantian.gateway.proxy.filter.Verdict;
import io.netty.buffer.ByteBuf;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/** One filter in one exchange: what it may do, checked, and its places in the two lanes. */
final class FilterLink implements FilterExchange {
  private final FilterChain chain;
  private final ConfiguredFilter configured;
  private final FilterStop requestStop;
  private final FilterStop responseStop;
  private @Nullable ExchangeFilter filter;
  private boolean failed;

  FilterLink(FilterChain chain, ConfiguredFilter configured) {
    this.chain = chain;
    this.configured = configured;
    this.requestStop = chain.requestLane().append(this);
    this.responseStop = chain.responseLane().prepend(this);
  }

  // What the lanes call.

  Verdict onRequestHead() {
    ExchangeFilter begun = configured.filter().begin(this);
    filter = begun;
    return begun.onRequestHead();
  }

  Verdict onRequestBody(ByteBuf part) {
    return begun().onRequestBody(part);
  }

  Verdict onRequestEnd(HeaderFields trailers) {
    return begun().onRequestEnd(trailers);
  }

  Verdict onResponseHead() {
    return begun().onResponseHead();
  }

  Verdict onResponseBody(ByteBuf part) {
    return begun().onResponseBody(part);
  }

  Verdict onResponseEnd(HeaderFields trailers) {
    return begun().onResponseEnd(trailers);
  }

  void onFlush() {
    begun().onResponseFlush();
  }

  void onResponseWritable() {
    begun().onResponseWritable();
  }

  private ExchangeFilter begun() {
    return filter == null ? ExchangeFilter.NONE : filter;
  }

  void complete(Outcome outcome) {
    if (filter != null) {
      filter.onComplete(outcome);
    }
  }

  FilterStop requestStop() {
    return requestStop;
  }

  FilterStop responseStop() {
    return responseStop;
  }

  boolean failsOpen() {
    return configured.failOpen();
  }

  long pauseTimeoutMillis() {
    return configured.pauseTimeoutMillis();
  }

  boolean isPaused() {
    return requestStop.isPaused() || responseStop.isPaused();
  }

  /** True the first time. */
  boolean markFailed() {
    boolean first = !failed;
    failed = true;
    return first;
  }

  /** Leaves the filter out of the rest of the exchange. */
  void bypass() {
    chain.requestLane().bypass(requestStop);
    chain.responseLane().bypass(responseStop);
  }

  // What the filter calls.

  @Override
  public String filter() {
    return configured.name();
  }

  @Override
  public String route() {
    return chain.exchange().target().route();
  }

  @Override
  public InetSocketAddress clientAddress() {
    return chain.exchange().downstream().remoteAddress();
  }

  @Override
  public String clientIp() {
    return new String(chain.exchange().downstream().remoteAddressText(), StandardCharsets.US_ASCII);
  }

  @Override
  public boolean isTls() {
    return chain.exchange().downstream().isTls();
  }

  @Override
  public FilterLoop loop() {
    return chain.exchange().worker().filterLoop();
  }

  @Override
  public FilterRequest request() {
    return chain.request();
  }

  @Override
  public FilterResponse response() {
    if (!responseStop.hasHead() && !responseStop.isHeadGone()) {
      throw new IllegalStateException("no response has reached this filter");
    }
    return chain.response();
  }

  @Override
  public @Nullable Object attribute(String name) {
    return chain.attribute(name);
  }

  @Override
  public void attribute(String name, Object value) {
    chain.attribute(name, value);
  }

  @Override
  public void streamRequest() {
    chain.requestLane().ask(requestStop, FilterStop.Mode.STREAM, 0);
  }

  @Override
  public void collectRequest(int maxBytes) {
    chain.requestLane().ask(requestStop, FilterStop.Mode.WHOLE, maxBytes);
  }

  @Override
  public void streamResponse() {
    chain.responseLane().ask(responseStop, FilterStop.Mode.STREAM, 0);
  }

  @Override
  public void streamResponseEvents(int maxBytes) {
    chain.responseLane().ask(responseStop, FilterStop.Mode.EVENTS, maxBytes);
  }

  @Override
  public void collectResponse(int maxBytes) {
    chain.responseLane().ask(responseStop, FilterStop.Mode.WHOLE, maxBytes);
  }

  @Override
  public void writeRequest(ByteBuf part) {
    chain.requestLane().write(requestStop, part);
  }

  @Override
  public void writeResponse(ByteBuf part) {
    chain.writeResponse(this, part);
  }

  @Override
  public boolean isResponseWritable() {
    return chain.isResponseWritable();
  }

  @Override
  public void resumeRequest() {
    chain.onLoop(() -> chain.requestLane().resume(requestStop));
  }

  @Override
  public void resumeResponse() {
    chain.onLoop(() -> chain.responseLane().resume(responseStop));
  }

  @Override
  public void execute(Runnable task) {
    chain.onLoop(() -> chain.call(this, task));
  }

  @Override
  public Runnable schedule(Duration delay, Runnable task) {
    return chain.schedule(delay.toMillis(), () -> chain.call(this, task));
  }

  @Override
  public void answer(Answer answer) {
    chain.onLoop(() -> chain.answer(this, answer, true));
  }

  @Override
  public boolean startAnswer(Answer answer) {
    return chain.answer(this, answer, false);
  }

  @Override
  public void endAnswer() {
    chain.endAnswer(this);
  }

  @Override
  public void backend(FilterBackend backend) {
    if (!requestStop.hasHead()) {
      throw new IllegalStateException(
          "a backend can be chosen only while the request's head is with the filter");
    }
    chain.exchange().filters().choose(backend.cluster());
  }

  @Override
  public void fail(Throwable cause) {
    chain.onLoop(() -> chain.failed(this, cause));
  }
}
