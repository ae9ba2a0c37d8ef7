package dev.nantian.gateway.control.kubernetes;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.fasterxml.jackson.databind.JsonNode;
import dev.nantian.gateway.control.source.yaml.YamlReader;
import java.io.File;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** What {@code kubectl kustomize} makes of the overlays, where kubectl is installed. */
class OverlaysTest {
  private static final Path OVERLAYS = Path.of("deploy/kustomize/overlays");

  @BeforeEach
  void needsKubectl() {
    assumeTrue(
        Stream.of(System.getenv("PATH").split(File.pathSeparator, -1))
            .anyMatch(folder -> Files.isExecutable(Path.of(folder, "kubectl"))),
        "kubectl is not installed");
  }

  @Test
  void nodePortsComeWithTheRightToReadNodes() throws Exception {
    List<JsonNode> objects = render("node-port");

    assertThat(args(objects, "nantian-control")).contains("--service-type=NodePort");
    assertThat(one(objects, "ClusterRoleBinding", "nantian-control-nodes").at("/subjects/0/name"))
        .hasToString("\"nantian-control\"");
    assertThat(one(objects, "ClusterRole", "nantian-control-nodes").at("/rules")).hasSize(1);
    assertThat(one(objects, "Namespace", "nantian-system").at("/metadata/labels").toString())
        .contains("restricted");
  }

  @Test
  void proxiesOnTheHostsNetworkHaveOneCapabilityAndKeepTheirAdminEndpointToThemselves()
      throws Exception {
    List<JsonNode> objects = render("host-network");

    JsonNode proxy = one(objects, "Deployment", "nantian-proxy").at("/spec/template/spec");
    JsonNode container = proxy.at("/containers/0");
    assertThat(args(objects, "nantian-control")).contains("--service-type=HostNetwork");
    assertThat(args(objects, "nantian-proxy"))
        .contains("--admin=127.0.0.1:9902")
        .doesNotContain("--admin=0.0.0.0:9902");
    assertThat(proxy.path("hostNetwork").asBoolean()).isTrue();
    assertThat(container.at("/securityContext/capabilities").toString())
        .isEqualTo("{\"add\":[\"NET_BIND_SERVICE\"],\"drop\":[\"ALL\"]}");
    for (String probe : List.of("readinessProbe", "livenessProbe")) {
      assertThat(container.at("/" + probe + "/httpGet/host").asText()).isEqualTo("127.0.0.1");
      assertThat(container.at("/" + probe + "/httpGet/path").asText()).isNotEmpty();
    }
    assertThat(
            objects.stream()
                .map(object -> object.path("kind").asText() + object.at("/metadata/name").asText()))
        .doesNotContain("ClusterRolenantian-control-nodes");
  }

  private static List<String> args(List<JsonNode> objects, String deployment) {
    List<String> args = new ArrayList<>();
    one(objects, "Deployment", deployment)
        .at("/spec/template/spec/containers/0/args")
        .forEach(arg -> args.add(arg.asText()));
    return args;
  }

  private static JsonNode one(List<JsonNode> objects, String kind, String name) {
    return objects.stream()
        .filter(object -> object.path("kind").asText().equals(kind))
        .filter(object -> object.at("/metadata/name").asText().equals(name))
        .findFirst()
        .orElseThrow(() -> new AssertionError("no " + kind + " " + name));
  }

  private static List<JsonNode> render(String overlay) throws Exception {
    Path folder = requireNonNull(Path.of("").toAbsolutePath());
    while (!Files.exists(folder.resolve(OVERLAYS))) {
      folder = requireNonNull(folder.getParent());
    }
    Process kubectl =
        new ProcessBuilder(
                "kubectl", "kustomize", folder.resolve(OVERLAYS).resolve(overlay).toString())
            .redirectError(ProcessBuilder.Redirect.INHERIT)
            .start();
    byte[] yaml = kubectl.getInputStream().readAllBytes();
    assertThat(kubectl.waitFor()).isZero();
    List<JsonNode> objects = new ArrayList<>();
    YamlReader.read(yaml).forEach(document -> objects.add(document.root()));
    return objects;
  }
}
