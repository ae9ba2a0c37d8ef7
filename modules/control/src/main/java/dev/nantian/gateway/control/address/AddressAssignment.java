package dev.nantian.gateway.control.address;

import java.util.List;
import java.util.Map;

/**
 * What a Gateway gets.
 *
 * @param bind addresses to bind; empty: the proxy's own bind address, which Gateways share
 * @param reachable addresses at which clients find it, for its status
 * @param refused by listener, why it may not be served: another Gateway has the place
 */
public record AddressAssignment(
    List<String> bind, List<String> reachable, Map<String, String> refused) {
  public AddressAssignment {
    bind = List.copyOf(bind);
    reachable = List.copyOf(reachable);
    refused = Map.copyOf(refused);
  }
}
