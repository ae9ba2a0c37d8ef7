package dev.nantian.gateway.control.translate;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.security.AlgorithmParameters;
import java.security.GeneralSecurityException;
import java.security.InvalidKeyException;
import java.security.KeyFactory;
import java.security.PrivateKey;
import java.security.PublicKey;
import java.security.Signature;
import java.security.cert.Certificate;
import java.security.cert.CertificateException;
import java.security.cert.CertificateFactory;
import java.security.interfaces.ECPublicKey;
import java.security.spec.PKCS8EncodedKeySpec;
import java.util.Base64;
import java.util.Collection;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Whether a PEM chain parses and a PEM key belongs to its first certificate. Keys may be PKCS #8
 * (RFC 5958), PKCS #1 RSA (RFC 8017) or SEC 1 EC (RFC 5915), as OpenSSL writes them.
 */
final class KeyPairCheck {
  private static final Pattern KEY =
      Pattern.compile(
          "-----BEGIN ((?:RSA |EC )?PRIVATE KEY)-----([A-Za-z0-9+/=\\s]*)-----END \\1-----");
  private static final byte[] RSA_ALGORITHM = {
    0x30,
    0x0d,
    0x06,
    0x09,
    0x2a,
    (byte) 0x86,
    0x48,
    (byte) 0x86,
    (byte) 0xf7,
    0x0d,
    0x01,
    0x01,
    0x01,
    0x05,
    0x00
  };
  private static final byte[] EC_PUBLIC_KEY_OID = {
    0x06, 0x07, 0x2a, (byte) 0x86, 0x48, (byte) 0xce, 0x3d, 0x02, 0x01
  };
  private static final byte[] VERSION_0 = {0x02, 0x01, 0x00};
  private static final String CERTIFICATE_PATH = "data['tls.crt']";
  private static final String KEY_PATH = "data['tls.key']";

  private KeyPairCheck() {}

  /**
   * @param chain PEM, the server's certificate first
   * @param key PEM
   */
  static void check(byte[] chain, byte[] key) throws InvalidCertificateException {
    PublicKey publicKey = publicKey(chain);
    PrivateKey privateKey = privateKey(key, publicKey);
    try {
      String algorithm =
          switch (publicKey.getAlgorithm()) {
            case "RSA" -> "SHA256withRSA";
            case "EC" -> "SHA256withECDSA";
            case "EdDSA" -> "EdDSA";
            default ->
                throw new InvalidCertificateException(
                    CERTIFICATE_PATH,
                    "key algorithm " + publicKey.getAlgorithm() + " (expected RSA, EC or Ed25519)");
          };
      byte[] sample = {1};
      Signature signature = Signature.getInstance(algorithm);
      signature.initSign(privateKey);
      signature.update(sample);
      byte[] signed = signature.sign();
      signature.initVerify(publicKey);
      signature.update(sample);
      if (!signature.verify(signed)) {
        throw new InvalidCertificateException(
            KEY_PATH, "another key (expected the key of the first certificate in tls.crt)");
      }
    } catch (InvalidKeyException e) {
      throw new InvalidCertificateException(
          KEY_PATH, "another kind of key (expected the key of the first certificate in tls.crt)");
    } catch (GeneralSecurityException e) {
      throw new InvalidCertificateException(
          KEY_PATH, "unusable (expected the key of the first certificate in tls.crt)");
    }
  }

  private static PublicKey publicKey(byte[] chain) throws InvalidCertificateException {
    try {
      Collection<? extends Certificate> certificates =
          CertificateFactory.getInstance("X.509")
              .generateCertificates(new ByteArrayInputStream(chain));
      if (certificates.isEmpty()) {
        throw new InvalidCertificateException(
            CERTIFICATE_PATH, "no certificate (expected PEM, the server's certificate first)");
      }
      return certificates.iterator().next().getPublicKey();
    } catch (CertificateException e) {
      throw new InvalidCertificateException(
          CERTIFICATE_PATH, "does not parse (expected PEM certificates)");
    }
  }

  private static PrivateKey privateKey(byte[] pem, PublicKey publicKey)
      throws InvalidCertificateException {
    Matcher matcher = KEY.matcher(new String(pem, StandardCharsets.ISO_8859_1));
    if (!matcher.find()) {
      throw new InvalidCertificateException(
          KEY_PATH,
          "no unencrypted private key (expected PEM: PRIVATE KEY, RSA or EC PRIVATE KEY)");
    }
    try {
      byte[] der = Base64.getMimeDecoder().decode(matcher.group(2));
      byte[] pkcs8 =
          switch (matcher.group(1)) {
            case "RSA PRIVATE KEY" ->
                tagged(0x30, concat(VERSION_0, RSA_ALGORITHM, tagged(0x04, der)));
            case "EC PRIVATE KEY" ->
                tagged(
                    0x30,
                    concat(
                        VERSION_0,
                        tagged(0x30, concat(EC_PUBLIC_KEY_OID, curve(publicKey))),
                        tagged(0x04, der)));
            default -> der;
          };
      return KeyFactory.getInstance(publicKey.getAlgorithm())
          .generatePrivate(new PKCS8EncodedKeySpec(pkcs8));
    } catch (GeneralSecurityException | IllegalArgumentException | IOException e) {
      throw new InvalidCertificateException(
          KEY_PATH,
          "does not parse as "
              + publicKey.getAlgorithm()
              + " key (expected the key of the first certificate in tls.crt)");
    }
  }

  private static byte[] curve(PublicKey publicKey) throws GeneralSecurityException, IOException {
    if (!(publicKey instanceof ECPublicKey ec)) {
      throw new InvalidKeyException("EC key with a certificate of another kind");
    }
    AlgorithmParameters parameters = AlgorithmParameters.getInstance("EC");
    parameters.init(ec.getParams());
    return parameters.getEncoded();
  }

  private static byte[] tagged(int tag, byte[] content) {
    ByteArrayOutputStream out = new ByteArrayOutputStream(content.length + 6);
    out.write(tag);
    if (content.length < 0x80) {
      out.write(content.length);
    } else {
      int bytes = content.length < 0x100 ? 1 : content.length < 0x10000 ? 2 : 3;
      out.write(0x80 | bytes);
      for (int i = bytes - 1; i >= 0; i--) {
        out.write(content.length >>> (8 * i));
      }
    }
    out.writeBytes(content);
    return out.toByteArray();
  }

  private static byte[] concat(byte[]... parts) {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    for (byte[] part : parts) {
      out.writeBytes(part);
    }
    return out.toByteArray();
  }
}
