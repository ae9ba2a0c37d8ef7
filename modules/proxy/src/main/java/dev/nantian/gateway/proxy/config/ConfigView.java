package dev.nantian.gateway.proxy.config;

import dev.nantian.gateway.proxy.tls.CertifiedKey;
import java.time.Instant;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What a proxy holds, for people: names, versions and states, never contents. Plain data for JSON.
 *
 * @param revision of the compiled configuration; 0 before there is one
 * @param resources by type and name
 * @param listeners each at each of its addresses
 */
public record ConfigView(long revision, List<Resource> resources, List<Listener> listeners) {
  /**
   * A resource.
   *
   * @param version in force; null if no good one was received
   * @param appliedAt when that came into force
   * @param rejectedVersion a newer version that was refused; null for none
   * @param problem why it was refused, or what keeps it from serving; null for none
   */
  public record Resource(
      String type,
      String name,
      @Nullable String version,
      @Nullable Instant appliedAt,
      @Nullable String rejectedVersion,
      @Nullable String problem) {}

  /**
   * A Gateway's listener at one address.
   *
   * @param hostname empty for every hostname
   * @param problem why it does not serve; null if it does
   */
  public record Listener(
      String gateway,
      String name,
      String address,
      String protocol,
      String hostname,
      List<Certificate> certificates,
      @Nullable String problem) {}

  /** A certificate in use; its key is not shown. */
  public record Certificate(
      String secret,
      String subject,
      List<String> names,
      String keyType,
      Instant notBefore,
      Instant notAfter) {
    static Certificate of(String secret, CertifiedKey key) {
      return new Certificate(
          secret,
          key.certificate().getSubjectX500Principal().getName(),
          key.names(),
          key.keyType(),
          key.certificate().getNotBefore().toInstant(),
          key.certificate().getNotAfter().toInstant());
    }
  }

  static ConfigView of(ConfigStore store) {
    return new ConfigView(store.config().revision(), store.resources(), store.listeners());
  }
}
