/**
 * Connections to backends: for each loop and endpoint a pool of kept connections (HTTP/1.1 or
 * HTTP/2). Which endpoint gets a request is the cluster's balancer's choice ({@code balance}) among
 * those that are well ({@code health}).
 *
 * <p>In: an {@link dev.nantian.gateway.proxy.upstream.UpstreamUser} that wants to send one request.
 * Out: an {@link dev.nantian.gateway.proxy.upstream.UpstreamStream} lent to it until its response
 * has ended; what version of HTTP is spoken is known behind it only. Pools belong to one event loop
 * and are touched by it only.
 */
@NullMarked
package dev.nantian.gateway.proxy.upstream;

import org.jspecify.annotations.NullMarked;
