package dev.nantian.gateway.cli;

import dev.nantian.gateway.control.ControlPlaneBacking;
import dev.nantian.gateway.control.ControlPlaneSettings;
import dev.nantian.gateway.control.address.AddressPlan;
import dev.nantian.gateway.control.address.AddressPool;
import dev.nantian.gateway.control.kubernetes.KubernetesBacking;
import dev.nantian.gateway.control.kubernetes.KubernetesSettings;
import dev.nantian.gateway.control.kubernetes.api.ApiClient;
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
          "Type of the Service that each Gateway gets: LoadBalancer, ClusterIP, or none to give addresses by --address-pool and --shared-address (default: ${DEFAULT-VALUE}).")
  private String serviceType = "LoadBalancer";

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
              Optional.ofNullable(System.getenv("NANTIAN_POD_IP"))
                  .filter(address -> !address.isEmpty())
                  .map(
                      address ->
                          InetSocketAddress.createUnresolved(
                              address, settings.xdsAddress().getPort()))),
          new AddressPlan(AddressPool.parse(settings.addressPool()), settings.sharedAddresses()),
          meters);
    } catch (SourceException e) {
      throw new CommandFailure(String.valueOf(e.getMessage()), e);
    }
  }

  private Optional<InfrastructureSettings> infrastructure() {
    if (serviceType.equalsIgnoreCase("none")) {
      return Optional.empty();
    }
    try {
      return Optional.of(
          InfrastructureSettings.of(
              InfrastructureSettings.ServiceType.of(serviceType), proxyService));
    } catch (IllegalArgumentException e) {
      throw new CommandFailure("--service-type: " + e.getMessage() + " or none", e);
    }
  }
}
