package dev.nantian.gateway.control.schema;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** The rules between fields of a Gateway (Gateway API v1.5, GatewaySpec and Listener). */
final class GatewayRules {

  private static final Set<String> WITHOUT_TLS = Set.of("HTTP", "TCP", "UDP");
  private static final Set<String> WITHOUT_HOSTNAME = Set.of("TCP", "UDP");

  private GatewayRules() {}

  static void check(Field gateway) {
    Field spec = gateway.get("spec");
    List<Field> listeners = spec.get("listeners").items();
    listeners.forEach(GatewayRules::checkListener);
    Distinct.by("name", listeners, listener -> listener.get("name").text());
    checkDistinctListeners(listeners);
    Distinct.by(
        "port",
        spec.get("tls").get("frontend").get("perPort").items(),
        perPort -> perPort.get("port").node().asText());
    checkAddresses(spec.get("addresses").items());
  }

  static void checkListenerSet(Field set) {
    List<Field> listeners = set.get("spec").get("listeners").items();
    listeners.forEach(GatewayRules::checkListener);
    Distinct.by("name", listeners, listener -> listener.get("name").text());
    checkDistinctListeners(listeners);
  }

  private static void checkListener(Field listener) {
    String protocol = listener.get("protocol").text();
    Field tls = listener.get("tls");
    Field mode = tls.get("mode");
    if (WITHOUT_TLS.contains(protocol) && tls.present()) {
      tls.unexpected("no tls with protocol " + protocol);
    }
    if (protocol.equals("HTTPS") && tls.present() && !mode.is("Terminate")) {
      mode.unexpected("Terminate with protocol HTTPS");
    }
    if (protocol.equals("TLS") && !tls.present()) {
      tls.violated("missing (expected tls with protocol TLS)");
    }
    if (WITHOUT_HOSTNAME.contains(protocol) && listener.get("hostname").filled()) {
      listener.get("hostname").unexpected("no hostname with protocol " + protocol);
    }
    boolean forbidden = WITHOUT_TLS.contains(protocol);
    if (!forbidden
        && mode.is("Terminate")
        && !tls.get("certificateRefs").filled()
        && !tls.get("options").filled()) {
      tls.get("certificateRefs").violated("missing (expected a certificate with mode Terminate)");
    }
  }

  private static void checkDistinctListeners(List<Field> listeners) {
    Map<List<String>, Field> seen = new HashMap<>();
    for (Field listener : listeners) {
      String port = listener.get("port").node().asText();
      String protocol = listener.get("protocol").text();
      String hostname = listener.get("hostname").text();
      Field first = seen.putIfAbsent(List.of(port, protocol, hostname), listener);
      if (first != null) {
        listener.violated(
            "port "
                + port
                + ", protocol "
                + protocol
                + (hostname.isEmpty() ? " and no hostname" : " and hostname " + hostname)
                + " as in "
                + first.path()
                + " (expected each combination once)");
      }
    }
  }

  private static void checkAddresses(List<Field> addresses) {
    for (Field address : addresses) {
      Field value = address.get("value");
      if (address.get("type").is("IPAddress") && value.present() && !Addresses.isIp(value.text())) {
        value.unexpected("an IPv4 or IPv6 address");
      }
      if (address.get("type").is("Hostname")
          && value.filled()
          && !Addresses.isHostname(value.text())) {
        value.unexpected("a host name such as gateway.example.com");
      }
    }
    for (String type : List.of("IPAddress", "Hostname")) {
      List<Field> ofType =
          addresses.stream()
              .filter(address -> address.get("type").is(type) && address.get("value").present())
              .toList();
      Distinct.by("value", ofType, address -> address.get("value").text());
    }
  }
}
