package dev.nantian.gateway.proxy.route;

/**
 * Where a connection or datagram session goes.
 *
 * @param route {@code Kind/namespace/name}, for metrics and logs
 * @param backends chosen from by weight once for each connection or session
 */
public record L4Target(String route, WeightedBackends backends) {}
