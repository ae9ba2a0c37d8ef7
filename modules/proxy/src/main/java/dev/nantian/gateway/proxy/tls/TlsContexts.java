package dev.nantian.gateway.proxy.tls;

import io.netty.handler.ssl.ApplicationProtocolConfig;
import io.netty.handler.ssl.ApplicationProtocolConfig.Protocol;
import io.netty.handler.ssl.ApplicationProtocolConfig.SelectedListenerFailureBehavior;
import io.netty.handler.ssl.ApplicationProtocolConfig.SelectorFailureBehavior;
import io.netty.handler.ssl.ApplicationProtocolNames;
import io.netty.handler.ssl.ClientAuth;
import io.netty.handler.ssl.OpenSsl;
import io.netty.handler.ssl.OpenSslCachingX509KeyManagerFactory;
import io.netty.handler.ssl.OpenSslContextOption;
import io.netty.handler.ssl.OpenSslServerSessionContext;
import io.netty.handler.ssl.ReferenceCountedOpenSslContext;
import io.netty.handler.ssl.SslContext;
import io.netty.handler.ssl.SslContextBuilder;
import io.netty.handler.ssl.SslProvider;
import io.netty.handler.ssl.SupportedCipherSuiteFilter;
import io.netty.handler.ssl.util.InsecureTrustManagerFactory;
import io.netty.internal.tcnative.SSLContext;
import java.security.KeyStore;
import java.security.Provider;
import java.security.SecureRandom;
import java.time.Duration;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import javax.net.ssl.KeyManager;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.KeyManagerFactorySpi;
import javax.net.ssl.ManagerFactoryParameters;
import javax.net.ssl.SSLException;
import org.jspecify.annotations.Nullable;

/**
 * The TLS contexts of all listeners, one for each distinct list of certificates.
 *
 * <p>TLS 1.2 and 1.3; of TLS 1.2 only the forward-secret AEAD suites (RFC 9325 section 4.2). ALPN
 * offers http/1.1.
 *
 * <p>A context that no listener needs is forgotten by {@link #keepOnly}; its native memory goes
 * when the last connection that began with it is gone, for the collector then finds nothing that
 * holds it. (Counting references by hand would race with loops that still read the configuration
 * before.)
 *
 * <p>Owned by the configuration thread.
 */
public final class TlsContexts {
  static final List<String> CIPHERS =
      List.of(
          "TLS_AES_128_GCM_SHA256",
          "TLS_AES_256_GCM_SHA384",
          "TLS_CHACHA20_POLY1305_SHA256",
          "TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256",
          "TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256",
          "TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384",
          "TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384",
          "TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256",
          "TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256");

  /** Mozilla's intermediate configuration; BoringSSL's default has P-521 too. */
  private static final String[] GROUPS = {"X25519", "P-256", "P-384"};

  private static final ApplicationProtocolConfig HTTP =
      new ApplicationProtocolConfig(
          Protocol.ALPN,
          SelectorFailureBehavior.NO_ADVERTISE,
          SelectedListenerFailureBehavior.ACCEPT,
          ApplicationProtocolNames.HTTP_2,
          ApplicationProtocolNames.HTTP_1_1);

  private final Map<Wanted, SslContext> contexts = new HashMap<>();

  /**
   * @param http HTTP follows the handshake, so its versions are offered (RFC 7301)
   * @param clients null to ask clients for no certificate
   */
  private record Wanted(List<CertifiedKey> keys, boolean http, @Nullable ClientTrust clients) {}

  /** How long the keys of session tickets are used, unless a setting says otherwise. */
  public static final Duration TICKET_ROTATION = Duration.ofHours(12);

  private final SslProvider provider;
  private final Duration ticketRotation;
  private final SecureRandom random = new SecureRandom();
  private final Map<SslContext, SessionTickets> tickets = new HashMap<>();

  /** Contexts on BoringSSL, or on the JDK where its library cannot be loaded. */
  public TlsContexts() {
    this(TICKET_ROTATION);
  }

  /**
   * The same with another life of the keys of session tickets.
   *
   * @param ticketRotation zero for no tickets
   */
  public TlsContexts(Duration ticketRotation) {
    this(OpenSsl.isAvailable() ? SslProvider.OPENSSL : SslProvider.JDK, ticketRotation);
  }

  TlsContexts(SslProvider provider, Duration ticketRotation) {
    this.provider = provider;
    this.ticketRotation = ticketRotation;
  }

  /** How often {@link #rotateTickets} wants to be called; zero for never. */
  public Duration ticketRotation() {
    return ticketRotation;
  }

  /** Takes new keys for session tickets into use; those before stay good for another interval. */
  public void rotateTickets() {
    tickets.values().forEach(SessionTickets::rotate);
  }

  /**
   * The context for these certificates; the same one as long as it is kept.
   *
   * @param keys in the order of certificateRefs, at least one
   * @throws InvalidKeyPairException if the TLS library refuses one of them
   */
  public SslContext context(List<CertifiedKey> keys) throws InvalidKeyPairException {
    return context(keys, null);
  }

  /**
   * As {@link #context(List)}, for listeners that ask clients for certificates.
   *
   * @param clients null to ask for none
   */
  public SslContext context(List<CertifiedKey> keys, @Nullable ClientTrust clients)
      throws InvalidKeyPairException {
    return context(new Wanted(List.copyOf(keys), true, clients));
  }

  /** The same for listeners behind which we do not know the protocol: they agree on none. */
  public SslContext contextForRelay(List<CertifiedKey> keys) throws InvalidKeyPairException {
    return context(new Wanted(List.copyOf(keys), false, null));
  }

  private SslContext context(Wanted content) throws InvalidKeyPairException {
    SslContext known = contexts.get(content);
    if (known != null) {
      return known;
    }
    try {
      SslContext built = build(content);
      contexts.put(content, built);
      if (built.sessionContext() instanceof OpenSslServerSessionContext sessions
          && !ticketRotation.isZero()) {
        tickets.put(built, new SessionTickets(sessions, random, ticketRotation));
        sendOneTicket(built);
      }
      return built;
    } catch (SSLException | IllegalArgumentException e) {
      throw new InvalidKeyPairException(
          "certificates "
              + content.keys()
              + " (refused by the TLS library: "
              + e.getMessage()
              + ")",
          e);
    }
  }

  /**
   * BoringSSL makes two tickets in each handshake; a client that comes back uses one and is given
   * the next one then. Netty has no setting for it, only the pointer.
   */
  @SuppressWarnings("deprecation")
  private static void sendOneTicket(SslContext context) {
    if (context instanceof ReferenceCountedOpenSslContext openSsl) {
      var unused = SSLContext.setNumTickets(openSsl.sslCtxPointer(), 1);
    }
  }

  /** Forgets every context but these. */
  public void keepOnly(Set<SslContext> used) {
    contexts.values().retainAll(new HashSet<>(used));
    tickets.keySet().retainAll(contexts.values());
  }

  int size() {
    return contexts.size();
  }

  private SslContext build(Wanted content) throws SSLException {
    KeyManagerFactory factory = new ServerKeysFactory(new ServerKeys(content.keys()));
    if (provider == SslProvider.OPENSSL) {
      // Without it BoringSSL would be given the key anew in every handshake.
      factory = new OpenSslCachingX509KeyManagerFactory(factory);
    }
    SslContextBuilder builder = SslContextBuilder.forServer(factory);
    ClientTrust clients = content.clients();
    if (clients != null && clients.anyone()) {
      // Not even a certificate that is not one keeps the client out: no check says so.
      builder.trustManager(InsecureTrustManagerFactory.INSTANCE).clientAuth(ClientAuth.OPTIONAL);
    } else if (clients != null) {
      builder.trustManager(clients.authorities()).clientAuth(ClientAuth.REQUIRE);
    }
    if (provider == SslProvider.OPENSSL) {
      builder.option(OpenSslContextOption.GROUPS, GROUPS.clone());
    }
    return builder
        .sslProvider(provider)
        .protocols("TLSv1.3", "TLSv1.2")
        .ciphers(CIPHERS, SupportedCipherSuiteFilter.INSTANCE)
        .applicationProtocolConfig(content.http() ? HTTP : ApplicationProtocolConfig.DISABLED)
        .build();
  }

  /** What Netty asks for key managers: a factory that has one already. */
  private static final class ServerKeysFactory extends KeyManagerFactory {
    private ServerKeysFactory(ServerKeys keys) {
      super(new Spi(keys), new NoProvider(), "nantian");
      try {
        init((KeyStore) null, null); // Netty's caching wrapper wants an initialised factory
      } catch (java.security.GeneralSecurityException e) {
        throw new IllegalStateException("initialising with nothing", e);
      }
    }

    private static final class NoProvider extends Provider {
      private static final long serialVersionUID = 1L;

      private NoProvider() {
        super("nantian", "1", "keys of listeners");
      }
    }

    private static final class Spi extends KeyManagerFactorySpi {
      private final ServerKeys keys;

      private Spi(ServerKeys keys) {
        this.keys = keys;
      }

      @Override
      protected void engineInit(@Nullable KeyStore store, char @Nullable [] password) {}

      @Override
      protected void engineInit(ManagerFactoryParameters parameters) {}

      @Override
      protected KeyManager[] engineGetKeyManagers() {
        return new KeyManager[] {keys};
      }
    }
  }
}
