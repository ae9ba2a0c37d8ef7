package dev.nantian.gateway.control.address;

import java.util.List;

/**
 * What a Gateway wants.
 *
 * @param gateway {@code namespace/name}
 * @param createdMillis decides who came first
 * @param requested IP addresses of its spec; empty if it takes what it gets
 * @param listeners those that would be served
 */
public record AddressClaim(
    String gateway, long createdMillis, List<String> requested, List<Port> listeners) {
  public AddressClaim {
    requested = List.copyOf(requested);
    listeners = List.copyOf(listeners);
  }

  /**
   * A listener's claim.
   *
   * @param protocol one socket carries one protocol
   * @param hostname normal form; empty for every hostname
   */
  public record Port(String listener, int port, String protocol, String hostname) {}
}
