/**
 * A small backend for demos and tests: it answers every request with what it received.
 *
 * <p>{@link EchoServer} binds one port that speaks HTTP/1.1, HTTP/2 without TLS (prior knowledge
 * and upgrade), WebSocket and gRPC ({@code nantian.echo.v1.Echo}). What a client may ask for by the
 * path is {@link PathControls}; what it gets is {@link EchoReport}.
 *
 * <p>It knows neither plane. It is made for trying a gateway, not for speed.
 */
@NullMarked
package dev.nantian.gateway.echo;

import org.jspecify.annotations.NullMarked;
