package dev.nantian.gateway.proxy.config;

import io.netty.util.NetUtil;
import java.net.InetSocketAddress;

/**
 * One address of a backend. Two endpoints of the same address are equal: upstream pools are keyed
 * by endpoint and so survive a new configuration.
 *
 * @param address resolved address and port
 */
public record Endpoint(InetSocketAddress address) {
  public Endpoint {
    if (address.isUnresolved()) {
      throw new IllegalArgumentException("endpoint " + address + ": not resolved");
    }
  }

  /** {@code address:port}, IPv6 in brackets. */
  public String text() {
    return NetUtil.toSocketAddressString(address);
  }
}
