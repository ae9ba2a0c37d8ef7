/**
 * HTTP/2 connections of clients (RFC 9113), on Netty's frame and HPACK codec.
 *
 * <p>In: the bytes of a connection that chose HTTP/2, by ALPN or by the preface. Out: one exchange
 * for each stream, admitted to the stream of its socket and loop like any of HTTP/1. {@link
 * dev.nantian.gateway.proxy.listener.h2.Http2ClientConnection} is the connection, {@link
 * dev.nantian.gateway.proxy.listener.h2.ClientStream} one request, {@link
 * dev.nantian.gateway.proxy.listener.h2.FrameGuard} what protects us from clients.
 *
 * <p>Everything is touched by the connection's event loop only.
 */
@NullMarked
package dev.nantian.gateway.proxy.listener.h2;

import org.jspecify.annotations.NullMarked;
