/**
 * Filters that come with the gateway, written against the proxy's public filter API only.
 *
 * <p>In: the configuration of an HTTPFilter object. Out: filters that the proxy finds as services
 * ({@link java.util.ServiceLoader}). {@code compression} encodes responses, {@code jwt} lets only
 * requests with a valid token pass, {@code ratelimit} counts requests on this proxy.
 */
@NullMarked
package dev.nantian.gateway.filters;

import org.jspecify.annotations.NullMarked;
