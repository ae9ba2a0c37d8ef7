package dev.nantian.gateway.control.kubernetes.infrastructure;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;

import dev.nantian.gateway.control.address.AddressAssignment;
import dev.nantian.gateway.control.address.AddressClaim;
import dev.nantian.gateway.control.address.Frontage;
import dev.nantian.gateway.control.address.Frontage.Entrance;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Stream;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.constraints.Size;
import org.junit.jupiter.api.Test;

class ServiceBookTest {
  private final Map<String, WantedService> wanted = new HashMap<>();
  private final List<String> unwanted = new ArrayList<>();
  private final ServiceBook book =
      new ServiceBook(100, 199, s -> wanted.put(s.gateway(), s), unwanted::add);

  @Test
  void twoGatewaysAtOnePortGetDifferentTargets() {
    book.claim(claim("shop/a", 1, 80));
    book.claim(claim("shop/b", 2, 80));

    assertThat(target("shop/a", 80)).isNotEqualTo(target("shop/b", 80));
  }

  @Test
  void nothingIsAssignedBeforeTheServiceIsThere() {
    assertThat(book.claim(claim("shop/a", 1, 80))).isEmpty();
  }

  @Test
  void aListenerIsServedAtTheTargetThatTheServiceSays() {
    book.claim(claim("shop/a", 1, 80));

    Map<String, AddressAssignment> changed =
        book.found(frontage("shop/a", Map.of(80, 150), "192.0.2.7"));

    assertThat(changed.get("shop/a"))
        .isEqualTo(
            new AddressAssignment(
                List.of(),
                List.of("192.0.2.7"),
                Map.of(),
                Map.of("p80", 150),
                Set.of(),
                AddressAssignment.Missing.NOTHING));
    assertThat(target("shop/a", 80)).isEqualTo(150);
  }

  @Test
  void aRestartedControlPlaneKeepsWhatTheServicesSayWhateverComesFirst() {
    book.claim(claim("shop/a", 1, 80));
    book.found(frontage("shop/b", Map.of(80, 100), "192.0.2.8"));
    book.found(frontage("shop/a", Map.of(80, 101), "192.0.2.7"));
    book.claim(claim("shop/b", 2, 80));

    assertThat(target("shop/a", 80)).isEqualTo(101);
    assertThat(target("shop/b", 80)).isEqualTo(100);
  }

  @Test
  void ofTwoServicesThatSayTheSameTargetTheOlderGatewayHasIt() {
    book.claim(claim("shop/old", 1, 80));
    book.claim(claim("evil/new", 2, 80));
    book.found(frontage("shop/old", Map.of(80, 150), "192.0.2.7"));

    Map<String, AddressAssignment> changed =
        book.found(frontage("evil/new", Map.of(80, 150), "192.0.2.8"));

    assertThat(requireNonNull(changed.get("evil/new")).waiting()).containsExactly("p80");
    assertThat(target("evil/new", 80)).isNotEqualTo(150);
    assertThat(target("shop/old", 80)).isEqualTo(150);
  }

  @Test
  void aServiceWithoutAGatewayTakesNoTargetAway() {
    book.claim(claim("shop/a", 1, 80));
    book.found(frontage("shop/a", Map.of(80, 150), "192.0.2.7"));

    book.found(frontage("evil/ghost", Map.of(80, 150), "192.0.2.8"));

    assertThat(target("shop/a", 80)).isEqualTo(150);
  }

  @Test
  void aRequestedAddressThatIsNotGivenIsSaid() {
    book.claim(
        new AddressClaim("shop/a", 1, List.of("192.0.2.1"), List.of(port(80)), infrastructure()));

    AddressAssignment assignment =
        requireNonNull(book.found(frontage("shop/a", Map.of(80, 150), "192.0.2.7")).get("shop/a"));

    assertThat(assignment.missing().requested()).isTrue();
    assertThat(assignment.missing().message())
        .isEqualTo(
            "192.0.2.1: Service shop/a has 192.0.2.7 (expected the address that the Gateway asks"
                + " for)");
    assertThat(assignment.reachable()).isEmpty();
  }

  @Test
  void aServiceWithoutAnAddressOfItsOwnHasThoseOfHosts() {
    book.claim(claim("shop/a", 1, 80));
    book.found(nodePort("shop/a", 80, 150));

    AddressAssignment assignment =
        requireNonNull(book.hosts(List.of("10.0.0.1", "10.0.0.2")).get("shop/a"));

    assertThat(assignment.reachable()).containsExactly("10.0.0.1", "10.0.0.2");
    assertThat(assignment.bindPorts()).isEqualTo(Map.of("p80", 150));
    assertThat(assignment.missing()).isEqualTo(AddressAssignment.Missing.NOTHING);
  }

  @Test
  void whenNoHostIsLeftAnAddressIsMissingAndListenersStayWhereTheyAre() {
    book.claim(claim("shop/a", 1, 80));
    book.found(nodePort("shop/a", 80, 150));
    book.hosts(List.of("10.0.0.1"));

    AddressAssignment assignment = requireNonNull(book.hosts(List.of()).get("shop/a"));

    assertThat(assignment.missing().message()).isEqualTo("Service shop/a has no address yet");
    assertThat(assignment.bindPorts()).isEqualTo(Map.of("p80", 150));
  }

  @Test
  void aServiceThatIsLostTakesNothingDown() {
    book.claim(claim("shop/a", 1, 80));
    book.found(frontage("shop/a", Map.of(80, 150), "192.0.2.7"));

    assertThat(book.lost("shop/a")).isEmpty();
    assertThat(target("shop/a", 80)).isEqualTo(150);
  }

  @Test
  void aTargetThatWasLetGoIsNotTakenAgainAtOnce() {
    book.claim(claim("shop/a", 1, 80));
    int before = target("shop/a", 80);
    book.release("shop/a");

    book.claim(claim("shop/b", 2, 80));

    assertThat(target("shop/b", 80)).isNotEqualTo(before);
    assertThat(unwanted).containsExactly("shop/a");
  }

  @Property(tries = 100)
  void noTargetIsEverTwoGateways(
      @ForAll @Size(min = 1, max = 30) List<@IntRange(min = 0, max = 7) Integer> gateways,
      @ForAll @Size(min = 1, max = 5) List<@IntRange(min = 1, max = 9) Integer> ports) {
    for (int gateway : gateways) {
      int[] some = ports.stream().mapToInt(port -> port + gateway % 2).distinct().toArray();
      book.claim(claim("shop/g" + gateway, gateway, some));
      Map<Integer, Integer> said = new HashMap<>();
      requireNonNull(wanted.get("shop/g" + gateway))
          .targets()
          .forEach((in, out) -> said.put(in.port(), out));
      book.found(frontage("shop/g" + gateway, said, "192.0.2." + gateway));
    }

    List<Integer> all =
        wanted.values().stream().flatMap(service -> service.targets().values().stream()).toList();

    assertThat(all).doesNotHaveDuplicates().allMatch(port -> port >= 100 && port <= 199);
  }

  @Test
  void namesOfServicesAreNamesOfServices() {
    assertThat(service("front", "nantian").serviceName()).isEqualTo("front-nantian");
    assertThat(
            Stream.of(service("a.b", "c"), service("1st", "c"), service("x".repeat(200), "nantian"))
                .map(WantedService::serviceName))
        .allMatch(name -> name.length() <= 63 && name.matches("[a-z]([-a-z0-9]*[a-z0-9])?"))
        .doesNotHaveDuplicates();
  }

  private static WantedService service(String name, String gatewayClass) {
    return new WantedService(
        "shop/" + name,
        Map.of(),
        List.of(),
        new AddressClaim.Infrastructure("uid", gatewayClass, Map.of(), Map.of()));
  }

  private int target(String gateway, int port) {
    Integer target = requireNonNull(wanted.get(gateway)).targets().get(new Entrance(port, false));
    return target == null ? -1 : target;
  }

  private static AddressClaim claim(String gateway, long created, int... ports) {
    List<AddressClaim.Port> listeners = new ArrayList<>();
    for (int port : ports) {
      listeners.add(port(port));
    }
    return new AddressClaim(gateway, created, List.of(), listeners, infrastructure());
  }

  private static AddressClaim.Port port(int port) {
    return new AddressClaim.Port("p" + port, port, "HTTP", "");
  }

  private static AddressClaim.Infrastructure infrastructure() {
    return new AddressClaim.Infrastructure("uid", "nantian", Map.of(), Map.of());
  }

  private static Frontage nodePort(String gateway, int port, int target) {
    return new Frontage(
        gateway, "Service " + gateway, Map.of(new Entrance(port, false), target), List.of());
  }

  private static Frontage frontage(String gateway, Map<Integer, Integer> targets, String address) {
    Map<Entrance, Integer> entrances = new HashMap<>();
    targets.forEach((in, out) -> entrances.put(new Entrance(in, false), out));
    return new Frontage(gateway, "Service " + gateway, entrances, List.of(address));
  }
}
