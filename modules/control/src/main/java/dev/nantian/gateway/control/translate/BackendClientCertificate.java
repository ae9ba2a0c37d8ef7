package dev.nantian.gateway.control.translate;

import dev.nantian.gateway.control.source.Kind;
import dev.nantian.gateway.control.source.ResourceKey;
import io.fabric8.kubernetes.api.model.gatewayapi.v1.Gateway;
import io.fabric8.kubernetes.api.model.gatewayapi.v1.SecretObjectReference;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * The certificate that a Gateway shows to backends that are spoken to over TLS ({@code
 * spec.tls.backend.clientCertificateRef}, GEP-3155).
 *
 * @param secret that resolves
 * @param refusal if the reference does not
 */
record BackendClientCertificate(
    Optional<ResourceKey> secret, Optional<Refusal> refusal, Optional<Problem> problem) {
  private static final String PATH = "spec.tls.backend.clientCertificateRef";

  static Set<ResourceKey> dependencies(ResourceKey key, Gateway gateway) {
    SecretObjectReference reference = reference(gateway);
    if (reference == null || !ListenerCheck.isSecret(reference)) {
      return Set.of();
    }
    ResourceKey secret = ListenerCheck.secret(key, reference);
    return Set.of(secret, new ResourceKey(Kind.NAMESPACE, "", secret.namespace()));
  }

  static BackendClientCertificate of(ResourceKey key, Gateway gateway, Inputs inputs) {
    SecretObjectReference reference = reference(gateway);
    if (reference == null) {
      return new BackendClientCertificate(Optional.empty(), Optional.empty(), Optional.empty());
    }
    if (!ListenerCheck.isSecret(reference)) {
      return refused(
          "InvalidClientCertificateRef",
          Problem.error(
              PATH + ".kind",
              reference.getGroup()
                  + "/"
                  + reference.getKind()
                  + " (expected a Secret of the core group)"));
    }
    ResourceKey secret = ListenerCheck.secret(key, reference);
    if (!ListenerCheck.permitted(key, secret, inputs)) {
      return refused(
          "RefNotPermitted",
          Problem.error(
              PATH,
              secret
                  + ": no ReferenceGrant in namespace "
                  + secret.namespace()
                  + " permits Gateways of namespace "
                  + key.namespace()));
    }
    Fact.SecretFact fact = inputs.fact(secret, Fact.SecretFact.class);
    if (!fact.exists() || fact.invalid().isPresent()) {
      return refused(
          "InvalidClientCertificateRef",
          Problem.error(
              PATH + ".name",
              secret + fact.invalid().map(why -> " " + why).orElse(" does not exist")));
    }
    return new BackendClientCertificate(Optional.of(secret), Optional.empty(), Optional.empty());
  }

  private static BackendClientCertificate refused(String reason, Problem problem) {
    return new BackendClientCertificate(
        Optional.empty(),
        Optional.of(new Refusal(reason, problem.inMessage())),
        Optional.of(problem));
  }

  private static @Nullable SecretObjectReference reference(Gateway gateway) {
    return gateway.getSpec().getTls() == null || gateway.getSpec().getTls().getBackend() == null
        ? null
        : gateway.getSpec().getTls().getBackend().getClientCertificateRef();
  }
}
