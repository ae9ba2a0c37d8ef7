package dev.nantian.gateway.proxy.config;

import dev.nantian.gateway.proxy.route.ListenerTable;
import java.net.InetSocketAddress;

/**
 * One address and port to listen on, with all Gateway listeners that share it.
 *
 * @param address resolved address and port
 * @param tls true for HTTPS: every connection begins with a TLS handshake whose SNI chooses the
 *     listener
 * @param listeners the listeners and routes behind it
 */
public record ListenerSocket(InetSocketAddress address, boolean tls, ListenerTable listeners) {}
