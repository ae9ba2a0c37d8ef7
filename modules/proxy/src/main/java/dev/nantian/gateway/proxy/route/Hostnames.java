package dev.nantian.gateway.proxy.route;

import org.jspecify.annotations.Nullable;

/**
 * How a hostname is looked up (Gateway API, Listener.hostname and HTTPRouteSpec.hostnames): the
 * exact name, else the wildcard with the longest suffix. {@code *.example.com} covers any number of
 * labels before the suffix, and not {@code example.com}.
 */
final class Hostnames {
  private Hostnames() {}

  /**
   * The most specific entry for a host, or null.
   *
   * @param exact by name
   * @param wildcard by suffix from its dot on: {@code .example.com}
   */
  static <V> @Nullable V lookup(
      ByteTable<V> exact,
      ByteTable<V> wildcard,
      byte[] bytes,
      int offset,
      int length,
      @Nullable MatchTrace trace) {
    if (exact.size() > 0) {
      if (trace != null) {
        trace.step();
      }
      V found = exact.get(bytes, offset, length);
      if (found != null) {
        return found;
      }
    }
    if (wildcard.size() > 0) {
      int end = offset + length;
      for (int at = offset + 1; at < end; at++) {
        if (bytes[at] == '.') {
          if (trace != null) {
            trace.step();
          }
          V found = wildcard.get(bytes, at, end - at);
          if (found != null) {
            return found;
          }
        }
      }
    }
    return null;
  }
}
