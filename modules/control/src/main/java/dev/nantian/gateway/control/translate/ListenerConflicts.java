package dev.nantian.gateway.control.translate;

import io.fabric8.kubernetes.api.model.gatewayapi.v1.Listener;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** Which listeners exclude each other (Gateway API, {@code Gateway.spec.listeners}). */
final class ListenerConflicts {
  private ListenerConflicts() {}

  /**
   * Conflicts within one Gateway, where none of the listeners wins.
   *
   * @return ProtocolConflict or HostnameConflict by listener name
   */
  static Map<String, String> find(List<Listener> listeners) {
    Map<String, String> conflicts = new HashMap<>();
    for (int i = 0; i < listeners.size(); i++) {
      for (int j = 0; j < listeners.size(); j++) {
        if (i != j) {
          Listener a = listeners.get(i);
          Listener b = listeners.get(j);
          String conflict =
              between(
                  a.getProtocol(),
                  a.getPort(),
                  Hostnames.normal(a.getHostname()),
                  b.getProtocol(),
                  b.getPort(),
                  Hostnames.normal(b.getHostname()));
          if (!conflict.isEmpty()) {
            conflicts.merge(a.getName(), conflict, (x, y) -> x.equals("ProtocolConflict") ? x : y);
          }
        }
      }
    }
    return conflicts;
  }

  /** ProtocolConflict, HostnameConflict, or empty. A TCP and a UDP socket may share a port. */
  static String between(
      String protocolA, int portA, String hostA, String protocolB, int portB, String hostB) {
    if (portA != portB || protocolA.equals("UDP") != protocolB.equals("UDP")) {
      return "";
    }
    if (!opening(protocolA).equals(opening(protocolB))) {
      return "ProtocolConflict";
    }
    return hostA.equals(hostB) ? "HostnameConflict" : "";
  }

  /** HTTPS and TLS both begin with a server name, which tells them apart on one port. */
  private static String opening(String protocol) {
    return protocol.equals("HTTPS") ? "TLS" : protocol;
  }
}
