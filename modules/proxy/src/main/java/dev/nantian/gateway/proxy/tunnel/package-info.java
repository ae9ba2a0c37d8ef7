/**
 * What follows when an exchange changes its protocol (RFC 9110 section 7.8, RFC 8441): bytes that
 * pass between a client and a backend as they come.
 *
 * <p>{@link dev.nantian.gateway.proxy.tunnel.Tunnel} joins two {@link
 * dev.nantian.gateway.proxy.tunnel.TunnelEnd}s, each either a whole connection or one stream of an
 * HTTP/2 connection. The exchange makes it from the ends that its two sides give, and hears what
 * passed and when it is over. Nothing here knows HTTP. All of it is touched by one event loop only.
 */
@NullMarked
package dev.nantian.gateway.proxy.tunnel;

import org.jspecify.annotations.NullMarked;
