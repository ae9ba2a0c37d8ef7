package dev.nantian.gateway.control.kubernetes.infrastructure;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;

import dev.nantian.gateway.control.address.AddressAssignment;
import dev.nantian.gateway.control.address.AddressClaim;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class HostBookTest {
  private final HostBook book = new HostBook();

  @Test
  void everyGatewayHasTheAddressesOfAllHosts() {
    book.claim(claim("shop/a", 1, "a.example"));
    book.claim(claim("shop/b", 2, "b.example"));

    Map<String, AddressAssignment> changed = book.hosts(List.of("10.0.0.1", "10.0.0.2"));

    assertThat(changed).hasSize(2);
    assertThat(changed.values())
        .containsOnly(new AddressAssignment(List.of(), List.of("10.0.0.1", "10.0.0.2"), Map.of()));
  }

  @Test
  void withoutAHostAnAddressIsMissing() {
    AddressAssignment assignment =
        requireNonNull(book.claim(claim("shop/a", 1, "a.example")).get("shop/a"));

    assertThat(assignment.missing())
        .isEqualTo(
            new AddressAssignment.Missing("no host with a ready proxy has an address yet", false));
  }

  @Test
  void theSameHostsChangeNothing() {
    book.claim(claim("shop/a", 1, "a.example"));
    book.hosts(List.of("10.0.0.1"));

    assertThat(book.hosts(List.of("10.0.0.1"))).isEmpty();
  }

  @Test
  void ofTwoGatewaysThatWantOnePortAndHostnameTheOlderHasItUntilItIsReleased() {
    book.hosts(List.of("10.0.0.1"));
    book.claim(claim("shop/new", 2, "a.example"));
    Map<String, AddressAssignment> refused = book.claim(claim("shop/old", 1, "a.example"));

    Map<String, AddressAssignment> after = book.release("shop/old");

    assertThat(requireNonNull(refused.get("shop/new")).refused()).containsOnlyKeys("http");
    assertThat(requireNonNull(after.get("shop/new")).refused()).isEmpty();
  }

  @Test
  void anAddressThatIsAskedForIsNamedAloneAndNotBound() {
    book.hosts(List.of("10.0.0.1", "10.0.0.2"));

    AddressAssignment assignment =
        requireNonNull(book.claim(claim("shop/a", 1, "", "10.0.0.2")).get("shop/a"));

    assertThat(assignment)
        .isEqualTo(new AddressAssignment(List.of(), List.of("10.0.0.2"), Map.of()));
  }

  @Test
  void anAddressOfNoHostIsSaid() {
    book.hosts(List.of("10.0.0.1"));

    AddressAssignment assignment =
        requireNonNull(book.claim(claim("shop/a", 1, "", "192.0.2.9")).get("shop/a"));

    assertThat(assignment.reachable()).isEmpty();
    assertThat(assignment.missing())
        .isEqualTo(
            new AddressAssignment.Missing(
                "192.0.2.9: the hosts of the proxies have 10.0.0.1 (expected one of their"
                    + " addresses)",
                true));
  }

  private static AddressClaim claim(
      String gateway, long created, String hostname, String... requested) {
    return new AddressClaim(
        gateway,
        created,
        List.of(requested),
        List.of(new AddressClaim.Port("http", 80, "HTTP", hostname)));
  }
}
