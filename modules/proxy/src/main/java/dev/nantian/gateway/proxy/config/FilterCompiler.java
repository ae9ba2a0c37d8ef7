package dev.nantian.gateway.proxy.config;

import static dev.nantian.gateway.proxy.config.Checks.invalid;

import dev.nantian.gateway.protocol.config.v1.ExtensionFilter;
import dev.nantian.gateway.protocol.config.v1.ServiceRef;
import dev.nantian.gateway.proxy.filter.Filter;
import dev.nantian.gateway.proxy.filter.FilterBackend;
import dev.nantian.gateway.proxy.filter.FilterConfig;
import dev.nantian.gateway.proxy.filter.FilterFactories;
import dev.nantian.gateway.proxy.filter.FilterFactory;
import dev.nantian.gateway.proxy.filter.InvalidFilterException;
import java.lang.ref.WeakReference;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * Makes filters of the public API from their configurations. Equal configurations give the same
 * object as long as any route uses it, so that a filter's state (keys fetched, requests counted)
 * does not depend on edits of the routes around it.
 *
 * <p>Owned by the configuration thread.
 */
final class FilterCompiler {
  /** What makes two filters the same; clusters by identity. */
  private record Key(String type, String name, String config, List<Cluster> backends) {}

  private final FilterFactories factories;
  private final HttpRouteCompiler.ServiceLookup services;
  private final Map<Key, WeakReference<Filter>> made = new HashMap<>();
  private final Map<String, Cluster> unresolved = new HashMap<>();

  FilterCompiler(FilterFactories factories, HttpRouteCompiler.ServiceLookup services) {
    this.factories = factories;
    this.services = services;
  }

  /**
   * The filter of this configuration.
   *
   * @param field where it stands, for messages
   */
  Filter compile(String field, ExtensionFilter extension) throws InvalidResourceException {
    FilterFactory factory = factories.get(extension.getType());
    if (factory == null) {
      throw invalid(
          field + " type", extension.getType(), "one of " + String.join(", ", factories.types()));
    }
    List<Cluster> backends = backends(field, extension);
    Key key = new Key(extension.getType(), extension.getName(), extension.getConfig(), backends);
    WeakReference<Filter> known = made.get(key);
    Filter filter = known == null ? null : known.get();
    if (filter != null) {
      return filter;
    }
    made.values().removeIf(reference -> reference.get() == null);
    try {
      filter =
          factory.create(
              new FilterConfig(
                  extension.getName(),
                  extension.getConfig(),
                  backends.stream().map(FilterBackend::of).toList()));
    } catch (InvalidFilterException e) {
      throw new InvalidResourceException(
          field + " " + extension.getType() + " " + extension.getName() + ": " + e.getMessage(), e);
    }
    made.put(key, new WeakReference<>(filter));
    return filter;
  }

  /** One that does not resolve is a cluster without endpoints. */
  private List<Cluster> backends(String field, ExtensionFilter extension)
      throws InvalidResourceException {
    List<Cluster> clusters = new ArrayList<>();
    for (int i = 0; i < extension.getBackendsCount(); i++) {
      ServiceRef ref = extension.getBackends(i);
      String at = field + ".backends[" + i + "]";
      Checks.objectName(at + ".name", ref.getService());
      Checks.port(at + ".port", ref.getPort());
      clusters.add(
          switch (services.resolve(
              ref.getService(), ref.getPort(), ref.getDatagrams(), ref.getHttp2())) {
            case HttpRouteCompiler.Resolved.To(Cluster cluster) -> cluster;
            case HttpRouteCompiler.Resolved.Nowhere(String _) ->
                unresolved.computeIfAbsent(
                    ref.getService() + ":" + ref.getPort(),
                    name -> new Cluster(name, Cluster.Protocol.HTTP1));
          });
    }
    return clusters;
  }
}
