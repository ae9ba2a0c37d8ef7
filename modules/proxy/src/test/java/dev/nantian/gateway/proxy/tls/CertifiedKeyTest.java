package dev.nantian.gateway.proxy.tls;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.security.interfaces.ECPrivateKey;
import org.junit.jupiter.api.Test;

class CertifiedKeyTest {
  private static final TestKeys RSA = TestKeys.rsa("a.example", "*.a.example");
  private static final TestKeys EC = TestKeys.ec("b.example");

  @Test
  void everyFormOfKeyIsReadAsTheSameKey() throws InvalidKeyPairException {
    // When
    CertifiedKey rsa = CertifiedKey.of(RSA.chain(), RSA.key());
    CertifiedKey pkcs1 = CertifiedKey.of(RSA.chain(), RSA.traditionalKey());
    CertifiedKey ec = CertifiedKey.of(EC.chain(), EC.key());
    CertifiedKey sec1 = CertifiedKey.of(EC.chain(), EC.traditionalKey());
    // Then
    assertThat(pkcs1).isEqualTo(rsa);
    assertThat(rsa.keyType()).isEqualTo("RSA");
    assertThat(ec.keyType()).isEqualTo("EC");
    assertThat(((ECPrivateKey) sec1.key()).getS()).isEqualTo(((ECPrivateKey) ec.key()).getS());
  }

  @Test
  void namesOfTheCertificateDecideWhatItCovers() throws InvalidKeyPairException {
    // When
    CertifiedKey key = CertifiedKey.of(RSA.chain(), RSA.key());
    // Then
    assertThat(key.names()).containsExactly("a.example", "*.a.example");
    assertThat(key.covers("a.example")).isTrue();
    assertThat(key.covers("x.a.example")).isTrue();
    assertThat(key.covers("y.x.a.example")).isFalse();
    assertThat(key.covers("")).isFalse();
  }

  @Test
  void whatIsNotAPairIsRefusedWithItsReason() {
    assertThatThrownBy(() -> CertifiedKey.of(EC.chain(), RSA.key()))
        .hasMessage("the key is RSA (expected EC as the certificate)");
    assertThatThrownBy(() -> CertifiedKey.of(EC.chain(), TestKeys.ec("b.example").key()))
        .hasMessage("the key does not belong to the certificate");
    assertThatThrownBy(() -> CertifiedKey.of("", RSA.key()))
        .hasMessage("no certificate (expected a PEM block CERTIFICATE)");
    assertThatThrownBy(() -> CertifiedKey.of(RSA.chain(), RSA.chain()))
        .hasMessageStartingWith("no private key (expected a PEM block PRIVATE KEY");
    assertThatThrownBy(
            () ->
                CertifiedKey.of(
                    RSA.chain(),
                    "-----BEGIN EC PRIVATE KEY-----\nMA==\n-----END EC PRIVATE KEY-----"))
        .hasMessageStartingWith("the EC private key");
    assertThatThrownBy(
            () ->
                CertifiedKey.of(
                    "-----BEGIN CERTIFICATE-----\nMAAA\n-----END CERTIFICATE-----", RSA.key()))
        .hasMessageStartingWith("certificate 0 cannot be read");
  }
}
