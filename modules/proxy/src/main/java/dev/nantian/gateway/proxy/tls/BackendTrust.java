package dev.nantian.gateway.proxy.tls;

import java.io.ByteArrayInputStream;
import java.security.cert.CertificateException;
import java.security.cert.CertificateFactory;
import java.security.cert.X509Certificate;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/**
 * What a backend has to prove (Gateway API BackendTLSPolicy).
 *
 * <p>Immutable; equal content means equal trust.
 *
 * @param hostname sent as SNI; the certificate must have it if {@code names} is empty
 * @param caCertificates PEM; empty: the system's roots
 * @param names the certificate must have one of them; empty: {@code hostname}
 */
public record BackendTrust(String hostname, String caCertificates, List<Name> names) {
  /** A name that a certificate may have. */
  public sealed interface Name {
    /**
     * @param pattern lower case; {@code *.suffix} for any name below
     */
    record Dns(String pattern) implements Name {}

    /**
     * @param uri compared byte for byte
     */
    record Uri(String uri) implements Name {}
  }

  public BackendTrust {
    hostname = hostname.toLowerCase(Locale.ROOT);
    names = List.copyOf(names);
  }

  /**
   * The authorities of {@code caCertificates}.
   *
   * @throws InvalidKeyPairException if one cannot be read or there is none
   */
  public static List<X509Certificate> authorities(String pem) throws InvalidKeyPairException {
    List<X509Certificate> found = new ArrayList<>();
    for (PemBlocks.Block block : PemBlocks.of(pem)) {
      if (block.label().equals("CERTIFICATE")) {
        try {
          found.add(
              (X509Certificate)
                  CertificateFactory.getInstance("X.509")
                      .generateCertificate(new ByteArrayInputStream(block.der())));
        } catch (CertificateException e) {
          throw new InvalidKeyPairException(
              "certificate " + found.size() + " cannot be read (" + e.getMessage() + ")", e);
        }
      }
    }
    if (found.isEmpty()) {
      throw new InvalidKeyPairException("no certificate (expected a PEM block CERTIFICATE)");
    }
    return found;
  }
}
