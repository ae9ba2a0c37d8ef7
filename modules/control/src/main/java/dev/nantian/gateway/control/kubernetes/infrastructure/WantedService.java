package dev.nantian.gateway.control.kubernetes.infrastructure;

import dev.nantian.gateway.control.address.AddressClaim;
import dev.nantian.gateway.control.address.Frontage;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * The Service that a Gateway should have.
 *
 * @param gateway {@code namespace/name}
 * @param targets where the proxies listen, by the port that clients connect to
 * @param requested addresses that the Gateway asks for
 */
record WantedService(
    String gateway,
    SortedMap<Frontage.Entrance, Integer> targets,
    List<String> requested,
    AddressClaim.Infrastructure infrastructure) {

  // Kubernetes, "Object names and IDs", RFC 1035 label names.
  private static final int LONGEST_NAME = 63;

  WantedService(
      String gateway,
      Map<Frontage.Entrance, Integer> targets,
      List<String> requested,
      AddressClaim.Infrastructure infrastructure) {
    this(gateway, new TreeMap<>(targets), List.copyOf(requested), infrastructure);
  }

  String namespace() {
    return gateway.substring(0, gateway.indexOf('/'));
  }

  String gatewayName() {
    return gateway.substring(gateway.indexOf('/') + 1);
  }

  /**
   * The Service's name: {@code GATEWAY-CLASS} (GEP-1762), shortened and made unique by a hash if
   * that is no name of a Service.
   */
  String serviceName() {
    String plain = gatewayName() + "-" + infrastructure.gatewayClass();
    if (plain.length() <= LONGEST_NAME && plain.matches("[a-z]([-a-z0-9]*[a-z0-9])?")) {
      return plain;
    }
    String cleaned = plain.replaceAll("[^-a-z0-9]", "-");
    String lettered = Character.isLetter(cleaned.charAt(0)) ? cleaned : "g-" + cleaned;
    String hash = String.format("%08x", plain.hashCode());
    int room = LONGEST_NAME - hash.length() - 1;
    return lettered.substring(0, Math.min(room, lettered.length())) + "-" + hash;
  }
}
