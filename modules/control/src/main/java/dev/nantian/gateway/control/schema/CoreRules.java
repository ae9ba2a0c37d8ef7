package dev.nantian.gateway.control.schema;

import java.util.Base64;
import java.util.List;

/**
 * The rules between fields of Kubernetes' own kinds, as the API reference of Kubernetes states
 * them.
 */
final class CoreRules {

  private CoreRules() {}

  static void checkService(Field service) {
    Field spec = service.get("spec");
    boolean external = spec.get("type").is("ExternalName");
    if (external && !spec.get("externalName").filled()) {
      spec.get("externalName").violated("missing (expected a DNS name with type ExternalName)");
    }
    List<Field> ports = spec.get("ports").items();
    boolean headless = spec.get("clusterIP").is("None");
    if (ports.isEmpty() && !external && !headless) {
      spec.get("ports").violated("no port (expected at least one)");
    }
    if (ports.size() > 1) {
      for (Field port : ports) {
        if (!port.get("name").filled()) {
          port.get("name").violated("missing (expected a name for each of several ports)");
        }
      }
    }
    Distinct.by("name", ports, port -> port.get("name").text());
    Distinct.by(
        "port",
        ports,
        port -> port.get("protocol").text() + " " + port.get("port").node().asText());
  }

  static void checkEndpointSlice(Field slice) {
    String type = slice.get("addressType").text();
    for (Field endpoint : slice.get("endpoints").items()) {
      for (Field address : endpoint.get("addresses").items()) {
        boolean fits =
            switch (type) {
              case "IPv4" -> Addresses.isIpv4(address.text());
              case "IPv6" -> Addresses.isIpv6(address.text());
              default -> true;
            };
        if (!fits && address.node().isTextual()) {
          address.unexpected("an " + type + " address, by addressType");
        }
      }
    }
    List<Field> ports = slice.get("ports").items();
    Distinct.by("name", ports, port -> ports.size() > 1 ? "name " + port.get("name").text() : "");
  }

  static void checkSecret(Field secret) {
    checkBase64(secret.get("data"));
    if (secret.get("type").is("kubernetes.io/tls")) {
      for (String key : List.of("tls.crt", "tls.key")) {
        boolean present =
            secret.get("data").get(key).present() || secret.get("stringData").get(key).present();
        if (!present) {
          secret.get("data").get(key).violated("missing (expected with type kubernetes.io/tls)");
        }
      }
    }
  }

  static void checkConfigMap(Field configMap) {
    checkBase64(configMap.get("binaryData"));
    for (Field entry : configMap.get("binaryData").entries()) {
      String key = entry.path().substring("binaryData".length());
      if (configMap.get("data").entries().stream()
          .anyMatch(text -> text.path().equals("data" + key))) {
        entry.violated("also in data (expected each key once)");
      }
    }
  }

  /**
   * Line breaks are allowed, as in a block of text. The value may be secret and is never repeated.
   */
  private static void checkBase64(Field data) {
    for (Field entry : data.entries()) {
      if (!entry.node().isTextual()) {
        continue;
      }
      try {
        Base64.getDecoder().decode(entry.text().replaceAll("[\\r\\n]", ""));
      } catch (IllegalArgumentException e) {
        entry.violated("not base64 (expected base64; text goes into stringData)");
      }
    }
  }
}
