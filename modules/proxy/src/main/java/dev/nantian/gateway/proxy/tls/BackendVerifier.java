package dev.nantian.gateway.proxy.tls;

import java.net.Socket;
import java.security.cert.CertificateException;
import java.security.cert.X509Certificate;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Locale;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.X509ExtendedTrustManager;
import javax.net.ssl.X509TrustManager;

/**
 * Verifies a backend's certificate: the chain by the JDK (PKIX), the names by its subjectAltNames
 * alone (RFC 9525: no common name, a wildcard stands for the whole left-most label).
 *
 * <p>Thread-safe.
 */
final class BackendVerifier extends X509ExtendedTrustManager {
  private static final int SAN_DNS = 2;
  private static final int SAN_URI = 6;

  private final X509TrustManager chain;
  private final BackendTrust trust;

  BackendVerifier(X509TrustManager chain, BackendTrust trust) {
    this.chain = chain;
    this.trust = trust;
  }

  @Override
  public void checkServerTrusted(X509Certificate[] certificates, String authType)
      throws CertificateException {
    chain.checkServerTrusted(certificates, authType);
    Collection<List<?>> alternatives = certificates[0].getSubjectAlternativeNames();
    List<String> dns = names(alternatives, SAN_DNS);
    List<String> uris = names(alternatives, SAN_URI);
    if (trust.names().isEmpty()) {
      if (dns.stream().noneMatch(name -> covers(name, trust.hostname()))) {
        throw new CertificateException(
            "certificate is for " + dns + " (expected " + trust.hostname() + ")");
      }
      return;
    }
    for (BackendTrust.Name expected : trust.names()) {
      boolean has =
          switch (expected) {
            case BackendTrust.Name.Dns(String pattern) ->
                dns.stream().anyMatch(name -> meets(name, pattern));
            case BackendTrust.Name.Uri(String uri) -> uris.contains(uri);
          };
      if (has) {
        return;
      }
    }
    throw new CertificateException(
        "certificate is for " + dns + " " + uris + " (expected one of " + trust.names() + ")");
  }

  private static List<String> names(Collection<List<?>> alternatives, int type) {
    List<String> found = new ArrayList<>();
    if (alternatives != null) {
      for (List<?> alternative : alternatives) {
        if (alternative.get(0) instanceof Integer of && of == type) {
          found.add(String.valueOf(alternative.get(1)));
        }
      }
    }
    return found;
  }

  /** Whether a name of a certificate covers a host. */
  static boolean covers(String certified, String host) {
    String name = certified.toLowerCase(Locale.ROOT);
    int dot = host.indexOf('.');
    return name.equals(host) || (dot > 0 && name.equals("*" + host.substring(dot)));
  }

  /** Whether a name of a certificate is one that the policy asks for. */
  private static boolean meets(String certified, String pattern) {
    String name = certified.toLowerCase(Locale.ROOT);
    if (!pattern.startsWith("*.")) {
      return covers(name, pattern);
    }
    return name.equals(pattern) || (!name.startsWith("*") && name.endsWith(pattern.substring(1)));
  }

  @Override
  public void checkServerTrusted(X509Certificate[] certificates, String authType, SSLEngine engine)
      throws CertificateException {
    checkServerTrusted(certificates, authType);
  }

  @Override
  public void checkServerTrusted(X509Certificate[] certificates, String authType, Socket socket)
      throws CertificateException {
    checkServerTrusted(certificates, authType);
  }

  @Override
  public void checkClientTrusted(X509Certificate[] certificates, String authType)
      throws CertificateException {
    throw new CertificateException("for backends only");
  }

  @Override
  public void checkClientTrusted(X509Certificate[] certificates, String authType, SSLEngine engine)
      throws CertificateException {
    throw new CertificateException("for backends only");
  }

  @Override
  public void checkClientTrusted(X509Certificate[] certificates, String authType, Socket socket)
      throws CertificateException {
    throw new CertificateException("for backends only");
  }

  @Override
  public X509Certificate[] getAcceptedIssuers() {
    return chain.getAcceptedIssuers();
  }
}
