package dev.nantian.gateway.proxy.config;

import static dev.nantian.gateway.proxy.config.Checks.invalid;

import dev.nantian.gateway.protocol.config.v1.ClientValidation;
import dev.nantian.gateway.protocol.config.v1.Gateway;
import dev.nantian.gateway.protocol.config.v1.Listener;
import dev.nantian.gateway.protocol.config.v1.RejectedResource;
import dev.nantian.gateway.proxy.route.CompiledListeners;
import dev.nantian.gateway.proxy.route.ListenerEntry;
import dev.nantian.gateway.proxy.tls.CertifiedKey;
import dev.nantian.gateway.proxy.tls.ClientTrust;
import dev.nantian.gateway.proxy.tls.InvalidKeyPairException;
import dev.nantian.gateway.proxy.tls.TlsContexts;
import io.netty.handler.ssl.SslContext;
import io.netty.util.NetUtil;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.UnknownHostException;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * The Gateways, and the sockets that their listeners need together.
 *
 * <p>Listeners of several Gateways may share an address and port as long as they agree on TLS and
 * differ in hostname; where they do not, the older Gateway has it, and the other one's listener is
 * a problem of its Gateway. Owned by the configuration thread.
 */
final class Gateways {
  /**
   * A listener at one address.
   *
   * @param problem why it does not serve; null if it does
   */
  record Placement(
      Gateway gateway, Listener listener, InetSocketAddress address, @Nullable Problem problem) {}

  /** Why something does not serve. */
  record Problem(RejectedResource.Reason reason, String message) {
    static Problem invalid(String message) {
      return new Problem(RejectedResource.Reason.INVALID, message);
    }

    static Problem addressNotUsable(String message) {
      return new Problem(RejectedResource.Reason.ADDRESS_NOT_USABLE, message);
    }
  }

  /** What the Gateways compile to. */
  record Compiled(
      List<ListenerSocket> sockets, List<L4Socket> l4Sockets, List<Placement> placements) {
    static final Compiled NOTHING = new Compiled(List.of(), List.of(), List.of());
  }

  /** What a socket speaks first; listeners that differ in it cannot share one. */
  private enum Opening {
    HTTP,
    TLS,
    TCP,
    UDP;

    static Opening of(Listener listener) {
      return switch (listener.getProtocol()) {
        case HTTPS, TLS -> TLS;
        case TCP -> TCP;
        case UDP -> UDP;
        case HTTP, PROTOCOL_UNSPECIFIED, UNRECOGNIZED -> HTTP;
      };
    }
  }

  private final InetAddress bindAddress;
  private final TlsContexts contexts;
  private final Map<String, Gateway> gateways = new HashMap<>();
  private final Map<String, ListenerEntry> entries = new HashMap<>();
  private Map<InetSocketAddress, ListenerSocket> sockets = new HashMap<>();

  Gateways(InetAddress bindAddress, TlsContexts contexts) {
    this.bindAddress = bindAddress;
    this.contexts = contexts;
  }

  void put(Gateway gateway) throws InvalidResourceException {
    check(gateway);
    gateways.put(gateway.getName(), gateway);
  }

  void remove(String name) {
    gateways.remove(name);
  }

  private static void check(Gateway gateway) throws InvalidResourceException {
    String object = "Gateway " + gateway.getName();
    Checks.objectName(object + " name", gateway.getName());
    for (int i = 0; i < gateway.getAddressesCount(); i++) {
      if (NetUtil.createByteArrayFromIpAddressString(gateway.getAddresses(i)) == null) {
        throw invalid(
            object + " addresses[" + i + "].value", gateway.getAddresses(i), "an IP address");
      }
    }
    Set<String> names = new HashSet<>();
    for (int i = 0; i < gateway.getListenersCount(); i++) {
      Listener listener = gateway.getListeners(i);
      String field = object + " listeners[" + i + "]";
      if (listener.getName().isEmpty() || !names.add(listener.getName())) {
        throw invalid(field + ".name", listener.getName(), "a name of its own");
      }
      Checks.port(field + ".port", listener.getPort());
      if (listener.getBindPort() != 0) {
        Checks.port(field + ".bind_port", listener.getBindPort());
      }
      Checks.hostnamePattern(field + ".hostname", listener.getHostname());
      switch (listener.getProtocol()) {
        case HTTP -> {}
        case HTTPS, TLS -> {
          if (needsCertificate(listener) && listener.getCertificatesCount() == 0) {
            throw new InvalidResourceException(
                field + ".tls.certificateRefs: none (expected at least one)");
          }
        }
        case TCP, UDP -> {
          if (!listener.getHostname().isEmpty()) {
            throw invalid(field + ".hostname", listener.getHostname(), "none");
          }
        }
        case PROTOCOL_UNSPECIFIED, UNRECOGNIZED ->
            throw invalid(
                field + ".protocol", listener.getProtocolValue(), "HTTP, HTTPS, TLS, TCP or UDP");
      }
    }
  }

  private static boolean needsCertificate(Listener listener) {
    return mode(listener) != ListenerEntry.Mode.RELAY_ENCRYPTED;
  }

  private static ListenerEntry.Mode mode(Listener listener) {
    if (listener.getProtocol() != Listener.Protocol.TLS) {
      return ListenerEntry.Mode.HTTP;
    }
    return listener.getTlsMode() == Listener.TlsMode.PASSTHROUGH
        ? ListenerEntry.Mode.RELAY_ENCRYPTED
        : ListenerEntry.Mode.RELAY_DECRYPTED;
  }

  /**
   * Compiles all sockets. Sockets and entries of which nothing changed are the same objects as
   * before.
   *
   * @param secrets by {@code namespace/name}
   */
  Compiled compile(RouteTables routes, L4Tables l4Routes, Map<String, CertifiedKey> secrets) {
    List<Gateway> oldestFirst = new ArrayList<>(gateways.values());
    oldestFirst.sort(
        Comparator.comparingLong(Gateway::getCreatedMillis).thenComparing(Gateway::getName));
    Map<Key, Shared> shared = new LinkedHashMap<>();
    List<Placement> placements = new ArrayList<>();
    Set<String> liveEntries = new HashSet<>();
    Set<SslContext> liveContexts = new HashSet<>();
    for (Gateway gateway : oldestFirst) {
      for (Listener listener : gateway.getListenersList()) {
        place(
            gateway,
            listener,
            shared,
            placements,
            routes,
            l4Routes,
            secrets,
            liveEntries,
            liveContexts);
      }
    }
    entries.keySet().retainAll(liveEntries);
    contexts.keepOnly(liveContexts);
    Map<InetSocketAddress, ListenerSocket> next = new LinkedHashMap<>();
    List<L4Socket> l4 = new ArrayList<>();
    shared.forEach(
        (key, on) -> {
          switch (on.opening) {
            case HTTP, TLS -> next.put(key.address, socket(key.address, on));
            case TCP -> l4.add(l4Socket(key.address, L4Socket.Protocol.TCP, on));
            case UDP -> l4.add(l4Socket(key.address, L4Socket.Protocol.UDP, on));
          }
        });
    sockets = next;
    return new Compiled(List.copyOf(next.values()), List.copyOf(l4), List.copyOf(placements));
  }

  private static L4Socket l4Socket(
      InetSocketAddress address, L4Socket.Protocol protocol, Shared on) {
    CompiledListeners.Listener only = on.listeners.getFirst();
    return new L4Socket(address, protocol, only.entry().id(), only.relayed().target(""));
  }

  /** A port for datagrams is another than the one for connections. */
  private record Key(InetSocketAddress address, boolean datagrams) {}

  /** What one address and port serves so far. */
  private record Shared(
      Opening opening,
      Listener.Protocol first,
      String owner,
      List<CompiledListeners.Listener> listeners) {}

  private void place(
      Gateway gateway,
      Listener listener,
      Map<Key, Shared> shared,
      List<Placement> placements,
      RouteTables routes,
      L4Tables l4Routes,
      Map<String, CertifiedKey> secrets,
      Set<String> liveEntries,
      Set<SslContext> liveContexts) {
    Opening opening = Opening.of(listener);
    SslContext context = null;
    Problem problem = null;
    if (opening == Opening.TLS && needsCertificate(listener)) {
      try {
        List<CertifiedKey> keys = keys(listener, secrets);
        context =
            listener.getProtocol() == Listener.Protocol.HTTPS
                ? contexts.context(keys, clients(listener))
                : contexts.contextForRelay(keys);
        liveContexts.add(context);
      } catch (InvalidResourceException | InvalidKeyPairException e) {
        problem = Problem.invalid(String.valueOf(e.getMessage()));
      }
    }
    String client = gateway.getBackendClientCertificate();
    ListenerEntry entry =
        entry(gateway, listener, context, client.isEmpty() ? null : secrets.get(client));
    liveEntries.add(entry.id());
    for (InetSocketAddress address : addresses(gateway, listener)) {
      Problem here = problem;
      if (here == null) {
        Shared on =
            shared.computeIfAbsent(
                new Key(address, opening == Opening.UDP),
                _ ->
                    new Shared(
                        opening, listener.getProtocol(), gateway.getName(), new ArrayList<>()));
        here = conflict(on, opening, listener, address);
        if (here == null) {
          on.listeners.add(
              new CompiledListeners.Listener(
                  listener.getHostname(), entry, routes.of(entry.id()), l4Routes.of(entry.id())));
        }
      }
      placements.add(new Placement(gateway, listener, address, here));
    }
  }

  private static @Nullable Problem conflict(
      Shared on, Opening opening, Listener listener, InetSocketAddress address) {
    String hostname = listener.getHostname();
    if (on.opening != opening) {
      return Problem.addressNotUsable(
          "protocol: "
              + listener.getProtocol()
              + " (expected "
              + on.first
              + ", for Gateway "
              + on.owner
              + " has "
              + text(address)
              + ")");
    }
    for (CompiledListeners.Listener other : on.listeners) {
      if (other.hostname().equals(hostname)) {
        return Problem.addressNotUsable(
            "hostname: \""
                + hostname
                + "\" (expected another one on "
                + text(address)
                + ", for listener "
                + other.entry().id()
                + " has it)");
      }
    }
    return null;
  }

  private static List<CertifiedKey> keys(Listener listener, Map<String, CertifiedKey> secrets)
      throws InvalidResourceException {
    List<CertifiedKey> keys = new ArrayList<>();
    for (String name : listener.getCertificatesList()) {
      CertifiedKey key = secrets.get(name);
      if (key == null) {
        throw new InvalidResourceException(
            "tls.certificateRefs: Secret "
                + name
                + " (expected one that was received and is good)");
      }
      keys.add(key);
    }
    return keys;
  }

  private static @Nullable ClientTrust clients(Listener listener) throws InvalidKeyPairException {
    if (!listener.hasClientValidation()) {
      return null;
    }
    ClientValidation validation = listener.getClientValidation();
    // A mode that this version does not know is not taken for the open one.
    return ClientTrust.of(
        validation.getCaCertificates(),
        validation.getMode() == ClientValidation.Mode.ALLOW_INSECURE_FALLBACK);
  }

  private ListenerEntry entry(
      Gateway gateway,
      Listener listener,
      @Nullable SslContext context,
      @Nullable CertifiedKey backendKey) {
    ListenerEntry fresh =
        new ListenerEntry(
            gateway.getName(),
            listener.getName(),
            listener.getPort(),
            context,
            mode(listener),
            backendKey);
    ListenerEntry known = entries.get(fresh.id());
    if (known != null
        && known.port() == fresh.port()
        && known.tls() == context
        && known.mode() == fresh.mode()
        && Objects.equals(known.backendKey(), backendKey)) {
      return known;
    }
    entries.put(fresh.id(), fresh);
    return fresh;
  }

  private ListenerSocket socket(InetSocketAddress address, Shared on) {
    ListenerSocket known = sockets.get(address);
    if (known != null
        && known.tls() == (on.opening == Opening.TLS)
        && known.listeners() instanceof CompiledListeners before
        && before.listeners().equals(on.listeners)) {
      return known;
    }
    return new ListenerSocket(
        address, on.opening == Opening.TLS, new CompiledListeners(on.listeners));
  }

  private List<InetSocketAddress> addresses(Gateway gateway, Listener listener) {
    if (gateway.getAddressesCount() == 0) {
      return List.of(new InetSocketAddress(bindAddress, bindPort(listener)));
    }
    List<InetSocketAddress> addresses = new ArrayList<>();
    for (String literal : gateway.getAddressesList()) {
      addresses.add(new InetSocketAddress(parse(literal), bindPort(listener)));
    }
    return addresses;
  }

  private static int bindPort(Listener listener) {
    return listener.getBindPort() == 0 ? listener.getPort() : listener.getBindPort();
  }

  private static InetAddress parse(String literal) {
    try {
      return InetAddress.getByAddress(NetUtil.createByteArrayFromIpAddressString(literal));
    } catch (UnknownHostException e) {
      throw new IllegalStateException("address " + literal + " was checked when it came", e);
    }
  }

  static String text(InetSocketAddress address) {
    return NetUtil.toSocketAddressString(address);
  }
}
