package dev.nantian.gateway.proxy.listener;

import java.net.InetSocketAddress;

/**
 * A socket that could not be opened.
 *
 * @param reason one line, for example {@code cannot bind 0.0.0.0:80: permission denied}
 */
public record BindFailure(InetSocketAddress address, String reason) {}
