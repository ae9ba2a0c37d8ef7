package dev.nantian.gateway.proxy.session;

import java.net.InetSocketAddress;

/**
 * What a client's session says.
 *
 * @param cluster {@link SessionSeal#clusterId}
 * @param endpoint the one that it stays with
 * @param issued Unix seconds
 * @param used Unix seconds of its last use that the client was told
 */
public record Session(long cluster, InetSocketAddress endpoint, long issued, long used) {}
