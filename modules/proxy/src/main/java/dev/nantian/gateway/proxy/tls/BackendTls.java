package dev.nantian.gateway.proxy.tls;

import io.netty.buffer.ByteBufAllocator;
import io.netty.handler.ssl.ApplicationProtocolConfig;
import io.netty.handler.ssl.ApplicationProtocolConfig.Protocol;
import io.netty.handler.ssl.ApplicationProtocolConfig.SelectedListenerFailureBehavior;
import io.netty.handler.ssl.ApplicationProtocolConfig.SelectorFailureBehavior;
import io.netty.handler.ssl.OpenSsl;
import io.netty.handler.ssl.SslContext;
import io.netty.handler.ssl.SslContextBuilder;
import io.netty.handler.ssl.SslHandler;
import io.netty.handler.ssl.SslProvider;
import io.netty.handler.ssl.SupportedCipherSuiteFilter;
import java.io.IOException;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.security.cert.X509Certificate;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import javax.net.ssl.SSLException;
import javax.net.ssl.TrustManager;
import javax.net.ssl.TrustManagerFactory;
import javax.net.ssl.X509TrustManager;
import org.jspecify.annotations.Nullable;

/**
 * TLS to the endpoints of one backend: whom we trust and who we are.
 *
 * <p>TLS 1.2 and 1.3 with the cipher suites of the listeners. Sessions are resumed: the context
 * keeps the tickets of each SNI name and port. One object for one configuration: connections of two
 * are never mixed, so a new certificate or authority opens new connections, and those in use end as
 * they would have.
 *
 * <p>Thread-safe.
 */
public final class BackendTls {
  private final BackendTrust trust;
  private final @Nullable CertifiedKey client;
  private final Map<List<String>, SslContext> byProtocols = new HashMap<>();

  /**
   * @param client the certificate that is shown if the backend asks for one; null for none
   */
  public BackendTls(BackendTrust trust, @Nullable CertifiedKey client) {
    this.trust = trust;
    this.client = client;
  }

  public BackendTrust trust() {
    return trust;
  }

  public @Nullable CertifiedKey client() {
    return client;
  }

  /** The same trust with another certificate of ours. */
  public BackendTls with(@Nullable CertifiedKey otherClient) {
    return new BackendTls(trust, otherClient);
  }

  /**
   * A new connection's handler.
   *
   * @param protocols offered by ALPN, the most wanted first
   * @throws SSLException if the TLS library refuses certificate or authorities
   */
  public SslHandler handler(ByteBufAllocator allocator, int port, List<String> protocols)
      throws SSLException {
    return context(protocols).newHandler(allocator, trust.hostname(), port);
  }

  /** Made when it is first needed: a few milliseconds, once for a configuration. */
  private synchronized SslContext context(List<String> protocols) throws SSLException {
    SslContext known = byProtocols.get(protocols);
    if (known == null) {
      known = build(protocols);
      byProtocols.put(protocols, known);
    }
    return known;
  }

  private SslContext build(List<String> protocols) throws SSLException {
    SslContextBuilder builder =
        SslContextBuilder.forClient()
            .sslProvider(OpenSsl.isAvailable() ? SslProvider.OPENSSL : SslProvider.JDK)
            .protocols("TLSv1.3", "TLSv1.2")
            .ciphers(TlsContexts.CIPHERS, SupportedCipherSuiteFilter.INSTANCE)
            .endpointIdentificationAlgorithm(null) // names are the verifier's
            .trustManager(new BackendVerifier(chainVerifier(), trust))
            .applicationProtocolConfig(
                new ApplicationProtocolConfig(
                    Protocol.ALPN,
                    SelectorFailureBehavior.NO_ADVERTISE,
                    SelectedListenerFailureBehavior.ACCEPT,
                    protocols));
    if (client != null) {
      builder.keyManager(client.key(), client.chain().toArray(X509Certificate[]::new));
    }
    return builder.build();
  }

  private X509TrustManager chainVerifier() throws SSLException {
    try {
      TrustManagerFactory factory =
          TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
      factory.init(trust.caCertificates().isEmpty() ? null : authorities());
      for (TrustManager manager : factory.getTrustManagers()) {
        if (manager instanceof X509TrustManager verifier) {
          return verifier;
        }
      }
      throw new SSLException("the JDK has no verifier of X.509 certificates");
    } catch (GeneralSecurityException | IOException | InvalidKeyPairException e) {
      throw new SSLException("authorities: " + e.getMessage(), e);
    }
  }

  private KeyStore authorities()
      throws GeneralSecurityException, IOException, InvalidKeyPairException {
    KeyStore store = KeyStore.getInstance(KeyStore.getDefaultType());
    store.load(null, null);
    for (X509Certificate authority : BackendTrust.authorities(trust.caCertificates())) {
      store.setCertificateEntry(Integer.toString(store.size()), authority);
    }
    return store;
  }
}
