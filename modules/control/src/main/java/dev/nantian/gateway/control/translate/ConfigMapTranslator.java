package dev.nantian.gateway.control.translate;

import dev.nantian.gateway.control.source.ResourceKey;
import io.fabric8.kubernetes.api.model.ConfigMap;
import java.io.ByteArrayInputStream;
import java.nio.charset.StandardCharsets;
import java.security.cert.CertificateException;
import java.security.cert.CertificateFactory;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * ConfigMap as CA certificates, under the key {@code ca.crt} (Gateway API, {@code
 * caCertificateRefs}), and as entries that HTTPFilters read. What refers to it carries them in its
 * own configuration.
 */
public final class ConfigMapTranslator implements Translator<ConfigMap> {
  private static final String KEY = "ca.crt";
  private static final String PATH = "data['" + KEY + "']";

  @Override
  public Set<ResourceKey> dependencies(ResourceKey key, ConfigMap object) {
    return Set.of();
  }

  @Override
  public Translation translate(ResourceKey key, ConfigMap object, Inputs inputs) {
    // Every namespace of a cluster has a ConfigMap with CA certificates that nobody here refers to.
    if (inputs.claims().isEmpty()) {
      return Translation.of(new Fact.CaFact(true, "", Optional.empty(), Map.of()));
    }
    Map<String, String> data = object.getData() == null ? Map.of() : object.getData();
    Map<String, Optional<String>> texts =
        EntriesRead.of(inputs, entry -> Optional.ofNullable(data.get(entry)));
    if (EntriesRead.only(inputs)) {
      return Translation.of(new Fact.CaFact(true, "", Optional.empty(), texts));
    }
    String pem = data.get(KEY);
    Optional<String> invalid = invalid(pem);
    Translation.Builder result =
        new Translation.Builder()
            .fact(
                new Fact.CaFact(
                    true, pem == null ? "" : pem, invalid.map(why -> PATH + ": " + why), texts));
    invalid.ifPresent(why -> result.problem(Problem.error(PATH, why)));
    return result.build();
  }

  @Override
  public Translation absent(ResourceKey key, Inputs inputs) {
    return Translation.of(Fact.CaFact.ABSENT);
  }

  private static Optional<String> invalid(@Nullable String pem) {
    if (pem == null || pem.isBlank()) {
      return Optional.of("missing (expected PEM of CA certificates)");
    }
    try {
      boolean none =
          CertificateFactory.getInstance("X.509")
              .generateCertificates(
                  new ByteArrayInputStream(pem.getBytes(StandardCharsets.US_ASCII)))
              .isEmpty();
      return none ? Optional.of("no certificate (expected PEM)") : Optional.empty();
    } catch (CertificateException e) {
      return Optional.of("not a certificate (expected PEM: " + e.getMessage() + ")");
    }
  }
}
