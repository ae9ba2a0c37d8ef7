package dev.nantian.gateway.proxy.filter;

import io.netty.buffer.ByteBuf;
import java.net.InetSocketAddress;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * One exchange, as one filter may act on it.
 *
 * <p>For the exchange's event loop, except {@link #resumeRequest}, {@link #resumeResponse}, {@link
 * #answer}, {@link #fail} and {@link #execute}, which may be called from any thread and take effect
 * in the order in which they were called. Once the exchange is over every call is without effect; a
 * buffer given with it is released.
 */
public interface FilterExchange {
  /** Name of the object that configures the filter: {@code namespace/name}. */
  String filter();

  /** Name of the HTTPRoute: {@code namespace/name}. */
  String route();

  /** The peer of the connection. */
  InetSocketAddress clientAddress();

  /** The peer's address without port, as in X-Forwarded-For. */
  String clientIp();

  /** Whether the client speaks TLS to us. */
  boolean isTls();

  FilterLoop loop();

  /** The request's head. */
  FilterRequest request();

  /**
   * The response's head.
   *
   * @throws IllegalStateException before {@link ExchangeFilter#onResponseHead}
   */
  FilterResponse response();

  /** What filters of this exchange left for each other under this name; null for nothing. */
  @Nullable Object attribute(String name);

  /** Leaves something for other filters of this exchange. */
  void attribute(String name, Object value);

  // Asking for bodies: in onRequestHead or onResponseHead, or while paused there.

  /**
   * The request's body comes in parts, as it arrives. Its length becomes unknown. Of a request
   * without body only the end comes, and what is written for it is dropped.
   */
  void streamRequest();

  /**
   * The request's body comes whole, in one call of {@link ExchangeFilter#onRequestBody}; the head
   * waits here until {@link ExchangeFilter#onRequestEnd} has returned {@link Verdict#CONTINUE}, and
   * may be changed until then. Also gives a body to a request that has none. A client that waits
   * for 100 (Continue) is told so.
   *
   * @param maxBytes a longer body is answered with 413, or passes untouched if this filter fails
   *     open
   */
  void collectRequest(int maxBytes);

  /**
   * The response's body comes in parts, as it arrives. Its length becomes unknown. Of a response
   * without body only the end comes, and what is written for it is dropped.
   */
  void streamResponse();

  /**
   * The response's body is an event stream (text/event-stream) and comes in parts that are whole
   * events, each with the empty line that ends it; only at the end of the body a part may be an
   * unfinished event.
   *
   * @param maxBytes a longer event is a failure of this filter
   */
  void streamResponseEvents(int maxBytes);

  /**
   * The response's body comes whole, as with {@link #collectRequest}.
   *
   * @param maxBytes a longer body is answered with 502, or passes untouched if this filter fails
   *     open
   */
  void collectResponse(int maxBytes);

  // Passing bodies on.

  /**
   * Passes a part of the request's body on; between its head and its end, by a filter that asked
   * for it.
   *
   * @param part taken over
   */
  void writeRequest(ByteBuf part);

  /**
   * Passes a part of the response's body on; between its head and its end, by a filter that asked
   * for it or that answers in parts.
   *
   * @param part taken over
   */
  void writeResponse(ByteBuf part);

  /** False while the client does not read as fast as we write. */
  boolean isResponseWritable();

  // Going on.

  /** Ends a pause of the request's direction. Any thread. */
  void resumeRequest();

  /** Ends a pause of the response's direction. Any thread. */
  void resumeResponse();

  /**
   * Runs {@code task} on the loop, unless the exchange is over by then. What it throws is the
   * filter's failure. Any thread.
   */
  void execute(Runnable task);

  /**
   * Runs {@code task} on the loop after {@code delay} (10 to 20 ms late, never early), unless the
   * exchange is over by then.
   *
   * @return cancels it
   */
  Runnable schedule(Duration delay, Runnable task);

  // Doing something else.

  /**
   * Answers instead of the backend, or instead of its response. The answer passes the filters
   * outside of this one. Without effect if the response's head has left this filter already. Any
   * thread.
   */
  void answer(Answer answer);

  /**
   * As {@link #answer}, but the body follows by {@link #writeResponse} and ends with {@link
   * #endAnswer}; {@code answer}'s own body is its first part.
   *
   * @return false if the response's head has left this filter already
   */
  boolean startAnswer(Answer answer);

  /** Ends the body after {@link #startAnswer}. */
  void endAnswer();

  /**
   * Sends the request to {@code backend} instead of the rule's; the rule's own choice is not made
   * and its backends' filters do not see the exchange. While the request's head is with this
   * filter.
   */
  void backend(FilterBackend backend);

  /** Says that this filter failed. Any thread. */
  void fail(Throwable cause);
}
