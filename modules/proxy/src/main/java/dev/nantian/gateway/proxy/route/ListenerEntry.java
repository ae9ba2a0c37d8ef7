package dev.nantian.gateway.proxy.route;

import io.netty.handler.ssl.SslContext;
import org.jspecify.annotations.Nullable;

/**
 * One Gateway listener as the loops see it.
 *
 * @param gateway {@code namespace/name} of the Gateway
 * @param name the listener's name in it
 * @param port the listener's port as in the Gateway
 * @param tls its certificates, built and checked when the configuration was compiled; null for
 *     cleartext
 */
public record ListenerEntry(String gateway, String name, int port, @Nullable SslContext tls) {}
