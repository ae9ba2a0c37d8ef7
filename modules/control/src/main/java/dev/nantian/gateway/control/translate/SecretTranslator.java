package dev.nantian.gateway.control.translate;

import com.google.protobuf.ByteString;
import dev.nantian.gateway.control.snapshot.ResourceId;
import dev.nantian.gateway.control.source.ResourceKey;
import dev.nantian.gateway.protocol.ResourceType;
import io.envoyproxy.envoy.config.core.v3.DataSource;
import io.envoyproxy.envoy.extensions.transport_sockets.tls.v3.TlsCertificate;
import io.fabric8.kubernetes.api.model.Secret;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * Secret as a TLS certificate: in the configuration while a permitted reference of a listener uses
 * it; and as entries that HTTPFilters read. What it holds is never in a message.
 */
public final class SecretTranslator implements Translator<Secret> {
  private static final String CERTIFICATE = "tls.crt";
  private static final String KEY = "tls.key";

  @Override
  public Set<ResourceKey> dependencies(ResourceKey key, Secret object) {
    return Set.of();
  }

  @Override
  public Translation absent(ResourceKey key, Inputs inputs) {
    return new Translation.Builder()
        .fact(Fact.SecretFact.ABSENT)
        .waitUnless(!isUsed(inputs))
        .build();
  }

  @Override
  public Translation translate(ResourceKey key, Secret object, Inputs inputs) {
    Translation.Builder result = new Translation.Builder();
    Map<String, Optional<String>> texts = EntriesRead.of(inputs, name -> text(object, name));
    byte[] certificate;
    byte[] privateKey;
    try {
      certificate = entry(object, CERTIFICATE);
      privateKey = entry(object, KEY);
      KeyPairCheck.check(certificate, privateKey);
    } catch (InvalidCertificateException e) {
      String path = written(object, e.fieldPath());
      // Only a reference makes an error of it: a Secret may hold anything.
      if (isUsed(inputs) || !EntriesRead.only(inputs)) {
        result.problem(Problem.error(path, e.problem()));
      }
      return result
          .fact(
              new Fact.SecretFact(
                  true, Optional.of(path + ": " + e.problem()), inputs.published(), texts))
          .waitUnless(!isUsed(inputs))
          .build();
    }
    boolean used = isUsed(inputs);
    if (used) {
      String name = key.namespace() + "/" + key.name();
      result.resource(
          new ResourceId(ResourceType.SECRET, name),
          io.envoyproxy.envoy.extensions.transport_sockets.tls.v3.Secret.newBuilder()
              .setName(name)
              .setTlsCertificate(
                  TlsCertificate.newBuilder()
                      .setCertificateChain(inline(certificate))
                      .setPrivateKey(inline(privateKey)))
              .build());
    }
    return result.fact(new Fact.SecretFact(true, Optional.empty(), used, texts)).build();
  }

  private static String written(Secret secret, String path) {
    Map<String, String> text = secret.getStringData();
    return text != null && text.keySet().stream().anyMatch(name -> path.contains("'" + name + "'"))
        ? path.replaceFirst("^data", "stringData")
        : path;
  }

  private static DataSource inline(byte[] pem) {
    return DataSource.newBuilder().setInlineBytes(ByteString.copyFrom(pem)).build();
  }

  private static boolean isUsed(Inputs inputs) {
    return inputs.claims().values().stream().anyMatch(Claim.UsesCertificate.class::isInstance);
  }

  private static Optional<String> text(Secret object, String name) {
    try {
      return Optional.of(new String(entry(object, name), StandardCharsets.UTF_8));
    } catch (InvalidCertificateException e) {
      return Optional.empty();
    }
  }

  private static byte[] entry(Secret secret, String name) throws InvalidCertificateException {
    // stringData wins over data, as in the API server.
    Map<String, String> text = secret.getStringData();
    if (text != null && text.containsKey(name)) {
      return String.valueOf(text.get(name)).getBytes(StandardCharsets.UTF_8);
    }
    Map<String, String> data = secret.getData();
    String encoded = data == null ? null : data.get(name);
    String path = "data['" + name + "']";
    if (encoded == null || encoded.isEmpty()) {
      throw new InvalidCertificateException(path, "missing (expected PEM)");
    }
    try {
      return Base64.getMimeDecoder().decode(encoded);
    } catch (IllegalArgumentException e) {
      throw new InvalidCertificateException(path, "not base64 (expected base64 of PEM)");
    }
  }
}
