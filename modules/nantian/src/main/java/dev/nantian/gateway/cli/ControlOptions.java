package dev.nantian.gateway.cli;

import dev.nantian.gateway.control.ControlPlaneSettings;
import java.net.InetSocketAddress;
import java.util.List;
import picocli.CommandLine.Option;

/** Options of a control plane, for the commands that run one. */
final class ControlOptions {
  @Option(
      names = "--controller-name",
      paramLabel = "NAME",
      defaultValue = ControlPlaneSettings.CONTROLLER_NAME,
      description = "GatewayClasses with this controllerName are ours (default: ${DEFAULT-VALUE}).")
  private String controllerName = ControlPlaneSettings.CONTROLLER_NAME;

  @Option(
      names = "--address-pool",
      paramLabel = "IP|CIDR",
      description =
          "Addresses to give to Gateways that ask for none, each to one; may be repeated. Without a pool they share the proxy's address.")
  private List<String> addressPool = List.of();

  @Option(
      names = "--shared-address",
      paramLabel = "IP",
      defaultValue = "127.0.0.1",
      description =
          "Address that the status of Gateways without one of their own names; may be repeated (default: ${DEFAULT-VALUE}).")
  private List<String> sharedAddresses = List.of();

  ControlPlaneSettings settings(InetSocketAddress xds) {
    return new ControlPlaneSettings(controllerName, xds, addressPool, sharedAddresses);
  }
}
