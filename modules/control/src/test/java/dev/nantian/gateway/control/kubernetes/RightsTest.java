package dev.nantian.gateway.control.kubernetes;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import dev.nantian.gateway.control.kubernetes.api.ResourcePath;
import dev.nantian.gateway.control.kubernetes.status.StatusWriter;
import dev.nantian.gateway.control.source.Kind;
import dev.nantian.gateway.control.source.yaml.YamlDocument;
import dev.nantian.gateway.control.source.yaml.YamlReader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;

/** What the manifests grant is what is used: {@code group/resource verb}, no more and no less. */
class RightsTest {
  private static final Path BASE = Path.of("deploy/kustomize/base/rbac.yaml");
  private static final Path NODES = Path.of("deploy/kustomize/components/nodes/rbac.yaml");

  @Test
  void theControlPlaneMayDoWhatItDoesAndNothingElse() throws Exception {
    assertThat(granted(BASE)).containsExactlyInAnyOrderElementsOf(used());
  }

  @Test
  void whereGatewaysHaveAddressesOfNodesItMayReadThemToo() throws Exception {
    assertThat(granted(NODES)).containsExactly("/nodes list", "/nodes watch");
  }

  private static Set<String> granted(Path manifest) throws Exception {
    Set<String> granted = new TreeSet<>();
    for (YamlDocument document : YamlReader.read(Files.readAllBytes(find(manifest)))) {
      for (JsonNode rule : document.root().path("rules")) {
        grants(rule, granted);
      }
    }
    return granted;
  }

  @Test
  void theProxyMayDoNothing() throws Exception {
    Set<String> bound = new HashSet<>();
    for (Path manifest : List.of(BASE, NODES)) {
      for (YamlDocument document : YamlReader.read(Files.readAllBytes(find(manifest)))) {
        for (JsonNode subject : document.root().path("subjects")) {
          bound.add(subject.path("name").asText());
        }
      }
    }

    assertThat(bound).containsExactly("nantian-control");
  }

  private static Set<String> used() {
    Set<String> used = new TreeSet<>();
    for (Kind kind : Kind.values()) {
      String resource = kind.group() + "/" + ResourcePath.plural(kind);
      used.add(resource + " list");
      used.add(resource + " watch");
      if (StatusWriter.writes(kind)) {
        // After a conflict the object is read anew.
        used.add(resource + " get");
        used.add(resource + "/status patch");
      }
    }
    // Infrastructure: looks before it makes, applies, removes what is no longer ours.
    used.addAll(
        List.of("/services get", "/services create", "/services patch", "/services delete"));
    String slices = "discovery.k8s.io/endpointslices ";
    used.addAll(List.of(slices + "create", slices + "patch"));
    String events = "events.k8s.io/events ";
    used.addAll(List.of(events + "create", events + "patch"));
    String leases = "coordination.k8s.io/leases ";
    used.addAll(List.of(leases + "create", leases + "get", leases + "update"));
    return used;
  }

  private static void grants(JsonNode rule, Set<String> granted) {
    for (JsonNode group : rule.path("apiGroups")) {
      for (JsonNode resource : rule.path("resources")) {
        for (JsonNode verb : rule.path("verbs")) {
          granted.add(group.asText() + "/" + resource.asText() + " " + verb.asText());
        }
      }
    }
  }

  private static Path find(Path manifest) {
    Path folder = requireNonNull(Path.of("").toAbsolutePath());
    while (!Files.exists(folder.resolve(manifest))) {
      folder = requireNonNull(folder.getParent());
    }
    return folder.resolve(manifest);
  }
}
