package dev.nantian.gateway.proxy.tls;

import java.net.Socket;
import java.security.Principal;
import java.security.PrivateKey;
import java.security.cert.X509Certificate;
import java.util.List;
import java.util.Locale;
import java.util.stream.IntStream;
import javax.net.ssl.ExtendedSSLSession;
import javax.net.ssl.SNIHostName;
import javax.net.ssl.SNIServerName;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.X509ExtendedKeyManager;
import org.jspecify.annotations.Nullable;

/**
 * The certificates of one listener: among those whose key type the TLS library asks for and the
 * client can verify, the first whose names cover the SNI, else the first (in the order of
 * certificateRefs).
 *
 * <p>BoringSSL asks before it has chosen a TLS 1.2 cipher suite, so what a client can verify is
 * read from its signature algorithms, not from its suites.
 */
final class ServerKeys extends X509ExtendedKeyManager {
  private final List<CertifiedKey> keys;
  private final boolean oneType;

  ServerKeys(List<CertifiedKey> keys) {
    this.keys = List.copyOf(keys);
    this.oneType = keys.stream().map(CertifiedKey::keyType).distinct().count() < 2;
  }

  @Override
  public @Nullable String chooseEngineServerAlias(
      String keyType, Principal @Nullable [] issuers, @Nullable SSLEngine engine) {
    String host = "";
    // Asked in every handshake, several times. What a client can verify only decides between two
    // types of keys, and costs Netty regular expressions (5 % of a handshake); names only between
    // several keys. With no algorithm in common the library itself ends the handshake.
    if (keys.size() > 1
        && engine != null
        && engine.getHandshakeSession() instanceof ExtendedSSLSession session) {
      if (!oneType && !canVerify(session, keyType)) {
        return null;
      }
      host = sni(session);
    }
    int first = -1;
    for (int i = 0; i < keys.size(); i++) {
      CertifiedKey candidate = keys.get(i);
      if (!fits(candidate, keyType)) {
        continue;
      }
      if (candidate.covers(host)) {
        return Integer.toString(i);
      }
      if (first < 0) {
        first = i;
      }
    }
    return first < 0 ? null : Integer.toString(first);
  }

  private static boolean fits(CertifiedKey key, String keyType) {
    // "EC", "EC_EC" and "ECDSA" all ask for an elliptic-curve key, "RSA" and "RSASSA-PSS" for RSA.
    return keyType.startsWith(key.keyType());
  }

  private static String sni(ExtendedSSLSession session) {
    for (SNIServerName name : session.getRequestedServerNames()) {
      if (name instanceof SNIHostName host) {
        return host.getAsciiName().toLowerCase(Locale.ROOT);
      }
    }
    return "";
  }

  private static boolean canVerify(ExtendedSSLSession session, String keyType) {
    String[] algorithms = session.getPeerSupportedSignatureAlgorithms();
    if (algorithms.length == 0) {
      return true; // not said
    }
    String wanted = keyType.startsWith("EC") ? "ECDSA" : "RSA";
    for (String algorithm : algorithms) {
      if (algorithm.contains(wanted)) {
        return true;
      }
    }
    return false;
  }

  private @Nullable CertifiedKey ofAlias(String alias) {
    return alias.chars().allMatch(Character::isDigit) && !alias.isEmpty()
        ? keys.get(Integer.parseInt(alias))
        : null;
  }

  @Override
  public X509Certificate @Nullable [] getCertificateChain(String alias) {
    CertifiedKey key = ofAlias(alias);
    return key == null ? null : key.chain().toArray(X509Certificate[]::new);
  }

  @Override
  public @Nullable PrivateKey getPrivateKey(String alias) {
    CertifiedKey key = ofAlias(alias);
    return key == null ? null : key.key();
  }

  @Override
  public @Nullable String chooseServerAlias(
      String keyType, Principal @Nullable [] issuers, @Nullable Socket socket) {
    return chooseEngineServerAlias(keyType, issuers, null);
  }

  @Override
  public String @Nullable [] getServerAliases(String keyType, Principal @Nullable [] issuers) {
    return IntStream.range(0, keys.size())
        .filter(i -> fits(keys.get(i), keyType))
        .mapToObj(Integer::toString)
        .toArray(String[]::new);
  }

  @Override
  public String @Nullable [] getClientAliases(String keyType, Principal @Nullable [] issuers) {
    return null; // a server's keys
  }

  @Override
  public @Nullable String chooseClientAlias(
      String[] keyType, Principal @Nullable [] issuers, @Nullable Socket socket) {
    return null; // a server's keys
  }
}
