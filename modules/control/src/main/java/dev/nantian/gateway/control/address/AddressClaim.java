package dev.nantian.gateway.control.address;

import java.util.List;
import java.util.Map;

/**
 * What a Gateway wants.
 *
 * @param gateway {@code namespace/name}
 * @param createdMillis decides who came first
 * @param requested IP addresses of its spec; empty if it takes what it gets
 * @param listeners those that would be served
 * @param infrastructure for what is made for it
 */
public record AddressClaim(
    String gateway,
    long createdMillis,
    List<String> requested,
    List<Port> listeners,
    Infrastructure infrastructure) {
  public AddressClaim {
    requested = List.copyOf(requested);
    listeners = List.copyOf(listeners);
  }

  /** Of a Gateway for which nothing is made. */
  public AddressClaim(
      String gateway, long createdMillis, List<String> requested, List<Port> listeners) {
    this(gateway, createdMillis, requested, listeners, Infrastructure.NONE);
  }

  /**
   * What objects that are made for a Gateway have of it ({@code Gateway.spec.infrastructure}).
   *
   * @param uid of the Gateway; empty if it is in no API server
   * @param gatewayClass name of its class
   */
  public record Infrastructure(
      String uid,
      String gatewayClass,
      Map<String, String> labels,
      Map<String, String> annotations) {
    static final Infrastructure NONE = new Infrastructure("", "", Map.of(), Map.of());

    public Infrastructure {
      labels = Map.copyOf(labels);
      annotations = Map.copyOf(annotations);
    }
  }

  /**
   * A listener's claim.
   *
   * @param protocol one socket carries one protocol
   * @param hostname normal form; empty for every hostname
   */
  public record Port(String listener, int port, String protocol, String hostname) {
    /** The socket that it needs: UDP and the others may have the same number. */
    String socket() {
      return protocol.equals("UDP") ? port + "/udp" : Integer.toString(port);
    }

    /** What a connection begins with: HTTPS and TLS are told apart by the server name. */
    String opening() {
      return protocol.equals("HTTPS") ? "TLS" : protocol;
    }
  }
}
