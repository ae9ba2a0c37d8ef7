package dev.nantian.gateway.control;

import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.List;

/**
 * How a control plane runs.
 *
 * @param controllerName GatewayClasses with this {@code spec.controllerName} are ours
 * @param xdsAddress where proxies connect; port 0 takes a free one. What is sent holds private
 *     keys: loopback, or a network where only proxies are.
 * @param addressPool IP addresses and CIDR blocks to give to Gateways that ask for no address, each
 *     to one; empty: they share the proxy's bind address
 * @param sharedAddresses at which clients reach Gateways that share the proxy's bind address
 */
public record ControlPlaneSettings(
    String controllerName,
    InetSocketAddress xdsAddress,
    List<String> addressPool,
    List<String> sharedAddresses) {

  /** The controller name of this gateway. */
  public static final String CONTROLLER_NAME = "gateway.nantian.dev/controller";

  public ControlPlaneSettings {
    addressPool = List.copyOf(addressPool);
    sharedAddresses = List.copyOf(sharedAddresses);
  }

  /** Loopback on a free port, no pool. */
  public static ControlPlaneSettings defaults() {
    return new ControlPlaneSettings(
        CONTROLLER_NAME,
        new InetSocketAddress(InetAddress.ofLiteral("127.0.0.1"), 0),
        List.of(),
        List.of("127.0.0.1"));
  }

  public ControlPlaneSettings withControllerName(String name) {
    return new ControlPlaneSettings(name, xdsAddress, addressPool, sharedAddresses);
  }

  public ControlPlaneSettings withAddressPool(List<String> pool) {
    return new ControlPlaneSettings(controllerName, xdsAddress, pool, sharedAddresses);
  }
}
