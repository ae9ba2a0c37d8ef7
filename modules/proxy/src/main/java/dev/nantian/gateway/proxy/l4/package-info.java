/**
 * Layer 4: bytes and datagrams passed on without being understood (TCPRoute, UDPRoute, TLSRoute).
 *
 * <p>In: an accepted TCP connection (after the TLS handshake where the listener terminates it, or
 * with its unread ClientHello where it passes TLS through) or a client's datagram, and the {@link
 * dev.nantian.gateway.proxy.route.L4Target} that the listener's {@link
 * dev.nantian.gateway.proxy.route.L4Routes} name for it. Out: the same bytes at one endpoint of one
 * of the target's backends, and what it answers.
 *
 * <p>A connection and its backend connection, a datagram session and its backend socket share one
 * event loop: nothing here is locked, nothing changes threads.
 */
@NullMarked
package dev.nantian.gateway.proxy.l4;

import org.jspecify.annotations.NullMarked;
