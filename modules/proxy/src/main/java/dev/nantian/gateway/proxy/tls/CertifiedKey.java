package dev.nantian.gateway.proxy.tls;

import java.io.ByteArrayInputStream;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.MessageDigest;
import java.security.PrivateKey;
import java.security.PublicKey;
import java.security.Signature;
import java.security.cert.CertificateException;
import java.security.cert.CertificateFactory;
import java.security.cert.CertificateParsingException;
import java.security.cert.X509Certificate;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HexFormat;
import java.util.List;
import java.util.Locale;

/**
 * A certificate chain with the key of its first certificate, checked to belong together.
 *
 * <p>Immutable. Two are equal if their chains are, for a chain has one key: contexts are cached by
 * it.
 */
public final class CertifiedKey {
  private static final int SAN_DNS = 2;

  private final List<X509Certificate> chain;
  private final PrivateKey key;
  private final String contentHash;
  private final List<String> names;

  private CertifiedKey(List<X509Certificate> chain, PrivateKey key, String contentHash) {
    this.chain = chain;
    this.key = key;
    this.contentHash = contentHash;
    this.names = names(chain.getFirst()); // read once: every handshake looks at them
  }

  /**
   * Reads a chain and a key.
   *
   * @param chainPem certificates, the server's own first
   * @param keyPem its private key: PKCS#8, PKCS#1 or SEC 1
   * @throws InvalidKeyPairException if either cannot be read or they do not belong together. An
   *     expired certificate is no error: clients decide
   */
  public static CertifiedKey of(String chainPem, String keyPem) throws InvalidKeyPairException {
    List<X509Certificate> chain = new ArrayList<>();
    for (PemBlocks.Block block : PemBlocks.of(chainPem)) {
      if (block.label().equals("CERTIFICATE")) {
        chain.add(certificate(block.der(), chain.size()));
      }
    }
    if (chain.isEmpty()) {
      throw new InvalidKeyPairException("no certificate (expected a PEM block CERTIFICATE)");
    }
    PrivateKey key = PrivateKeys.of(keyPem);
    checkBelongTogether(chain.getFirst().getPublicKey(), key);
    return new CertifiedKey(List.copyOf(chain), key, hash(chain));
  }

  private static X509Certificate certificate(byte[] der, int index) throws InvalidKeyPairException {
    try {
      return (X509Certificate)
          CertificateFactory.getInstance("X.509")
              .generateCertificate(new ByteArrayInputStream(der));
    } catch (CertificateException e) {
      throw new InvalidKeyPairException(
          "certificate " + index + " cannot be read (" + e.getMessage() + ")", e);
    }
  }

  /** Signs with one and verifies with the other: true for every algorithm and form of key. */
  private static void checkBelongTogether(PublicKey publicKey, PrivateKey key)
      throws InvalidKeyPairException {
    if (!publicKey.getAlgorithm().equals(key.getAlgorithm())) {
      throw new InvalidKeyPairException(
          "the key is "
              + key.getAlgorithm()
              + " (expected "
              + publicKey.getAlgorithm()
              + " as the certificate)");
    }
    boolean together;
    try {
      byte[] probe = "probe".getBytes(StandardCharsets.US_ASCII);
      Signature signature =
          Signature.getInstance(
              key.getAlgorithm().equals("RSA") ? "SHA256withRSA" : "SHA256withECDSA");
      signature.initSign(key);
      signature.update(probe);
      byte[] signed = signature.sign();
      signature.initVerify(publicKey);
      signature.update(probe);
      together = signature.verify(signed);
    } catch (GeneralSecurityException e) {
      throw new InvalidKeyPairException("the key cannot sign (" + e.getMessage() + ")", e);
    }
    if (!together) {
      throw new InvalidKeyPairException("the key does not belong to the certificate");
    }
  }

  private static String hash(List<X509Certificate> chain) {
    try {
      MessageDigest sha256 = MessageDigest.getInstance("SHA-256");
      for (X509Certificate certificate : chain) {
        sha256.update(certificate.getEncoded());
      }
      return HexFormat.of().formatHex(sha256.digest());
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException("hashing what was just read", e);
    }
  }

  List<X509Certificate> chain() {
    return chain;
  }

  PrivateKey key() {
    return key;
  }

  /** RSA or EC. */
  public String keyType() {
    return key.getAlgorithm();
  }

  /** The server's own certificate. */
  public X509Certificate certificate() {
    return chain.getFirst();
  }

  /** DNS names that the certificate is good for, lower case; {@code *.suffix} for wildcards. */
  public List<String> names() {
    return names;
  }

  private static List<String> names(X509Certificate certificate) {
    List<String> names = new ArrayList<>();
    try {
      Collection<List<?>> alternatives = certificate.getSubjectAlternativeNames();
      if (alternatives != null) {
        for (List<?> alternative : alternatives) {
          if (alternative.get(0) instanceof Integer type && type == SAN_DNS) {
            names.add(String.valueOf(alternative.get(1)).toLowerCase(Locale.ROOT));
          }
        }
      }
    } catch (CertificateParsingException _) {
      return List.of(); // serves as the certificate for names that no other covers
    }
    return List.copyOf(names);
  }

  /** True if the certificate covers a host (RFC 6125: a wildcard stands for one label). */
  boolean covers(String host) {
    int dot = host.indexOf('.');
    String wildcard = dot < 0 ? "" : "*" + host.substring(dot);
    for (String name : names()) {
      if (name.equals(host) || name.equals(wildcard)) {
        return true;
      }
    }
    return false;
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof CertifiedKey that && that.contentHash.equals(contentHash);
  }

  @Override
  public int hashCode() {
    return contentHash.hashCode();
  }

  @Override
  public String toString() {
    return certificate().getSubjectX500Principal() + " " + keyType();
  }
}
