package dev.nantian.gateway.proxy.tls;

import java.io.ByteArrayInputStream;
import java.nio.charset.StandardCharsets;
import java.security.cert.CertificateException;
import java.security.cert.CertificateFactory;
import java.security.cert.X509Certificate;
import java.util.List;

/**
 * Which clients' certificates a listener takes.
 *
 * @param authorities that must have signed one, at least one
 * @param anyone the client is asked, and whatever it shows is taken, nothing too (Gateway API,
 *     AllowInsecureFallback); otherwise there is no connection without a certificate that verifies
 */
public record ClientTrust(List<X509Certificate> authorities, boolean anyone) {
  public ClientTrust {
    authorities = List.copyOf(authorities);
  }

  /**
   * @param pem of CA certificates, one after the other
   * @throws InvalidKeyPairException if it holds none, or what it holds is no certificate
   */
  public static ClientTrust of(String pem, boolean anyone) throws InvalidKeyPairException {
    try {
      List<X509Certificate> authorities =
          CertificateFactory.getInstance("X.509")
              .generateCertificates(
                  new ByteArrayInputStream(pem.getBytes(StandardCharsets.ISO_8859_1)))
              .stream()
              .map(X509Certificate.class::cast)
              .toList();
      if (authorities.isEmpty()) {
        throw new InvalidKeyPairException("CA certificates: none (expected PEM)");
      }
      return new ClientTrust(authorities, anyone);
    } catch (CertificateException e) {
      throw new InvalidKeyPairException(
          "CA certificates: " + e.getMessage() + " (expected PEM)", e);
    }
  }
}
