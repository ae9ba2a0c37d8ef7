package dev.nantian.gateway.proxy.listener;

import io.netty.channel.Channel;
import io.netty.util.AttributeKey;
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
  private static final AttributeKey<InetSocketAddress> CLIENT =
      AttributeKey.valueOf(Peer.class, "client");

  /** Says whom a connection is from that something in front of us opened. */
  static void noteClient(Channel channel, InetSocketAddress client) {
    channel.attr(CLIENT).set(client);
  }

  /** The peer of an open channel. */
  public static Peer of(Channel channel, byte @Nullable [] serverName) {
    InetSocketAddress noted = channel.attr(CLIENT).get();
    InetSocketAddress address = noted == null ? (InetSocketAddress) channel.remoteAddress() : noted;
    return new Peer(
        address,
        address.getAddress().getHostAddress().getBytes(StandardCharsets.US_ASCII),
        serverName);
  }
}
