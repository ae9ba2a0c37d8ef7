package dev.nantian.gateway.control.address;

import java.util.List;
import java.util.Map;

/**
 * Decides on the addresses of all Gateways. Not thread-safe; one owner.
 *
 * <p>Every method returns the assignments that are new or have changed by it, by Gateway.
 */
public interface AddressBook {

  /** Sets or replaces a Gateway's claim. */
  Map<String, AddressAssignment> claim(AddressClaim claim);

  /** Takes a Gateway's claim away. */
  Map<String, AddressAssignment> release(String gateway);

  /** Takes note of what is before the proxies for a Gateway. By default that is nothing. */
  default Map<String, AddressAssignment> found(Frontage frontage) {
    return Map.of();
  }

  /** What was before the proxies for a Gateway is gone. */
  default Map<String, AddressAssignment> lost(String gateway) {
    return Map.of();
  }

  /**
   * Takes note of the hosts at which clients find the proxies. By default that changes nothing.
   *
   * @param addresses their IP addresses; empty if no proxy can be found now
   */
  default Map<String, AddressAssignment> hosts(List<String> addresses) {
    return Map.of();
  }
}
