package dev.nantian.gateway.proxy.tls;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.math.BigInteger;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.security.PrivateKey;
import java.security.cert.Certificate;
import java.security.interfaces.ECPrivateKey;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Base64;
import java.util.List;

/**
 * Self-signed certificates made by the JDK's keytool.
 *
 * @param chain PEM
 * @param key PEM, PKCS#8
 * @param traditionalKey PEM, PKCS#1 or SEC 1
 */
public record TestKeys(String chain, String key, String traditionalKey) {
  private static final byte[] P256 = {
    0x06, 0x08, 0x2a, (byte) 0x86, 0x48, (byte) 0xce, 0x3d, 0x03, 0x01, 0x07
  };

  /** An RSA key for these names. */
  public static TestKeys rsa(String... names) {
    return make(List.of("-keyalg", "RSA", "-keysize", "2048"), names);
  }

  /** A P-256 key for these names. */
  public static TestKeys ec(String... names) {
    return make(List.of("-keyalg", "EC", "-groupname", "secp256r1"), names);
  }

  /** A P-256 key whose subjectAltNames are as keytool writes them: {@code uri:spiffe://a/b}. */
  public static TestKeys ecWith(String alternatives) {
    return makeWith(List.of("-keyalg", "EC", "-groupname", "secp256r1"), "test", alternatives);
  }

  private static TestKeys make(List<String> algorithm, String... names) {
    return makeWith(algorithm, names[0], "dns:" + String.join(",dns:", names));
  }

  private static TestKeys makeWith(List<String> algorithm, String commonName, String alternatives) {
    try {
      Path folder = Files.createTempDirectory("keys");
      Path store = folder.resolve("store.p12");
      List<String> command =
          new ArrayList<>(
              List.of(
                  Path.of(System.getProperty("java.home"), "bin", "keytool").toString(),
                  "-genkeypair",
                  "-alias",
                  "it",
                  "-dname",
                  "CN=" + commonName,
                  "-ext",
                  "SAN=" + alternatives,
                  "-storetype",
                  "PKCS12",
                  "-storepass",
                  "changeit",
                  "-validity",
                  "30",
                  "-keystore",
                  store.toString()));
      command.addAll(algorithm);
      Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
      String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
      if (process.waitFor() != 0) {
        throw new IllegalStateException("keytool: " + output);
      }
      KeyStore keys = KeyStore.getInstance("PKCS12");
      try (InputStream in = Files.newInputStream(store)) {
        keys.load(in, "changeit".toCharArray());
      }
      Files.delete(store);
      Files.delete(folder);
      Certificate certificate = keys.getCertificate("it");
      PrivateKey key = (PrivateKey) keys.getKey("it", "changeit".toCharArray());
      return new TestKeys(
          pem("CERTIFICATE", certificate.getEncoded()),
          pem("PRIVATE KEY", key.getEncoded()),
          key instanceof ECPrivateKey ec
              ? pem("EC PRIVATE KEY", sec1(ec))
              : pem("RSA PRIVATE KEY", pkcs1(key)));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException(e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException(e);
    }
  }

  private static String pem(String label, byte[] der) {
    return "-----BEGIN "
        + label
        + "-----\n"
        + Base64.getMimeEncoder(64, new byte[] {'\n'}).encodeToString(der)
        + "\n-----END "
        + label
        + "-----\n";
  }

  /** A 2048-bit RSA key in PKCS#8 is 26 bytes of envelope and the PKCS#1 key. */
  private static byte[] pkcs1(PrivateKey key) {
    byte[] encoded = key.getEncoded();
    return Arrays.copyOfRange(encoded, 26, encoded.length);
  }

  private static byte[] sec1(ECPrivateKey key) {
    byte[] secret = new byte[32];
    byte[] number = unsigned(key.getS());
    System.arraycopy(number, 0, secret, 32 - number.length, number.length);
    ByteArrayOutputStream content = new ByteArrayOutputStream();
    content.writeBytes(new byte[] {0x02, 0x01, 0x01, 0x04, 32});
    content.writeBytes(secret);
    content.writeBytes(new byte[] {(byte) 0xA0, (byte) P256.length});
    content.writeBytes(P256);
    ByteArrayOutputStream sequence = new ByteArrayOutputStream();
    sequence.write(0x30);
    sequence.write(content.size());
    sequence.writeBytes(content.toByteArray());
    return sequence.toByteArray();
  }

  private static byte[] unsigned(BigInteger number) {
    byte[] bytes = number.toByteArray();
    return bytes.length > 32 ? Arrays.copyOfRange(bytes, bytes.length - 32, bytes.length) : bytes;
  }
}
