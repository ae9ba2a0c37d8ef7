package dev.nantian.gateway.proxy.filter;

import io.netty.buffer.ByteBuf;

/**
 * One filter in the way of one exchange.
 *
 * <p><b>Order.</b> {@code onRequestHead}, {@code onRequestBody} any number of times, {@code
 * onRequestEnd}; {@code onResponseHead}, {@code onResponseBody}, {@code onResponseEnd} likewise;
 * {@code onComplete} last and exactly once, whatever happened. Body and end are called only for a
 * direction that was asked for in its head ({@link FilterExchange#streamRequest} and its kin). A
 * response may begin before the request has ended. Filters outside of this one see a request
 * earlier and a response later. If a filter answers itself, filters inside of it see nothing more
 * but {@code onComplete}. Answers that the proxy gives by itself (no route, no endpoint, timeouts)
 * pass no filter.
 *
 * <p><b>Threads.</b> Every call comes on the exchange's event loop, never two at once, and must not
 * block it: thousands of other exchanges wait.
 *
 * <p><b>Buffers.</b> A part is the receiver's: it passes it on ({@link
 * FilterExchange#writeResponse}), keeps it, or releases it. It may write to it only where {@link
 * ByteBuf#isReadOnly} and its reference count allow, which is not promised.
 *
 * <p><b>Failure.</b> What a call throws is the filter's failure: the exchange ends with 500, or
 * with a reset if its response has begun. A filter that is configured to fail open is left out
 * instead, as long as it was given no part of a body (one collected whole is passed on as it came).
 * What {@code onComplete} throws is only logged.
 */
public interface ExchangeFilter {
  /** Sees nothing and changes nothing. */
  ExchangeFilter NONE = new ExchangeFilter() {};

  /** The request's head is here: {@link FilterExchange#request}. */
  default Verdict onRequestHead() {
    return Verdict.CONTINUE;
  }

  /** A part of the request's body, or all of it if that was asked for. Not empty. */
  default Verdict onRequestBody(ByteBuf part) {
    part.release();
    throw new IllegalStateException("onRequestBody is not implemented, but a body was asked for");
  }

  /**
   * The request's body is complete. Parts may still be written; the request ends after this call,
   * or after {@link FilterExchange#resumeRequest} if it pauses.
   *
   * @param trailers may be changed
   */
  default Verdict onRequestEnd(HeaderFields trailers) {
    return Verdict.CONTINUE;
  }

  /** The response's head is here: {@link FilterExchange#response}. */
  default Verdict onResponseHead() {
    return Verdict.CONTINUE;
  }

  /** A part of the response's body, one event, or all of it, as was asked for. Not empty. */
  default Verdict onResponseBody(ByteBuf part) {
    part.release();
    throw new IllegalStateException("onResponseBody is not implemented, but a body was asked for");
  }

  /** All that has arrived of the response for now has been handed over: do not hold it back. */
  default void onResponseFlush() {}

  /** As {@link #onRequestEnd}, of the response. */
  default Verdict onResponseEnd(HeaderFields trailers) {
    return Verdict.CONTINUE;
  }

  /** The client takes more again, after {@link FilterExchange#isResponseWritable} was false. */
  default void onResponseWritable() {}

  /** The exchange is over. Nothing can be changed any more; what was kept must be released. */
  default void onComplete(Outcome outcome) {}
}
