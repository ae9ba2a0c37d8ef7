package dev.nantian.gateway.proxy.tls;

import static org.assertj.core.api.Assertions.assertThat;

import io.netty.buffer.UnpooledByteBufAllocator;
import io.netty.handler.ssl.OpenSsl;
import io.netty.handler.ssl.SslContext;
import io.netty.handler.ssl.SslProvider;
import io.netty.util.ReferenceCountUtil;
import java.net.Socket;
import java.nio.ByteBuffer;
import java.security.SecureRandom;
import java.security.cert.X509Certificate;
import java.util.List;
import java.util.Set;
import javax.net.ssl.SNIHostName;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.SSLEngineResult.HandshakeStatus;
import javax.net.ssl.SSLException;
import javax.net.ssl.SSLParameters;
import javax.net.ssl.TrustManager;
import javax.net.ssl.X509ExtendedTrustManager;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Real handshakes, in memory, against the JDK's client. */
class TlsContextsTest {
  private static final TestKeys RSA = TestKeys.rsa("a.example");
  private static final TestKeys EC_A = TestKeys.ec("a.example");
  private static final TestKeys EC_B = TestKeys.ec("b.example");

  @ParameterizedTest
  @CsvSource({
    "OPENSSL, TLSv1.3, a.example, rsa",
    "OPENSSL, TLSv1.2, a.example, rsa",
    "OPENSSL, TLSv1.3, b.example, ecB",
    "OPENSSL, TLSv1.2, b.example, ecB",
    "JDK, TLSv1.3, b.example, ecB",
    "JDK, TLSv1.2, b.example, ecB",
  })
  void listenerServesTheCertificateThatCoversTheName(
      SslProvider provider, String protocol, String host, String expected) throws Exception {
    // Given
    SslContext context =
        new TlsContexts(provider, TlsContexts.TICKET_ROTATION)
            .context(List.of(key(RSA), key(EC_A), key(EC_B)));
    // When
    Handshake done = handshake(context, protocol, host, List.of());
    // Then
    X509Certificate wanted = key(expected.equals("rsa") ? RSA : EC_B).certificate();
    if (expected.equals("rsa")) {
      assertThat(done.certificate()).isIn(wanted, key(EC_A).certificate());
    } else {
      assertThat(done.certificate()).isEqualTo(wanted);
    }
    assertThat(done.protocol()).isEqualTo(protocol);
    assertThat(done.alpn()).isEqualTo("http/1.1");
  }

  @ParameterizedTest
  @CsvSource({
    "TLSv1.2, rsa_pkcs1_sha256, RSA",
    "TLSv1.2, ecdsa_secp256r1_sha256, EC",
    "TLSv1.3, rsa_pss_rsae_sha256, RSA",
    "TLSv1.3, ecdsa_secp256r1_sha256, EC",
  })
  void clientThatKnowsOneKeyTypeGetsItsCertificate(String protocol, String scheme, String keyType)
      throws Exception {
    // Given
    SslContext context = new TlsContexts().context(List.of(key(EC_A), key(RSA)));
    // When
    Handshake done = handshake(context, protocol, "a.example", List.of(scheme));
    // Then
    assertThat(done.certificate().getPublicKey().getAlgorithm()).isEqualTo(keyType);
  }

  @Test
  void boringSslIsUsedHere() {
    assertThat(OpenSsl.isAvailable()).as("%s", OpenSsl.unavailabilityCause()).isTrue();
  }

  @Test
  void contextsAreKeptByContentAndForgottenWhenUnused() throws Exception {
    // Given
    TlsContexts contexts = new TlsContexts();
    SslContext first = contexts.context(List.of(key(RSA)));
    SslContext other = contexts.context(List.of(key(EC_A)));
    // When
    contexts.keepOnly(Set.of(first));
    // Then
    assertThat(contexts.size()).isEqualTo(1);
    assertThat(contexts.context(List.of(key(RSA)))).isSameAs(first);
    assertThat(contexts.context(List.of(key(EC_A)))).isNotSameAs(other);
  }

  @ParameterizedTest
  @CsvSource({"TLSv1.3, 0, true", "TLSv1.2, 0, true", "TLSv1.3, 1, true", "TLSv1.3, 2, false"})
  void aTicketIsTakenUntilItsKeyWasRotatedAwayTwice(
      String protocol, int rotations, boolean expected) throws Exception {
    // Given a client that was there before
    TlsContexts contexts = new TlsContexts();
    SslContext context = contexts.context(List.of(key(EC_A)));
    SSLContext client = client();
    Handshake first = handshake(client, context, protocol, "a.example", List.of());
    // When it comes again after some rotations
    for (int i = 0; i < rotations; i++) {
      contexts.rotateTickets();
    }
    Handshake second = handshake(client, context, protocol, "a.example", List.of());
    // Then it resumes the session or not
    assertThat(second.resumes(first)).isEqualTo(expected);
  }

  @Test
  void aTicketOfOneListenerDoesNotOpenAnother() throws Exception {
    // Given
    TlsContexts contexts = new TlsContexts();
    SSLContext client = client();
    Handshake first =
        handshake(client, contexts.context(List.of(key(EC_A))), "TLSv1.3", "a.example", List.of());
    // When
    Handshake other =
        handshake(client, contexts.context(List.of(key(EC_B))), "TLSv1.3", "a.example", List.of());
    // Then
    assertThat(other.resumes(first)).isFalse();
  }

  private record Handshake(
      X509Certificate certificate, String protocol, String alpn, int fromServer) {
    /** A resumed handshake is one without a certificate and its signature. */
    boolean resumes(Handshake full) {
      return fromServer < full.fromServer - certificate.getPublicKey().getEncoded().length;
    }
  }

  private static CertifiedKey key(TestKeys keys) throws InvalidKeyPairException {
    return CertifiedKey.of(keys.chain(), keys.key());
  }

  private static Handshake handshake(
      SslContext context, String protocol, String host, List<String> schemes) throws Exception {
    return handshake(client(), context, protocol, host, schemes);
  }

  private static SSLContext client() throws Exception {
    SSLContext clientContext = SSLContext.getInstance("TLS");
    clientContext.init(null, new TrustManager[] {new TrustEverybody()}, new SecureRandom());
    return clientContext;
  }

  private static Handshake handshake(
      SSLContext clientContext,
      SslContext context,
      String protocol,
      String host,
      List<String> schemes)
      throws Exception {
    SSLEngine server = context.newEngine(UnpooledByteBufAllocator.DEFAULT);
    SSLEngine client = clientContext.createSSLEngine(host, 443);
    client.setUseClientMode(true);
    SSLParameters parameters = client.getSSLParameters();
    parameters.setProtocols(new String[] {protocol});
    parameters.setServerNames(List.of(new SNIHostName(host)));
    parameters.setApplicationProtocols(new String[] {"http/1.1"});
    if (!schemes.isEmpty()) {
      parameters.setSignatureSchemes(schemes.toArray(String[]::new));
    }
    client.setSSLParameters(parameters);
    client.beginHandshake();
    server.beginHandshake();
    ByteBuffer toServer = ByteBuffer.allocate(1 << 17);
    ByteBuffer toClient = ByteBuffer.allocate(1 << 17);
    int fromServer = 0;
    for (int i = 0; i < 100 && !(established(client) && established(server)); i++) {
      fromServer += toClient.position();
      step(client, toClient, toServer);
      step(server, toServer, toClient);
    }
    // BoringSSL sends tickets with the first application data.
    server.wrap(ByteBuffer.allocate(1), toClient);
    step(client, toClient, toServer);
    Handshake done =
        new Handshake(
            (X509Certificate) client.getSession().getPeerCertificates()[0],
            client.getSession().getProtocol(),
            client.getApplicationProtocol(),
            fromServer);
    client.closeOutbound();
    server.closeOutbound();
    ReferenceCountUtil.release(server);
    return done;
  }

  private static boolean established(SSLEngine engine) {
    return engine.getHandshakeStatus() == HandshakeStatus.NOT_HANDSHAKING
        && !engine.getSession().getProtocol().equals("NONE");
  }

  private static void step(SSLEngine engine, ByteBuffer in, ByteBuffer out) throws SSLException {
    ByteBuffer plain = ByteBuffer.allocate(1 << 16);
    while (true) {
      HandshakeStatus status = engine.getHandshakeStatus();
      if (status == HandshakeStatus.NEED_TASK) {
        Runnable task = engine.getDelegatedTask();
        if (task != null) {
          task.run();
        }
      } else if (status == HandshakeStatus.NEED_WRAP) {
        engine.wrap(ByteBuffer.allocate(0), out);
      } else {
        in.flip();
        int consumed = in.hasRemaining() ? engine.unwrap(in, plain).bytesConsumed() : 0;
        in.compact();
        if (consumed == 0
            && engine.getHandshakeStatus() != HandshakeStatus.NEED_TASK
            && engine.getHandshakeStatus() != HandshakeStatus.NEED_WRAP) {
          return;
        }
      }
    }
  }

  private static final class TrustEverybody extends X509ExtendedTrustManager {
    @Override
    public void checkClientTrusted(X509Certificate[] chain, String authType, Socket s) {}

    @Override
    public void checkServerTrusted(X509Certificate[] chain, String authType, Socket s) {}

    @Override
    public void checkClientTrusted(X509Certificate[] chain, String authType, SSLEngine e) {}

    @Override
    public void checkServerTrusted(X509Certificate[] chain, String authType, SSLEngine e) {}

    @Override
    public void checkClientTrusted(X509Certificate[] chain, String authType) {}

    @Override
    public void checkServerTrusted(X509Certificate[] chain, String authType) {}

    @Override
    public X509Certificate[] getAcceptedIssuers() {
      return new X509Certificate[0];
    }
  }
}
