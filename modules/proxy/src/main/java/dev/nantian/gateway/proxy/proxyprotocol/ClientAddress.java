package dev.nantian.gateway.proxy.proxyprotocol;

import io.netty.channel.Channel;
import io.netty.util.AttributeKey;
import java.net.InetSocketAddress;
import org.jspecify.annotations.Nullable;

/**
 * Whom a connection is from and where it was made to: what a PROXY header said, else its own
 * addresses. Stateless.
 */
public final class ClientAddress {
  private static final AttributeKey<ProxyHeader> NOTED =
      AttributeKey.valueOf(ClientAddress.class, "noted");

  private ClientAddress() {}

  /** Says whom a connection is from that something in front of us opened. */
  public static void note(Channel channel, ProxyHeader header) {
    channel.attr(NOTED).set(header);
  }

  /** The client of an open channel. */
  public static InetSocketAddress of(Channel channel) {
    ProxyHeader noted = channel.attr(NOTED).get();
    InetSocketAddress source = noted == null ? null : noted.source();
    return source == null ? (InetSocketAddress) channel.remoteAddress() : source;
  }

  /** Where the client of an open channel connected to. */
  static @Nullable InetSocketAddress destination(Channel channel) {
    ProxyHeader noted = channel.attr(NOTED).get();
    // The header's two addresses belong together: one alone is never mixed with our own.
    return noted == null || noted.source() == null
        ? (InetSocketAddress) channel.localAddress()
        : noted.destination();
  }
}
