package dev.nantian.gateway.control.schema;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import dev.nantian.gateway.control.kubernetes.api.ResourcePath;
import dev.nantian.gateway.control.source.Kind;
import dev.nantian.gateway.control.source.yaml.YamlDocument;
import dev.nantian.gateway.control.source.yaml.YamlReader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * The definitions of our own kinds say to an API server what the schemas say to the control plane.
 */
class CrdsTest {
  private static final Path CRDS = Path.of("deploy/kustomize/crds");
  private static final List<String> KEYWORDS =
      List.of(
          "type",
          "enum",
          "default",
          "minimum",
          "maximum",
          "minLength",
          "maxLength",
          "minItems",
          "maxItems",
          "pattern",
          "required");

  @ParameterizedTest
  @EnumSource(
      value = Kind.class,
      names = {"BACKEND_LB_POLICY", "HTTP_FILTER"})
  void theDefinitionAndTheSchemaAgree(Kind kind) throws Exception {
    JsonNode crd = read(ResourcePath.plural(kind) + ".yaml").getFirst().root();

    TreeMap<String, String> defined = new TreeMap<>();
    collect("spec", crd.at("/spec/versions/0/schema/openAPIV3Schema/properties/spec"), defined);

    TreeMap<String, String> checked = new TreeMap<>();
    collect("spec", schema(kind).at("/properties/spec"), checked);
    assertThat(defined).containsExactlyInAnyOrderEntriesOf(checked);
    assertThat(crd.at("/spec/group").asText() + "/" + crd.at("/spec/versions/0/name").asText())
        .isEqualTo(kind.apiVersions().getFirst());
    assertThat(crd.at("/spec/versions/0/subresources").has("status")).isTrue();
  }

  /** Others belong to a group of the Gateway API, and are installed by who wants them. */
  @Test
  void theDefinitionsOfOurOwnGroupAreInstalled() throws Exception {
    JsonNode installed = read("kustomization.yaml").getFirst().root().path("resources");

    assertThat(installed)
        .map(JsonNode::asText)
        .containsExactlyElementsOf(
            Stream.of(Kind.values())
                .filter(kind -> kind.group().equals("gateway.nantian.dev"))
                .map(kind -> ResourcePath.plural(kind) + ".yaml")
                .toList());
  }

  private static JsonNode schema(Kind kind) {
    return SchemaDocuments.document(SchemaDocuments.iri(kind));
  }

  private static void collect(String path, JsonNode schema, Map<String, String> all) {
    JsonNode shape =
        schema.has("$ref") ? SchemaDocuments.target(schema.get("$ref").asText()) : schema;
    for (String keyword : KEYWORDS) {
      JsonNode value = schema.has(keyword) ? schema.get(keyword) : shape.path(keyword);
      if (!value.isMissingNode()) {
        all.put(path + " " + keyword, value.toString());
      }
    }
    if (shape.path("uniqueItems").asBoolean()
        || shape.path("x-kubernetes-list-type").asText().equals("set")) {
      all.put(path + " distinct", "");
    }
    shape
        .path("properties")
        .properties()
        .forEach(property -> collect(path + "." + property.getKey(), property.getValue(), all));
    if (shape.has("items")) {
      collect(path + "[]", shape.get("items"), all);
    }
  }

  private static List<YamlDocument> read(String file) throws Exception {
    return YamlReader.read(Files.readAllBytes(folder().resolve(file)));
  }

  private static Path folder() {
    Path folder = requireNonNull(Path.of("").toAbsolutePath());
    while (!Files.exists(folder.resolve(CRDS))) {
      folder = requireNonNull(folder.getParent());
    }
    return folder.resolve(CRDS);
  }
}
