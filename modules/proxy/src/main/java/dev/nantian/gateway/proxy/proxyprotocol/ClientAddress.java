package dev.nantian.gateway.proxy.proxyprotocol;

import io.netty.channel.Channel;
import io.netty.util.AttributeKey;
import java.net.InetSocketAddress;

/** Whom a connection is from: what a PROXY header said, else its own address. Stateless. */
public final class ClientAddress {
  private static final AttributeKey<InetSocketAddress> NOTED =
      AttributeKey.valueOf(ClientAddress.class, "noted");

  private ClientAddress() {}

  /** Says whom a connection is from that something in front of us opened. */
  public static void note(Channel channel, InetSocketAddress client) {
    channel.attr(NOTED).set(client);
  }

  /** The client of an open channel. */
  public static InetSocketAddress of(Channel channel) {
    InetSocketAddress noted = channel.attr(NOTED).get();
    return noted == null ? (InetSocketAddress) channel.remoteAddress() : noted;
  }
}
