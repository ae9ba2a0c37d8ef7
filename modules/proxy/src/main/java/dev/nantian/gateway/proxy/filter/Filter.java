package dev.nantian.gateway.proxy.filter;

/**
 * A filter as configured: made once by a {@link FilterFactory}, shared by all rules that are
 * configured alike, and by all event loops.
 *
 * <p>It must be safe for use by several threads. It lives until no configuration refers to it, and
 * is then left to the garbage collector: it must hold no thread or socket open for its own sake.
 */
@FunctionalInterface
public interface Filter {
  /**
   * Begins an exchange; called on its loop when the request's head reaches this filter.
   *
   * @param exchange for the calls that the filter makes; valid until {@link
   *     ExchangeFilter#onComplete}
   * @return what the exchange's events go to. A filter that keeps nothing between events and needs
   *     no {@code exchange} may return the same object each time
   */
  ExchangeFilter begin(FilterExchange exchange);
}
