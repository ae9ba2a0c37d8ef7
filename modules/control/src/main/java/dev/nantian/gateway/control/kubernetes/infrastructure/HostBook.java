package dev.nantian.gateway.control.kubernetes.infrastructure;

import dev.nantian.gateway.control.address.AddressAssignment;
import dev.nantian.gateway.control.address.AddressBook;
import dev.nantian.gateway.control.address.AddressClaim;
import dev.nantian.gateway.control.address.AddressPlan;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * Addresses of Gateways that share the network of the proxies' hosts: each has the addresses of all
 * of them. Ports and hostnames are shared as {@link AddressPlan} has it, so every replica of the
 * control plane comes to the same.
 *
 * <p>A Gateway may ask for some of these addresses; its status then names only those. Proxies bind
 * them all: an address of one host cannot be bound on another.
 */
public final class HostBook implements AddressBook {
  private final AddressPlan shares = new AddressPlan(List.of(), List.of());
  private final Map<String, AddressClaim> claims = new TreeMap<>();
  private final Map<String, AddressAssignment> shared = new HashMap<>();
  private Map<String, AddressAssignment> assignments = new TreeMap<>();
  private List<String> hosts = List.of();

  @Override
  public Map<String, AddressAssignment> claim(AddressClaim claim) {
    claims.put(claim.gateway(), claim);
    shared.putAll(
        shares.claim(
            new AddressClaim(
                claim.gateway(),
                claim.createdMillis(),
                List.of(),
                claim.listeners(),
                claim.infrastructure())));
    return settle();
  }

  @Override
  public Map<String, AddressAssignment> release(String gateway) {
    claims.remove(gateway);
    shared.remove(gateway);
    shared.putAll(shares.release(gateway));
    return settle();
  }

  @Override
  public Map<String, AddressAssignment> hosts(List<String> addresses) {
    hosts = List.copyOf(addresses);
    return settle();
  }

  private Map<String, AddressAssignment> settle() {
    Map<String, AddressAssignment> next = new TreeMap<>();
    Map<String, AddressAssignment> changed = new TreeMap<>();
    for (AddressClaim claim : claims.values()) {
      AddressAssignment place = shared.get(claim.gateway());
      if (place == null) {
        continue;
      }
      AddressAssignment assignment =
          new AddressAssignment(
              place.bind(),
              hosts.stream()
                  .filter(host -> claim.requested().isEmpty() || claim.requested().contains(host))
                  .toList(),
              place.refused(),
              place.bindPorts(),
              place.waiting(),
              missing(claim));
      next.put(claim.gateway(), assignment);
      if (!assignment.equals(assignments.get(claim.gateway()))) {
        changed.put(claim.gateway(), assignment);
      }
    }
    assignments = next;
    return changed;
  }

  private AddressAssignment.Missing missing(AddressClaim claim) {
    for (String requested : claim.requested()) {
      if (!hosts.contains(requested)) {
        return new AddressAssignment.Missing(
            requested
                + ": the hosts of the proxies have "
                + (hosts.isEmpty() ? "no address" : String.join(", ", hosts))
                + " (expected one of their addresses)",
            true);
      }
    }
    return hosts.isEmpty()
        ? new AddressAssignment.Missing("no host with a ready proxy has an address yet", false)
        : AddressAssignment.Missing.NOTHING;
  }
}
