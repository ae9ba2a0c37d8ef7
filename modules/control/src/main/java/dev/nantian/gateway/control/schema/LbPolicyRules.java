package dev.nantian.gateway.control.schema;

/** The rules between fields of a BackendLBPolicy. */
final class LbPolicyRules {
  private LbPolicyRules() {}

  static void check(Field policy) {
    Field spec = policy.get("spec");
    Distinct.by("name", spec.get("targetRefs").items(), target -> target.get("name").text());
    Field balancing = spec.get("loadBalancing");
    Field hash = balancing.get("consistentHash");
    boolean hashes = balancing.get("type").text().equals("ConsistentHash");
    if (hash.present() && !hashes) {
      hash.violated("set (expected only with type ConsistentHash)");
    }
    if (hashes && !hash.present()) {
      hash.violated("missing (expected with type ConsistentHash)");
    }
    if (hash.present()) {
      checkName(hash, "Header", "headerName");
      checkName(hash, "Cookie", "cookieName");
    }
    HttpRouteRules.checkSessionPersistence(spec.get("sessionPersistence"));
    Field check = spec.get("healthCheck");
    if (check.present()) {
      checkProbe(check, "HTTP", "http");
      checkProbe(check, "GRPC", "grpc");
    }
    Field proxyProtocol = spec.get("proxyProtocol");
    Integer version = proxyProtocol.get("version").integer();
    if (version != null && version == 1 && proxyProtocol.get("extensions").filled()) {
      proxyProtocol.get("extensions").violated("set (expected only with version 2)");
    }
    Field outliers = spec.get("outlierDetection");
    if (outliers.get("consecutiveSlow").present() && !outliers.get("slow").present()) {
      outliers.get("slow").violated("missing (expected with consecutiveSlow)");
    }
  }

  private static void checkName(Field hash, String keyType, String name) {
    boolean wanted = hash.get("keyType").text().equals(keyType);
    if (wanted != hash.get(name).present()) {
      hash.get(name)
          .violated(
              wanted
                  ? "missing (expected with keyType " + keyType + ")"
                  : "set (expected only with keyType " + keyType + ")");
    }
  }

  private static void checkProbe(Field check, String type, String field) {
    if (check.get(field).present() && !check.get("type").text().equals(type)) {
      check.get(field).violated("set (expected only with type " + type + ")");
    }
  }
}
