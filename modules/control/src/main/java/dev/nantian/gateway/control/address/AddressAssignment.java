package dev.nantian.gateway.control.address;

import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * What a Gateway gets.
 *
 * @param bind addresses to bind; empty: the proxy's own bind address, which Gateways share
 * @param reachable addresses or hostnames at which clients find it, for its status
 * @param refused by listener, why it may not be served: another Gateway has the place
 * @param bindPorts by listener, where proxies listen for it if not at its own port
 * @param waiting listeners that have no place yet and will get one
 * @param missing why it cannot be reached (yet); empty if it can
 */
public record AddressAssignment(
    List<String> bind,
    List<String> reachable,
    Map<String, String> refused,
    Map<String, Integer> bindPorts,
    Set<String> waiting,
    Missing missing) {
  public AddressAssignment {
    bind = List.copyOf(bind);
    reachable = List.copyOf(reachable);
    refused = Map.copyOf(refused);
    bindPorts = Map.copyOf(bindPorts);
    waiting = Set.copyOf(waiting);
  }

  /** Listeners are served at their own ports, by addresses that are there. */
  public AddressAssignment(List<String> bind, List<String> reachable, Map<String, String> refused) {
    this(bind, reachable, refused, Map.of(), Set.of(), Missing.NOTHING);
  }

  /**
   * Why a Gateway has no address, or not the one that it asks for.
   *
   * @param message empty if nothing is missing
   * @param requested whether it is an address that the Gateway asks for
   */
  public record Missing(String message, boolean requested) {
    public static final Missing NOTHING = new Missing("", false);
  }
}
