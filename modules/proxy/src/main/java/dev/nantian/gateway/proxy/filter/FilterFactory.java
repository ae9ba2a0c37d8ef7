package dev.nantian.gateway.proxy.filter;

/**
 * Makes filters of one type from their configuration. Found by {@link java.util.ServiceLoader}, or
 * given to the proxy.
 *
 * <p>Called on the configuration's thread, which may wait for nothing: what a filter must fetch, it
 * fetches when it is used.
 */
public interface FilterFactory {
  /** Names the type in configurations, for example {@code compression}. */
  String type();

  /**
   * Checks a configuration and compiles it.
   *
   * @throws InvalidFilterException if it cannot be used; the message names the field, its value and
   *     what was expected. The route that uses it is refused and its last good version serves on
   */
  Filter create(FilterConfig config) throws InvalidFilterException;
}
