package dev.nantian.gateway.control.address;

import java.util.List;
import java.util.Map;

/**
 * What is before the proxies for one Gateway, as it is: a Kubernetes Service.
 *
 * @param gateway {@code namespace/name}
 * @param name how a person finds it: {@code Service shop/front}
 * @param targets where the proxies listen, by what clients connect to
 * @param addresses IP addresses and hostnames at which clients find it; empty if it has none yet
 */
public record Frontage(
    String gateway, String name, Map<Entrance, Integer> targets, List<String> addresses) {
  public Frontage {
    targets = Map.copyOf(targets);
    addresses = List.copyOf(addresses);
  }

  /**
   * A port that clients connect to.
   *
   * @param udp else TCP
   */
  public record Entrance(int port, boolean udp) implements Comparable<Entrance> {
    @Override
    public int compareTo(Entrance other) {
      int byPort = Integer.compare(port, other.port);
      return byPort == 0 ? Boolean.compare(udp, other.udp) : byPort;
    }

    @Override
    public String toString() {
      return (udp ? "udp-" : "tcp-") + port;
    }
  }
}
