package dev.nantian.gateway.proxy.config;

import dev.nantian.gateway.proxy.route.L4Target;
import java.net.InetSocketAddress;
import org.jspecify.annotations.Nullable;

/**
 * One address and port of a TCP or UDP listener. The same port may be open for both.
 *
 * @param address resolved address and port
 * @param listener {@code namespace/gateway/listener}
 * @param target where its connections or datagrams go; null while it has no route
 */
public record L4Socket(
    InetSocketAddress address, Protocol protocol, String listener, @Nullable L4Target target) {
  /** What is listened for. */
  public enum Protocol {
    TCP,
    UDP
  }
}
