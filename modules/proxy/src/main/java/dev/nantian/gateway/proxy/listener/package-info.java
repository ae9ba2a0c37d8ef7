/**
 * The clients' side: listening sockets, TLS, and HTTP/1.1 connections; {@code h2} has those of
 * HTTP/2. Sockets of layer 4 are opened here too and handed to {@code l4}.
 *
 * <p>In: the sockets of a {@link dev.nantian.gateway.proxy.config.RuntimeConfig}. Out: exchanges,
 * admitted to the stream of their socket and loop. A connection belongs to the loop that accepted
 * it.
 *
 * <p>An HTTP/1.1 connection is its phases. Its parts: what reads requests, what writes responses,
 * the deadline, whether it is kept, and how it ends.
 */
@NullMarked
package dev.nantian.gateway.proxy.listener;

import org.jspecify.annotations.NullMarked;
