/**
 * What an HTTP message is to the data plane: heads as offsets into bytes, and the HTTP/1.1 codec
 * that fills and writes them.
 *
 * <p>In: bytes of a connection. Out: {@link dev.nantian.gateway.proxy.http.RequestHead} and {@link
 * dev.nantian.gateway.proxy.http.ResponseHead} that have passed every check of RFC 9112, or a typed
 * refusal. Nothing here knows a route, a pool or an actor.
 */
@NullMarked
package dev.nantian.gateway.proxy.http;

import org.jspecify.annotations.NullMarked;
