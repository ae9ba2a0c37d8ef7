package dev.nantian.gateway.proxy.filter;

import dev.nantian.gateway.proxy.config.Cluster;
import dev.nantian.gateway.proxy.config.Endpoint;
import java.net.InetSocketAddress;
import java.util.List;

/**
 * A place that a filter can send requests to: one port of a Service, with the proxy's connection
 * pools, balancing and health.
 *
 * <p>Immutable towards filters; its endpoints change as the Service's do.
 */
public final class FilterBackend {
  private final Cluster cluster;

  private FilterBackend(Cluster cluster) {
    this.cluster = cluster;
  }

  /** A Service's port. */
  public static FilterBackend of(Cluster cluster) {
    return new FilterBackend(cluster);
  }

  /** Fixed addresses that speak HTTP/1.1. Keep the object: connections are kept with it. */
  public static FilterBackend of(String name, List<InetSocketAddress> addresses) {
    Cluster cluster = new Cluster(name, Cluster.Protocol.HTTP1);
    cluster.endpoints(addresses.stream().map(Endpoint::new).toList());
    return new FilterBackend(cluster);
  }

  /** {@code namespace/name:port}. */
  public String name() {
    return cluster.name();
  }

  /** For the proxy itself. */
  public Cluster cluster() {
    return cluster;
  }

  @Override
  public String toString() {
    return name();
  }
}
