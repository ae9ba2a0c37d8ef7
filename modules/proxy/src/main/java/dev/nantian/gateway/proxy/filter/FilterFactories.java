package dev.nantian.gateway.proxy.filter;

import java.util.List;
import java.util.Map;
import java.util.ServiceLoader;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * The types of filters that a proxy knows.
 *
 * <p>Immutable.
 */
public final class FilterFactories {
  private final Map<String, FilterFactory> byType = new TreeMap<>();

  private FilterFactories(Iterable<FilterFactory> factories) {
    for (FilterFactory factory : factories) {
      FilterFactory other = byType.putIfAbsent(factory.type(), factory);
      if (other != null) {
        throw new IllegalArgumentException(
            "filter type "
                + factory.type()
                + ": claimed by "
                + other.getClass().getName()
                + " and "
                + factory.getClass().getName());
      }
    }
  }

  /** Those that the class path offers as services. */
  public static FilterFactories installed() {
    return new FilterFactories(ServiceLoader.load(FilterFactory.class));
  }

  public static FilterFactories of(FilterFactory... factories) {
    return new FilterFactories(List.of(factories));
  }

  /** Null for a type that is not known. */
  public @Nullable FilterFactory get(String type) {
    return byType.get(type);
  }

  /** Every type, for messages. */
  public List<String> types() {
    return List.copyOf(byType.keySet());
  }
}
