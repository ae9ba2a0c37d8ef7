package dev.nantian.gateway.proxy.xds;

/**
 * Where the control plane listens for gRPC, without TLS.
 *
 * @param port 1 to 65535
 */
public record ControlPlaneAddress(String host, int port) {
  public ControlPlaneAddress {
    if (host.isBlank()) {
      throw new IllegalArgumentException("control plane host: \"\" (expected a name or address)");
    }
    if (port < 1 || port > 65535) {
      throw new IllegalArgumentException("control plane port: " + port + " (expected 1 to 65535)");
    }
  }

  @Override
  public String toString() {
    return (host.contains(":") ? "[" + host + "]" : host) + ":" + port;
  }
}
