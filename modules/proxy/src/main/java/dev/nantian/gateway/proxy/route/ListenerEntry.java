package dev.nantian.gateway.proxy.route;

import dev.nantian.gateway.proxy.tls.CertifiedKey;
import io.netty.handler.ssl.SslContext;
import org.jspecify.annotations.Nullable;

/**
 * One Gateway listener as the loops see it.
 *
 * <p>Holds no routes: a connection that was bound to an entry by its SNI asks each new {@link
 * ListenerTable} with the same entry, which finds the listener again by {@link #id()}.
 */
public final class ListenerEntry {
  /** What becomes of a connection whose listener is known. */
  public enum Mode {
    /** Requests are read and routed. */
    HTTP,
    /** TLS ends here; what is inside is relayed (TLSRoute, mode Terminate). */
    RELAY_DECRYPTED,
    /** Relayed as it came, the ClientHello included (TLSRoute, mode Passthrough). */
    RELAY_ENCRYPTED
  }

  private final String gateway;
  private final String name;
  private final String id;
  private final int port;
  private final @Nullable SslContext tls;
  private final Mode mode;
  private final @Nullable CertifiedKey backendKey;

  /** A listener of requests. */
  public ListenerEntry(String gateway, String name, int port, @Nullable SslContext tls) {
    this(gateway, name, port, tls, Mode.HTTP);
  }

  /**
   * @param gateway {@code namespace/name} of the Gateway
   * @param name the listener's name in it
   * @param port the listener's port as in the Gateway
   * @param tls its certificates, built and checked when the configuration was compiled; null for
   *     cleartext and for what is relayed as it came
   */
  public ListenerEntry(String gateway, String name, int port, @Nullable SslContext tls, Mode mode) {
    this(gateway, name, port, tls, mode, null);
  }

  /**
   * @param backendKey what backends that are spoken to over TLS are shown if they ask; null for
   *     nothing
   */
  public ListenerEntry(
      String gateway,
      String name,
      int port,
      @Nullable SslContext tls,
      Mode mode,
      @Nullable CertifiedKey backendKey) {
    this.backendKey = backendKey;
    this.gateway = gateway;
    this.name = name;
    this.id = gateway + "/" + name;
    this.port = port;
    this.tls = tls;
    this.mode = mode;
  }

  public Mode mode() {
    return mode;
  }

  /** The Gateway's certificate for backends (GEP-3155); null if it has none. */
  public @Nullable CertifiedKey backendKey() {
    return backendKey;
  }

  /** {@code namespace/name} of the Gateway. */
  public String gateway() {
    return gateway;
  }

  /** The listener's name in its Gateway. */
  public String name() {
    return name;
  }

  /** {@code namespace/gateway/listener}: the same listener in every configuration. */
  public String id() {
    return id;
  }

  /** The listener's port as in the Gateway. */
  public int port() {
    return port;
  }

  /** Its certificates; null for cleartext. */
  public @Nullable SslContext tls() {
    return tls;
  }

  @Override
  public String toString() {
    return id + ":" + port;
  }
}
