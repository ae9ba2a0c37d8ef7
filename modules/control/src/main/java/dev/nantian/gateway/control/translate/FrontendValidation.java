package dev.nantian.gateway.control.translate;

import static dev.nantian.gateway.control.translate.Conditions.orEmpty;

import dev.nantian.gateway.control.source.ResourceKey;
import dev.nantian.gateway.protocol.config.v1.ClientValidation;
import io.fabric8.kubernetes.api.model.gatewayapi.v1.FrontendTLSConfig;
import io.fabric8.kubernetes.api.model.gatewayapi.v1.FrontendTLSValidation;
import io.fabric8.kubernetes.api.model.gatewayapi.v1.Gateway;
import io.fabric8.kubernetes.api.model.gatewayapi.v1.TLSConfig;
import io.fabric8.kubernetes.api.model.gatewayapi.v1.TLSPortConfig;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/**
 * What a Gateway asks of the certificates of its HTTPS listeners' clients ({@code
 * spec.tls.frontend}, GEP-91 and GEP-3567): one configuration for all ports, which one of its own
 * replaces for a port.
 */
final class FrontendValidation {
  private static final String INSECURE = "AllowInsecureFallback";

  /**
   * What holds for one port.
   *
   * @param notAccepted no CA certificate is valid: without the check the listener would be open
   * @param notResolved a reference does not resolve
   * @param message empty if clients are not asked
   */
  record Outcome(
      Optional<Refusal> notAccepted,
      Optional<Refusal> notResolved,
      Optional<ClientValidation> message) {
    static final Outcome NOT_ASKED =
        new Outcome(Optional.empty(), Optional.empty(), Optional.empty());
  }

  private final Outcome everywhere;
  private final Map<Integer, Outcome> ports;
  private final boolean insecure;
  private final List<Problem> problems;

  private FrontendValidation(
      Outcome everywhere, Map<Integer, Outcome> ports, boolean insecure, List<Problem> problems) {
    this.everywhere = everywhere;
    this.ports = ports;
    this.insecure = insecure;
    this.problems = problems;
  }

  static Set<ResourceKey> dependencies(ResourceKey key, Gateway gateway) {
    Set<ResourceKey> dependencies = new TreeSet<>();
    FrontendTLSConfig frontend = frontend(gateway);
    if (frontend != null) {
      dependencies.addAll(dependencies(key, validation(frontend.getDefault())));
      for (TLSPortConfig port : orEmpty(frontend.getPerPort())) {
        dependencies.addAll(dependencies(key, validation(port.getTls())));
      }
    }
    return dependencies;
  }

  private static Set<ResourceKey> dependencies(
      ResourceKey key, @Nullable FrontendTLSValidation validation) {
    return validation == null
        ? Set.of()
        : CaCertificates.dependencies(key, references(key, validation));
  }

  static FrontendValidation of(ResourceKey key, Gateway gateway, Inputs inputs) {
    FrontendTLSConfig frontend = frontend(gateway);
    Map<Integer, Outcome> ports = new HashMap<>();
    List<Problem> problems = new ArrayList<>();
    if (frontend == null) {
      return new FrontendValidation(Outcome.NOT_ASKED, ports, false, problems);
    }
    String path = "spec.tls.frontend";
    FrontendTLSValidation general = validation(frontend.getDefault());
    boolean insecure = isInsecure(general);
    Outcome everywhere = resolve(key, path + ".default.validation", general, inputs, problems);
    List<TLSPortConfig> perPort = orEmpty(frontend.getPerPort());
    for (int i = 0; i < perPort.size(); i++) {
      FrontendTLSValidation own = validation(perPort.get(i).getTls());
      insecure |= isInsecure(own);
      ports.put(
          perPort.get(i).getPort(),
          resolve(key, path + ".perPort[" + i + "].tls.validation", own, inputs, problems));
    }
    return new FrontendValidation(everywhere, ports, insecure, problems);
  }

  /** What holds for an HTTPS listener on a port, the Gateway's or a ListenerSet's. */
  Outcome of(int port) {
    return ports.getOrDefault(port, everywhere);
  }

  /** Whether some port takes clients whose certificates do not verify. */
  boolean insecure() {
    return insecure;
  }

  List<Problem> problems() {
    return problems;
  }

  private static Outcome resolve(
      ResourceKey key,
      String path,
      @Nullable FrontendTLSValidation validation,
      Inputs inputs,
      List<Problem> problems) {
    if (validation == null) {
      return Outcome.NOT_ASKED;
    }
    CaCertificates certificates =
        CaCertificates.resolve(
            key,
            path + ".caCertificateRefs",
            references(key, validation),
            "InvalidCACertificateKind",
            inputs);
    problems.addAll(certificates.problems());
    if (certificates.pem().isEmpty()) {
      return new Outcome(
          Optional.of(
              new Refusal(
                  "NoValidCACertificate",
                  certificates
                      .refusal()
                      .map(Refusal::message)
                      .orElse(path + ".caCertificateRefs: empty (expected a ConfigMap)"))),
          certificates.refusal(),
          Optional.empty());
    }
    return new Outcome(
        Optional.empty(),
        certificates.refusal(),
        Optional.of(
            ClientValidation.newBuilder()
                .setCaCertificates(certificates.pem())
                .setMode(
                    isInsecure(validation)
                        ? ClientValidation.Mode.ALLOW_INSECURE_FALLBACK
                        : ClientValidation.Mode.ALLOW_VALID_ONLY)
                .build()));
  }

  private static List<CaCertificates.Reference> references(
      ResourceKey key, FrontendTLSValidation validation) {
    return orEmpty(validation.getCaCertificateRefs()).stream()
        .map(reference -> CaCertificates.Reference.of(key, reference))
        .toList();
  }

  private static boolean isInsecure(@Nullable FrontendTLSValidation validation) {
    return validation != null && INSECURE.equals(validation.getMode());
  }

  private static @Nullable FrontendTLSConfig frontend(Gateway gateway) {
    return gateway.getSpec().getTls() == null ? null : gateway.getSpec().getTls().getFrontend();
  }

  private static @Nullable FrontendTLSValidation validation(@Nullable TLSConfig config) {
    return config == null ? null : config.getValidation();
  }
}
