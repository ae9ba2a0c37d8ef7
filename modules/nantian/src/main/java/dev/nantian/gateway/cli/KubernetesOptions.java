package dev.nantian.gateway.cli;

import dev.nantian.gateway.control.ControlPlaneBacking;
import dev.nantian.gateway.control.ControlPlaneSettings;
import dev.nantian.gateway.control.address.AddressPlan;
import dev.nantian.gateway.control.address.AddressPool;
import dev.nantian.gateway.control.kubernetes.KubernetesBacking;
import dev.nantian.gateway.control.kubernetes.KubernetesSettings;
import dev.nantian.gateway.control.kubernetes.api.ApiClient;
import dev.nantian.gateway.control.kubernetes.infrastructure.HostBook;
import dev.nantian.gateway.control.kubernetes.infrastructure.HostSettings;
import dev.nantian.gateway.control.kubernetes.infrastructure.InfrastructureSettings;
import dev.nantian.gateway.control.source.SourceException;
import io.micrometer.core.instrument.MeterRegistry;
import java.net.InetSocketAddress;
import java.nio.file.Path;
import java.util.Optional;
import java.util.UUID;
import org.apache.pekko.actor.typed.ActorSystem;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** Options of a control plane on a Kubernetes API server. */
final class KubernetesOptions {
  @Option(
      names = "--kubernetes",
      description = "Read objects from a Kubernetes API server and write their statuses to it.")
  private boolean chosen;

  @Option(
      names = "--kubeconfig",
      paramLabel = "FILE",
      description =
          "How to reach the API server (default: the pod's ServiceAccount, else $$KUBECONFIG, else ~/.kube/config).")
  private @Nullable Path kubeconfig;

  @Option(
      names = "--service-type",
      paramLabel = "TYPE",
      defaultValue = "LoadBalancer",
      description =
          "Type of the Service that each Gateway gets: LoadBalancer, NodePort or ClusterIP; HostNetwork for no Service and the addresses of the proxies' hosts, none to give addresses by --address-pool and --shared-address (default: ${DEFAULT-VALUE}).")
  private String serviceType = "LoadBalancer";

  @Option(
      names = "--node-address",
      paramLabel = "TYPE",
      description =
          "With NodePort or HostNetwork: which addresses of nodes Gateways have, InternalIP or ExternalIP (default: InternalIP).")
  private @Nullable String nodeAddress;

  @Option(
      names = "--every-node",
      description =
          "With NodePort: the addresses of all ready nodes, not only of those on which a proxy is ready.")
  private boolean everyNode;

  @Option(
      names = "--proxy-service",
      paramLabel = "NAME",
      defaultValue = "nantian-proxy",
      description =
          "Service in the control plane's namespace whose endpoints are the proxies (default: ${DEFAULT-VALUE}).")
  private String proxyService = "nantian-proxy";

  @Option(
      names = "--lease",
      paramLabel = "NAME",
      defaultValue = "nantian-control",
      description =
          "Lease in the control plane's namespace whose holder writes (default: ${DEFAULT-VALUE}).")
  private String lease = "nantian-control";

  private @Nullable ApiClient api;

  boolean chosen() {
    return chosen || kubeconfig != null;
  }

  /** Where the API server is, once there is a backing. */
  String server() {
    ApiClient open = api;
    return open == null ? "" : open.server();
  }

  ControlPlaneBacking backing(
      ActorSystem<?> system, ControlPlaneSettings settings, MeterRegistry meters) {
    Optional<InfrastructureSettings> infrastructure = infrastructure();
    Optional<HostSettings> hosts = hosts();
    if (hostNetwork() && !settings.addressPool().isEmpty()) {
      throw new CommandFailure(
          "--address-pool: not with --service-type HostNetwork (expected none, whose proxies bind the pool's addresses)");
    }
    try {
      ApiClient open = ApiClient.open(kubeconfig);
      api = open;
      return new KubernetesBacking(
          system,
          open,
          new KubernetesSettings(
              settings.controllerName(),
              ProxyOptions.hostName() + "-" + UUID.randomUUID().toString().substring(0, 8),
              lease,
              KubernetesSettings.LEASE_DURATION,
              infrastructure,
              hosts,
              Optional.ofNullable(System.getenv("NANTIAN_POD_IP"))
                  .filter(address -> !address.isEmpty())
                  .map(
                      address ->
                          InetSocketAddress.createUnresolved(
                              address, settings.xdsAddress().getPort()))),
          hostNetwork()
              ? new HostBook()
              : new AddressPlan(
                  AddressPool.parse(settings.addressPool()), settings.sharedAddresses()),
          meters);
    } catch (SourceException e) {
      throw new CommandFailure(String.valueOf(e.getMessage()), e);
    }
  }

  private boolean hostNetwork() {
    return serviceType.equalsIgnoreCase("HostNetwork");
  }

  private Optional<InfrastructureSettings> infrastructure() {
    if (serviceType.equalsIgnoreCase("none") || hostNetwork()) {
      return Optional.empty();
    }
    try {
      return Optional.of(
          InfrastructureSettings.of(
              InfrastructureSettings.ServiceType.of(serviceType), proxyService));
    } catch (IllegalArgumentException e) {
      throw new CommandFailure(
          "--service-type: "
              + serviceType
              + " (expected LoadBalancer, NodePort, ClusterIP, HostNetwork or none)",
          e);
    }
  }

  /** Whose addresses Gateways have, if those of hosts. */
  Optional<HostSettings> hosts() {
    boolean nodePort =
        infrastructure()
            .filter(made -> made.serviceType() == InfrastructureSettings.ServiceType.NODE_PORT)
            .isPresent();
    if (everyNode && !nodePort) {
      throw new CommandFailure(
          "--every-node: --service-type is " + serviceType + " (expected NodePort)");
    }
    if (!nodePort && !hostNetwork()) {
      if (nodeAddress != null) {
        throw new CommandFailure(
            "--node-address: --service-type is "
                + serviceType
                + " (expected NodePort or HostNetwork)");
      }
      return Optional.empty();
    }
    return Optional.of(new HostSettings(proxyService, address(), everyNode));
  }

  // On the hosts' network a proxy's endpoint is its host's InternalIP; no right to Nodes is needed.
  private HostSettings.Address address() {
    if (nodeAddress == null) {
      return hostNetwork() ? HostSettings.Address.ENDPOINT : HostSettings.Address.INTERNAL_IP;
    }
    try {
      return HostSettings.Address.ofNode(nodeAddress);
    } catch (IllegalArgumentException e) {
      throw new CommandFailure("--node-address: " + e.getMessage(), e);
    }
  }
}
