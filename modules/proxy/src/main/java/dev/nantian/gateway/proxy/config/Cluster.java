package dev.nantian.gateway.proxy.config;

import java.util.List;

/**
 * One port of a Service and its ready endpoints.
 *
 * <p>The object lives as long as the Service port does and is shared by all routes that use it, so
 * a change of endpoints recompiles nothing. Written by the configuration thread, read by every
 * loop: read {@link #endpoints()} once for each choice.
 */
public final class Cluster {
  /** How to speak to the endpoints. */
  public enum Protocol {
    HTTP1,
    H2C
  }

  private final String name;
  private final Protocol protocol;
  private volatile List<Endpoint> endpoints = List.of();
  private volatile String externalName = "";

  /**
   * @param name {@code namespace/name:port}
   */
  public Cluster(String name, Protocol protocol) {
    this.name = name;
    this.protocol = protocol;
  }

  public String name() {
    return name;
  }

  public Protocol protocol() {
    return protocol;
  }

  /** The endpoints that may get traffic; an immutable list, empty when there is none (503). */
  public List<Endpoint> endpoints() {
    return endpoints;
  }

  /** Replaces the endpoints. */
  public void endpoints(List<Endpoint> ready) {
    endpoints = List.copyOf(ready);
  }

  /** The DNS name that gives the endpoints; empty if the control plane does. */
  public String externalName() {
    return externalName;
  }

  /** Takes note of where the endpoints come from. */
  void externalName(String name) {
    externalName = name;
  }

  @Override
  public String toString() {
    return name;
  }
}
