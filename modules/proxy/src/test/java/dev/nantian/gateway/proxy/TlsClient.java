package dev.nantian.gateway.proxy;

import dev.nantian.gateway.proxy.tls.TestKeys;
import io.netty.handler.ssl.SslContext;
import io.netty.handler.ssl.SslContextBuilder;
import io.netty.handler.ssl.SslProvider;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.KeyStore;
import java.security.cert.CertificateFactory;
import java.security.cert.X509Certificate;
import java.security.spec.PKCS8EncodedKeySpec;
import java.util.Base64;
import java.util.List;
import javax.net.ssl.KeyManager;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SNIHostName;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLException;
import javax.net.ssl.SSLParameters;
import javax.net.ssl.SSLSocket;
import javax.net.ssl.TrustManager;
import javax.net.ssl.X509TrustManager;
import org.jspecify.annotations.Nullable;

/** Clients that name a server in the handshake and believe every certificate; servers' contexts. */
final class TlsClient {
  private TlsClient() {}

  static SslContext context(TestKeys keys) throws SSLException {
    return SslContextBuilder.forServer(stream(keys.chain()), stream(keys.key()))
        .sslProvider(SslProvider.OPENSSL)
        .build();
  }

  private static InputStream stream(String pem) {
    return new ByteArrayInputStream(pem.getBytes(StandardCharsets.US_ASCII));
  }

  static SSLContext trustingContext() throws GeneralSecurityException {
    return trustingContext(null);
  }

  private static SSLContext trustingContext(KeyManager @Nullable [] own)
      throws GeneralSecurityException {
    SSLContext trusting = SSLContext.getInstance("TLS");
    trusting.init(own, new TrustManager[] {new TrustsAll()}, null);
    return trusting;
  }

  static RawClient connect(TestProxy proxy, String serverName) throws Exception {
    return connect(proxy, serverName, null);
  }

  /**
   * @param own certificate that the client shows if it is asked for one; null for none
   */
  static RawClient connect(TestProxy proxy, String serverName, @Nullable TestKeys own)
      throws Exception {
    SSLContext trusting = trustingContext(keyManagers(own));
    SSLSocket socket =
        (SSLSocket)
            trusting
                .getSocketFactory()
                .createSocket(proxy.connect(), "127.0.0.1", proxy.port(), true);
    SSLParameters parameters = socket.getSSLParameters();
    parameters.setServerNames(List.of(new SNIHostName(serverName)));
    socket.setSSLParameters(parameters);
    socket.startHandshake();
    return new RawClient(socket);
  }

  private static KeyManager @Nullable [] keyManagers(@Nullable TestKeys own) throws Exception {
    if (own == null) {
      return null;
    }
    KeyStore store = KeyStore.getInstance("PKCS12");
    store.load(null, null);
    X509Certificate certificate =
        (X509Certificate)
            CertificateFactory.getInstance("X.509").generateCertificate(stream(own.chain()));
    byte[] key =
        Base64.getMimeDecoder()
            .decode(own.key().replaceAll("-----(BEGIN|END) [A-Z ]*KEY-----", "").strip());
    store.setKeyEntry(
        "own",
        KeyFactory.getInstance(certificate.getPublicKey().getAlgorithm())
            .generatePrivate(new PKCS8EncodedKeySpec(key)),
        new char[0],
        new X509Certificate[] {certificate});
    KeyManagerFactory factory =
        KeyManagerFactory.getInstance(KeyManagerFactory.getDefaultAlgorithm());
    factory.init(store, new char[0]);
    return factory.getKeyManagers();
  }

  private static X509Certificate certificate(RawClient client) throws IOException {
    return (X509Certificate) ((SSLSocket) client.socket()).getSession().getPeerCertificates()[0];
  }

  static String names(RawClient client) throws IOException {
    return certificate(client).getSubjectX500Principal().getName();
  }

  static String serial(RawClient client) throws IOException {
    return certificate(client).getSerialNumber().toString();
  }

  private static final class TrustsAll implements X509TrustManager {
    @Override
    public void checkClientTrusted(X509Certificate[] chain, String type) {}

    @Override
    public void checkServerTrusted(X509Certificate[] chain, String type) {}

    @Override
    public X509Certificate[] getAcceptedIssuers() {
      return new X509Certificate[0];
    }
  }
}
