package dev.nantian.gateway.control.address;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;

/**
 * Gives every Gateway its addresses: those that it asks for, else the next free one of the pool,
 * else the shared default. Not thread-safe; one owner.
 *
 * <p>An address that a Gateway was given stays its own as long as it exists. On an address that
 * Gateways share, a port carries one protocol, and a hostname of a port belongs to one Gateway: the
 * older one (creation time, then namespace/name). The younger one's listener is refused.
 */
public final class AddressPlan implements AddressBook {
  // Key of the shared default among addresses.
  private static final String SHARED = "";
  private static final Comparator<AddressClaim> OLDEST_FIRST =
      Comparator.comparingLong(AddressClaim::createdMillis).thenComparing(AddressClaim::gateway);

  private final List<String> pool;
  private final List<String> sharedReachable;
  private final Map<String, AddressClaim> claims = new TreeMap<>();
  private final Map<String, String> fromPool = new HashMap<>();
  private Map<String, AddressAssignment> assignments = new TreeMap<>();

  /**
   * @param pool addresses to give out, in this order; may be empty
   * @param sharedReachable where clients find a Gateway that has only the shared default
   */
  public AddressPlan(List<String> pool, List<String> sharedReachable) {
    this.pool = List.copyOf(pool);
    this.sharedReachable = List.copyOf(sharedReachable);
  }

  /**
   * Sets or replaces a Gateway's claim. The cost is that of all Gateways, which are few.
   *
   * @return the assignments that are new or have changed
   */
  @Override
  public Map<String, AddressAssignment> claim(AddressClaim claim) {
    claims.put(claim.gateway(), claim);
    return reassign();
  }

  /**
   * Takes a Gateway's claim away.
   *
   * @return the assignments of others that have changed
   */
  @Override
  public Map<String, AddressAssignment> release(String gateway) {
    claims.remove(gateway);
    fromPool.remove(gateway);
    return reassign();
  }

  private Map<String, AddressAssignment> reassign() {
    Map<String, Map<String, PortUse>> uses = new HashMap<>();
    Map<String, AddressAssignment> next = new TreeMap<>();
    List<AddressClaim> ordered = new ArrayList<>(claims.values());
    ordered.sort(OLDEST_FIRST);
    for (AddressClaim claim : ordered) {
      List<String> bind = addresses(claim);
      Map<String, String> refused = new HashMap<>();
      for (AddressClaim.Port port : claim.listeners()) {
        List<PortUse> places = new ArrayList<>();
        for (String address : bind.isEmpty() ? List.of(SHARED) : bind) {
          places.add(
              uses.computeIfAbsent(address, ignored -> new HashMap<>())
                  .computeIfAbsent(port.socket(), ignored -> new PortUse(port)));
        }
        String refusal =
            places.stream()
                .map(place -> place.refusal(claim.gateway(), port))
                .filter(text -> !text.isEmpty())
                .findFirst()
                .orElse("");
        if (refusal.isEmpty()) {
          places.forEach(place -> place.take(claim.gateway(), port));
        } else {
          refused.put(port.listener(), refusal);
        }
      }
      next.put(
          claim.gateway(),
          new AddressAssignment(bind, bind.isEmpty() ? sharedReachable : bind, refused));
    }
    Map<String, AddressAssignment> changed = new TreeMap<>();
    next.forEach(
        (gateway, assignment) -> {
          if (!assignment.equals(assignments.get(gateway))) {
            changed.put(gateway, assignment);
          }
        });
    assignments = next;
    return changed;
  }

  private List<String> addresses(AddressClaim claim) {
    if (!claim.requested().isEmpty()) {
      fromPool.remove(claim.gateway());
      return claim.requested();
    }
    String own = fromPool.get(claim.gateway());
    if (own != null) {
      return List.of(own);
    }
    Set<String> taken = new HashSet<>(fromPool.values());
    claims.values().forEach(other -> taken.addAll(other.requested()));
    for (String address : pool) {
      if (!taken.contains(address)) {
        fromPool.put(claim.gateway(), address);
        return List.of(address);
      }
    }
    return List.of();
  }

  /** Who has what of one port of one address. */
  private static final class PortUse {
    private final AddressClaim.Port opener;
    private final Map<String, String> gatewayByHostname = new HashMap<>();
    private String first = "";

    private PortUse(AddressClaim.Port opener) {
      this.opener = opener;
    }

    private String refusal(String gateway, AddressClaim.Port port) {
      if (!opener.opening().equals(port.opening())) {
        return "port "
            + port.port()
            + " "
            + port.protocol()
            + ": Gateway "
            + first
            + " has "
            + opener.protocol()
            + " on this address and port";
      }
      String holder = gatewayByHostname.get(port.hostname());
      return holder == null || holder.equals(gateway)
          ? ""
          : "port "
              + port.port()
              + " hostname \""
              + port.hostname()
              + "\": Gateway "
              + holder
              + " has the same on this address";
    }

    private void take(String gateway, AddressClaim.Port port) {
      if (first.isEmpty()) {
        first = gateway;
      }
      gatewayByHostname.put(port.hostname(), gateway);
    }
  }
}
