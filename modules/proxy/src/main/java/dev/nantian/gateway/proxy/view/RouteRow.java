package dev.nantian.gateway.proxy.view;

import java.util.List;

/**
 * One match of one rule, at its place in the merged table of a hostname of a listener.
 *
 * @param listener {@code namespace/gateway/listener}
 * @param address of the socket
 * @param hostname empty for every hostname
 * @param rank from 0: the order in which the matches of this hostname are tried
 * @param route {@code namespace/name}
 * @param rule index in the route
 * @param match index in the rule
 * @param path with its kind
 * @param method empty for every method
 * @param headers conditions
 * @param queryParams conditions
 * @param action what a request that fits gets
 */
public record RouteRow(
    String listener,
    String address,
    String hostname,
    int rank,
    String route,
    int rule,
    int match,
    String path,
    String method,
    List<String> headers,
    List<String> queryParams,
    String action) {}
