package dev.nantian.gateway.proxy.proxyprotocol;

import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import io.netty.util.AttributeKey;
import java.net.InetSocketAddress;
import org.jspecify.annotations.Nullable;

/**
 * One client's connection, as backends are told of it by PROXY headers. Its identity is the
 * connection's: there is one object for each, made when the first backend is to be told.
 *
 * <p>Touched by the connection's event loop only.
 */
public final class ProxiedClient {
  private static final AttributeKey<ProxiedClient> KNOWN =
      AttributeKey.valueOf(ProxiedClient.class, "known");
  private static final AttributeKey<byte[]> SERVER_NAME =
      AttributeKey.valueOf(ProxiedClient.class, "serverName");

  private final Channel channel;
  private final @Nullable InetSocketAddress source;
  private final @Nullable InetSocketAddress destination;
  private final byte @Nullable [] serverName;

  private ProxiedClient(Channel channel, byte @Nullable [] serverName) {
    this.channel = channel;
    this.source = ClientAddress.of(channel);
    this.destination = ClientAddress.destination(channel);
    this.serverName = serverName;
  }

  /**
   * The client of an open channel.
   *
   * @param serverName what its TLS handshake asked for; null or empty if nothing
   */
  public static ProxiedClient of(Channel channel, byte @Nullable [] serverName) {
    ProxiedClient known = channel.attr(KNOWN).get();
    if (known == null) {
      known = new ProxiedClient(channel, serverName);
      channel.attr(KNOWN).set(known);
    }
    return known;
  }

  /** The client of a channel that is relayed, with the name that was noted. */
  public static ProxiedClient ofRelayed(Channel channel) {
    return of(channel, channel.attr(SERVER_NAME).get());
  }

  /** What the TLS handshake of a channel asked for that will be relayed. */
  public static void noteServerName(Channel channel, byte[] name) {
    channel.attr(SERVER_NAME).set(name);
  }

  /** Null if the connection had ended before it was asked for. */
  @Nullable InetSocketAddress source() {
    return source;
  }

  /** Null with {@link #source}. */
  @Nullable InetSocketAddress destination() {
    return destination;
  }

  byte @Nullable [] serverName() {
    return serverName;
  }

  /** False once the client's connection is closed. */
  public boolean isThere() {
    return channel.isActive();
  }

  /** Completes, on the event loop, when the client's connection is closed. */
  public ChannelFuture gone() {
    return channel.closeFuture();
  }
}
