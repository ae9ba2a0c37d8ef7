package dev.nantian.gateway.control.schema;

import java.util.List;

/** The rules between fields of a BackendTLSPolicy (Gateway API v1.5, BackendTLSPolicySpec). */
final class BackendTlsPolicyRules {
  private BackendTlsPolicyRules() {}

  static void check(Field policy) {
    Field validation = policy.get("spec").get("validation");
    boolean references = !validation.get("caCertificateRefs").items().isEmpty();
    boolean wellKnown = validation.get("wellKnownCACertificates").filled();
    if (references && wellKnown) {
      validation
          .get("wellKnownCACertificates")
          .violated("beside caCertificateRefs (expected one of the two)");
    } else if (!references && !wellKnown) {
      validation.violated(
          "no CA certificates (expected caCertificateRefs or wellKnownCACertificates)");
    }
    for (Field name : validation.get("subjectAltNames").items()) {
      boolean uri = name.get("type").is("URI");
      Field own = name.get(uri ? "uri" : "hostname");
      Field other = name.get(uri ? "hostname" : "uri");
      if (!own.filled()) {
        own.violated("missing (expected with type " + name.get("type").text() + ")");
      }
      if (other.filled()) {
        other.violated("set with type " + name.get("type").text() + " (expected not this field)");
      }
    }
    List<Field> targets = policy.get("spec").get("targetRefs").items();
    Distinct.by(
        "name",
        targets,
        target ->
            target.get("kind").text()
                + "/"
                + target.get("name").text()
                + "/"
                + target.get("sectionName").text());
  }
}
