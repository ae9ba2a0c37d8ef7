package dev.nantian.gateway.proxy.listener;

import dev.nantian.gateway.proxy.proxyprotocol.ClientAddress;
import io.netty.channel.Channel;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;

/**
 * Who is at the other end of a client connection.
 *
 * <p>Made once for each connection: requests use the address text as it is.
 *
 * @param addressText the address without port, as in X-Forwarded-For
 * @param serverName what the TLS handshake asked for, lower case; empty if nothing, null for
 *     cleartext
 */
public record Peer(InetSocketAddress address, byte[] addressText, byte @Nullable [] serverName) {
  /** The peer of an open channel. */
  public static Peer of(Channel channel, byte @Nullable [] serverName) {
    InetSocketAddress address = ClientAddress.of(channel);
    return new Peer(
        address,
        address.getAddress().getHostAddress().getBytes(StandardCharsets.US_ASCII),
        serverName);
  }
}
