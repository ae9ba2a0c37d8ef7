package dev.nantian.gateway.control.translate;

import java.util.List;
import java.util.Locale;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Hostnames of listeners and routes: exact, {@code *.suffix}, or empty for every hostname. A
 * wildcard stands for one or more labels (Gateway API, {@code Listener.hostname}).
 */
final class Hostnames {
  private Hostnames() {}

  /** Lower case; null becomes empty. */
  static String normal(@Nullable String hostname) {
    return hostname == null ? "" : hostname.toLowerCase(Locale.ROOT);
  }

  /**
   * The hostnames at which a route is reached through a listener: of each pair that meets, the more
   * specific one.
   *
   * @param listener normal form
   * @param route normal form; an empty list stands for every hostname
   * @return empty if no pair meets
   */
  static List<String> intersect(String listener, List<String> route) {
    if (route.isEmpty()) {
      return List.of(listener);
    }
    return route.stream()
        .map(hostname -> intersect(listener, hostname))
        .flatMap(Optional::stream)
        .distinct()
        .toList();
  }

  /** The more specific of two hostnames if some name belongs to both. */
  static Optional<String> intersect(String a, String b) {
    if (a.isEmpty() || a.equals(b)) {
      return Optional.of(b);
    }
    if (b.isEmpty()) {
      return Optional.of(a);
    }
    if (covers(a, b)) {
      return Optional.of(b);
    }
    return covers(b, a) ? Optional.of(a) : Optional.empty();
  }

  private static boolean covers(String wildcard, String other) {
    // ".example.com" of "*.example.com": at least one label must stand before it.
    return wildcard.startsWith("*.")
        && other.endsWith(wildcard.substring(1))
        && other.length() > wildcard.length() - 1;
  }
}
