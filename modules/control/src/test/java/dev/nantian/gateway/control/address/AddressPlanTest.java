package dev.nantian.gateway.control.address;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class AddressPlanTest {
  private static final AddressClaim.Port HTTP = new AddressClaim.Port("http", 80, "HTTP", "");

  @Test
  void withoutPoolGatewaysShareTheDefault() {
    AddressPlan plan = new AddressPlan(List.of(), List.of("127.0.0.1"));

    Map<String, AddressAssignment> assigned = plan.claim(claim("a/one", 1, HTTP));

    assertThat(assigned)
        .containsExactly(
            Map.entry("a/one", new AddressAssignment(List.of(), List.of("127.0.0.1"), Map.of())));
  }

  @Test
  void theYoungerOfTwoWithTheSamePortAndHostnameYields() {
    AddressPlan plan = new AddressPlan(List.of(), List.of());
    plan.claim(claim("a/young", 2, HTTP));

    Map<String, AddressAssignment> changed = plan.claim(claim("a/old", 1, HTTP));

    assertThat(of(changed, "a/old").refused()).isEmpty();
    assertThat(of(changed, "a/young").refused())
        .containsEntry("http", "port 80 hostname \"\": Gateway a/old has the same on this address");
  }

  @Test
  void differentHostnamesShareAPort() {
    AddressPlan plan = new AddressPlan(List.of(), List.of());
    plan.claim(claim("a/one", 1, HTTP));

    Map<String, AddressAssignment> changed =
        plan.claim(claim("a/two", 2, new AddressClaim.Port("http", 80, "HTTP", "b.example")));

    assertThat(of(changed, "a/two").refused()).isEmpty();
  }

  @Test
  void anotherProtocolOnThePortYields() {
    AddressPlan plan = new AddressPlan(List.of(), List.of());
    plan.claim(claim("a/one", 1, HTTP));

    Map<String, AddressAssignment> changed =
        plan.claim(claim("a/two", 1, new AddressClaim.Port("tls", 80, "HTTPS", "b.example")));

    assertThat(of(changed, "a/two").refused())
        .containsEntry("tls", "port 80 HTTPS: Gateway a/one has HTTP on this address and port");
  }

  @Test
  void whenTheOlderLeavesTheYoungerMovesIn() {
    AddressPlan plan = new AddressPlan(List.of(), List.of());
    plan.claim(claim("a/old", 1, HTTP));
    plan.claim(claim("a/young", 2, HTTP));

    Map<String, AddressAssignment> changed = plan.release("a/old");

    assertThat(of(changed, "a/young").refused()).isEmpty();
  }

  @Test
  void thePoolGivesEachItsOwnAndKeepsItStable() {
    AddressPlan plan =
        new AddressPlan(AddressPool.parse(List.of("127.0.0.8/30")), List.of("127.0.0.1"));
    plan.claim(claim("a/one", 5, HTTP));
    plan.claim(claim("a/two", 4, HTTP));
    plan.release("a/one");

    Map<String, AddressAssignment> changed = plan.claim(claim("a/three", 1, HTTP));

    assertThat(changed).containsOnlyKeys("a/three");
    assertThat(of(changed, "a/three").bind()).containsExactly("127.0.0.9");
    assertThat(of(changed, "a/three").reachable()).containsExactly("127.0.0.9");
    assertThat(of(plan.claim(claim("a/four", 9, HTTP)), "a/four"))
        .isEqualTo(new AddressAssignment(List.of(), List.of("127.0.0.1"), Map.of()));
  }

  @Test
  void aRequestedAddressIsNotGivenOutOfThePool() {
    AddressPlan plan = new AddressPlan(List.of("127.0.0.2", "127.0.0.3"), List.of());
    plan.claim(new AddressClaim("a/fixed", 1, List.of("127.0.0.2"), List.of(HTTP)));

    Map<String, AddressAssignment> changed = plan.claim(claim("a/any", 2, HTTP));

    assertThat(of(changed, "a/any").bind()).containsExactly("127.0.0.3");
  }

  @Test
  void whatIsNoPoolIsNamed() {
    assertThatThrownBy(() -> AddressPool.parse(List.of("10.0.0.0/4")))
        .hasMessage("address pool 10.0.0.0/4: expected a prefix length of 16 to 32");
    assertThatThrownBy(() -> AddressPool.parse(List.of("localhost")))
        .hasMessage("address pool localhost: expected an IP address or a CIDR block");
  }

  private static AddressAssignment of(Map<String, AddressAssignment> changed, String gateway) {
    return requireNonNull(changed.get(gateway));
  }

  private static AddressClaim claim(String gateway, long created, AddressClaim.Port... ports) {
    return new AddressClaim(gateway, created, List.of(), List.of(ports));
  }
}
