package dev.nantian.gateway.control.kubernetes.infrastructure;

import dev.nantian.gateway.control.address.AddressAssignment;
import dev.nantian.gateway.control.address.AddressBook;
import dev.nantian.gateway.control.address.AddressClaim;
import dev.nantian.gateway.control.address.Frontage;
import dev.nantian.gateway.control.address.Frontage.Entrance;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Addresses of Gateways that have a Service each before proxies that all share.
 *
 * <p>Two Gateways that both listen at port 80 must not mix: each port of each Gateway gets a port
 * of its own at which the proxies listen (its target), and the Gateway's Service maps the one to
 * the other. What the Services say holds; here is chosen only what they do not say yet. So all
 * replicas of the control plane agree, and a restart changes nothing. If two Services claim one
 * target the older Gateway has it, whoever wrote that.
 *
 * <p>A target that was let go is taken again as late as possible: a connection that is still under
 * way to it must not meet another Gateway.
 */
public final class ServiceBook implements AddressBook {
  private final int firstTarget;
  private final int lastTarget;
  private final Consumer<WantedService> wanted;
  private final Consumer<String> unwanted;
  private final Map<String, AddressClaim> claims = new TreeMap<>();
  private final Map<String, Frontage> frontages = new TreeMap<>();
  private final Map<String, Map<Entrance, Integer>> chosen = new HashMap<>();
  private final Map<String, WantedService> told = new HashMap<>();
  private Map<String, AddressAssignment> assignments = new TreeMap<>();
  private List<String> hosts = List.of();
  private int cursor;

  /**
   * @param firstTarget first port at which proxies may listen for Gateways
   * @param lastTarget last one
   * @param wanted gets each Service that should be, when that changes
   * @param unwanted gets each Gateway whose Service is no longer needed
   */
  public ServiceBook(
      int firstTarget, int lastTarget, Consumer<WantedService> wanted, Consumer<String> unwanted) {
    this.firstTarget = firstTarget;
    this.lastTarget = lastTarget;
    this.wanted = wanted;
    this.unwanted = unwanted;
    this.cursor = firstTarget;
  }

  @Override
  public Map<String, AddressAssignment> claim(AddressClaim claim) {
    claims.put(claim.gateway(), claim);
    return settle();
  }

  @Override
  public Map<String, AddressAssignment> release(String gateway) {
    claims.remove(gateway);
    chosen.remove(gateway);
    if (told.remove(gateway) != null) {
      unwanted.accept(gateway);
    }
    return settle();
  }

  @Override
  public Map<String, AddressAssignment> found(Frontage frontage) {
    frontages.put(frontage.gateway(), frontage);
    return settle();
  }

  @Override
  public Map<String, AddressAssignment> lost(String gateway) {
    frontages.remove(gateway);
    return settle();
  }

  /** Services have no addresses of their own but those of hosts. */
  @Override
  public Map<String, AddressAssignment> hosts(List<String> addresses) {
    hosts = List.copyOf(addresses);
    return settle();
  }

  private List<String> addresses(Frontage frontage) {
    return hosts.isEmpty() ? frontage.addresses() : hosts;
  }

  private Map<String, AddressAssignment> settle() {
    Map<Integer, String> holders = holders();
    for (AddressClaim claim : byAge(claims.keySet()).stream().map(claims::get).toList()) {
      choose(claim, holders);
    }
    Map<String, AddressAssignment> next = new TreeMap<>();
    for (AddressClaim claim : claims.values()) {
      assignment(claim, holders).ifPresent(made -> next.put(claim.gateway(), made));
      WantedService service =
          new WantedService(
              claim.gateway(),
              chosen.getOrDefault(claim.gateway(), Map.of()),
              claim.requested(),
              claim.infrastructure());
      if (!service.equals(told.put(claim.gateway(), service))) {
        wanted.accept(service);
      }
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

  /** Who has which target, by what the Services say. */
  private Map<Integer, String> holders() {
    Map<Integer, String> holders = new HashMap<>();
    for (String gateway : byAge(frontages.keySet())) {
      Frontage frontage = frontages.get(gateway);
      if (frontage != null) {
        frontage.targets().values().stream()
            .filter(this::inRange)
            .forEach(target -> holders.putIfAbsent(target, gateway));
      }
    }
    return holders;
  }

  private boolean inRange(int target) {
    return target >= firstTarget && target <= lastTarget;
  }

  private List<String> byAge(Set<String> gateways) {
    List<String> ordered = new ArrayList<>(gateways);
    ordered.sort(
        (a, b) -> {
          int byCreation = Long.compare(created(a), created(b));
          return byCreation == 0 ? a.compareTo(b) : byCreation;
        });
    return ordered;
  }

  // A Service whose Gateway has made no claim is one of a restart or a deletion, or somebody's own:
  // its targets are left alone, but it takes none away.
  private long created(String gateway) {
    AddressClaim claim = claims.get(gateway);
    return claim == null ? Long.MAX_VALUE : claim.createdMillis();
  }

  private static Set<Entrance> entrances(AddressClaim claim) {
    Set<Entrance> entrances = new TreeSet<>();
    claim.listeners().forEach(listener -> entrances.add(entrance(listener)));
    return entrances;
  }

  private static Entrance entrance(AddressClaim.Port listener) {
    return new Entrance(listener.port(), listener.protocol().equals("UDP"));
  }

  private void choose(AddressClaim claim, Map<Integer, String> holders) {
    String gateway = claim.gateway();
    Map<Entrance, Integer> before = chosen.getOrDefault(gateway, Map.of());
    Frontage frontage = frontages.get(gateway);
    Map<Entrance, Integer> next = new HashMap<>();
    for (Entrance entrance : entrances(claim)) {
      @Nullable Integer written = frontage == null ? null : frontage.targets().get(entrance);
      @Nullable Integer target =
          usable(written, gateway, next, holders) ? written : before.get(entrance);
      if (!usable(target, gateway, next, holders)) {
        target = free(holders);
      }
      if (target != null) {
        next.put(entrance, target);
        holders.put(target, gateway);
      }
    }
    chosen.put(gateway, next);
  }

  private boolean usable(
      @Nullable Integer target,
      String gateway,
      Map<Entrance, Integer> taken,
      Map<Integer, String> holders) {
    return target != null
        && inRange(target)
        && !taken.containsValue(target)
        && holders.getOrDefault(target, gateway).equals(gateway);
  }

  private @Nullable Integer free(Map<Integer, String> holders) {
    for (int tried = 0; tried <= lastTarget - firstTarget; tried++) {
      int candidate = cursor;
      cursor = cursor == lastTarget ? firstTarget : cursor + 1;
      if (!holders.containsKey(candidate)) {
        return candidate;
      }
    }
    return null;
  }

  private Optional<AddressAssignment> assignment(AddressClaim claim, Map<Integer, String> holders) {
    Frontage frontage = frontages.get(claim.gateway());
    if (frontage == null && claim.listeners().isEmpty()) {
      return Optional.of(
          new AddressAssignment(
              List.of(),
              List.of(),
              Map.of(),
              Map.of(),
              Set.of(),
              new AddressAssignment.Missing(
                  "no listener can be served, so nothing is before the proxies", false)));
    }
    if (frontage == null) {
      // What serves goes on serving while its Service is made anew.
      return Optional.ofNullable(assignments.get(claim.gateway()));
    }
    Map<String, Integer> bindPorts = new HashMap<>();
    Set<String> waiting = new HashSet<>();
    for (AddressClaim.Port listener : claim.listeners()) {
      Integer target = frontage.targets().get(entrance(listener));
      if (target != null && claim.gateway().equals(holders.get(target))) {
        bindPorts.put(listener.listener(), target);
      } else {
        waiting.add(listener.listener());
      }
    }
    List<String> reachable =
        addresses(frontage).stream()
            .filter(address -> claim.requested().isEmpty() || claim.requested().contains(address))
            .toList();
    return Optional.of(
        new AddressAssignment(
            List.of(), reachable, Map.of(), bindPorts, waiting, missing(claim, frontage)));
  }

  private AddressAssignment.Missing missing(AddressClaim claim, Frontage frontage) {
    List<String> addresses = addresses(frontage);
    for (String requested : claim.requested()) {
      if (!addresses.contains(requested)) {
        return new AddressAssignment.Missing(
            requested
                + ": "
                + frontage.name()
                + " has "
                + (addresses.isEmpty() ? "no address" : String.join(", ", addresses))
                + " (expected the address that the Gateway asks for)",
            true);
      }
    }
    return addresses.isEmpty()
        ? new AddressAssignment.Missing(frontage.name() + " has no address yet", false)
        : AddressAssignment.Missing.NOTHING;
  }
}
