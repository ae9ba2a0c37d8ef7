package dev.nantian.gateway.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.nantian.gateway.control.kubernetes.infrastructure.HostSettings;
import dev.nantian.gateway.control.kubernetes.infrastructure.HostSettings.Address;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

class KubernetesOptionsTest {

  @ParameterizedTest
  @CsvSource({
    "--service-type=NodePort, INTERNAL_IP, false",
    "--service-type=nodeport --every-node, INTERNAL_IP, true",
    "--service-type=NodePort --node-address=ExternalIP, EXTERNAL_IP, false",
    "--service-type=HostNetwork, ENDPOINT, false",
    "--service-type=HostNetwork --node-address=internalip, INTERNAL_IP, false",
  })
  void gatewaysHaveTheAddressesOfHosts(String args, Address address, boolean everyNode) {
    KubernetesOptions options = options(args);

    assertThat(options.hosts()).contains(new HostSettings("nantian-proxy", address, everyNode));
  }

  @ParameterizedTest
  @CsvSource({"--service-type=LoadBalancer", "--service-type=ClusterIP", "--service-type=none"})
  void otherwiseTheyHaveNot(String args) {
    assertThat(options(args).hosts()).isEmpty();
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "--service-type=HostNetwork --every-node"
            + "|--every-node: --service-type is HostNetwork (expected NodePort)",
        "--node-address=ExternalIP"
            + "|--node-address: --service-type is LoadBalancer (expected NodePort or HostNetwork)",
        "--service-type=NodePort --node-address=Hostname"
            + "|--node-address: Hostname (expected InternalIP or ExternalIP)",
        "--service-type=Node"
            + "|--service-type: Node (expected LoadBalancer, NodePort, ClusterIP, HostNetwork or none)",
      })
  void whatDoesNotFitIsSaid(String args, String message) {
    KubernetesOptions options = options(args);

    assertThatThrownBy(options::hosts).isInstanceOf(CommandFailure.class).hasMessage(message);
  }

  private static KubernetesOptions options(String args) {
    Options options = new Options();
    new CommandLine(options).parseArgs(args.split(" ", -1));
    return options.kubernetes;
  }

  @Command
  private static final class Options {
    @Mixin private KubernetesOptions kubernetes = new KubernetesOptions();
  }
}
