/**
 * Connections to backends: for each loop and endpoint a pool of kept connections (HTTP/1.1 or
 * HTTP/2), and the choice of an endpoint by power of two choices on outstanding requests.
 *
 * <p>In: an {@link dev.nantian.gateway.proxy.upstream.UpstreamUser} that wants to send one request.
 * Out: an {@link dev.nantian.gateway.proxy.upstream.UpstreamStream} lent to it until its response
 * has ended; what version of HTTP is spoken is known behind it only. Pools belong to one event loop
 * and are touched by it only.
 */
@NullMarked
package dev.nantian.gateway.proxy.upstream;

import org.jspecify.annotations.NullMarked;
