/**
 * The admin endpoint: one small HTTP server for whichever planes run in the process.
 *
 * <p>{@link AdminServer} binds it and guards it; {@link Endpoint} is one line of its table; {@link
 * ProcessEndpoints}, {@link ControlEndpoints} and {@link ProxyEndpoints} hold the lines of the
 * process and of each plane. What goes in is a request, what comes out is JSON of the planes' own
 * view records. {@code docs/openapi.yaml} describes it to clients; a test compares the two.
 *
 * <p>Reading needs no credentials, which is why it listens on the loopback address unless told
 * otherwise. Changing something needs a token.
 */
@NullMarked
package dev.nantian.gateway.admin;

import org.jspecify.annotations.NullMarked;
