package dev.nantian.gateway.proxy.takeover;

import dev.nantian.gateway.proxy.config.L4Socket.Protocol;
import java.net.InetAddress;
import java.net.InetSocketAddress;

/**
 * What both processes call a listening address.
 *
 * @param address as configured: port 0 stays 0, whatever port the system chose
 */
public record SocketKey(Protocol protocol, InetSocketAddress address) {
  private static final int MAX_PORT = 65_535;

  /**
   * Reads {@code tcp 0.0.0.0:80} or {@code udp [::]:53}.
   *
   * @throws IllegalArgumentException naming the text for anything else
   */
  static SocketKey parse(String protocol, String address) {
    int colon = address.lastIndexOf(':');
    try {
      String host = address.substring(0, Math.max(0, colon));
      if (host.startsWith("[") && host.endsWith("]")) {
        host = host.substring(1, host.length() - 1);
      }
      int port = Integer.parseInt(address.substring(colon + 1));
      if (port < 0 || port > MAX_PORT) {
        throw new IllegalArgumentException("port " + port);
      }
      return new SocketKey(
          switch (protocol) {
            case "tcp" -> Protocol.TCP;
            case "udp" -> Protocol.UDP;
            default -> throw new IllegalArgumentException("protocol " + protocol);
          },
          new InetSocketAddress(InetAddress.ofLiteral(host), port));
    } catch (IllegalArgumentException e) {
      throw new IllegalArgumentException(
          "'" + protocol + " " + address + "' (expected tcp or udp, IP:PORT)", e);
    }
  }

  /** As {@link #parse} reads it. */
  @Override
  public String toString() {
    String host = address.getAddress().getHostAddress();
    return (protocol == Protocol.TCP ? "tcp " : "udp ")
        + (host.indexOf(':') >= 0 ? "[" + host + "]" : host)
        + ":"
        + address.getPort();
  }
}
