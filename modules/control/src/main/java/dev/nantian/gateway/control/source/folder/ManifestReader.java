package dev.nantian.gateway.control.source.folder;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.nantian.gateway.control.schema.ObjectChecks;
import dev.nantian.gateway.control.schema.Suggestion;
import dev.nantian.gateway.control.schema.Violation;
import dev.nantian.gateway.control.source.Diagnostic;
import dev.nantian.gateway.control.source.Diagnostic.Severity;
import dev.nantian.gateway.control.source.Kind;
import dev.nantian.gateway.control.source.Place;
import dev.nantian.gateway.control.source.ResourceKey;
import dev.nantian.gateway.control.source.yaml.MalformedYamlException;
import dev.nantian.gateway.control.source.yaml.Positions;
import dev.nantian.gateway.control.source.yaml.YamlDocument;
import dev.nantian.gateway.control.source.yaml.YamlReader;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Base64;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Makes the objects of one file: reads, identifies, checks and completes them as an API server
 * would. Pure.
 */
final class ManifestReader {

  private static final String DEFAULT_NAMESPACE = "default";

  private final String file;
  private final List<ManifestObject> objects = new ArrayList<>();
  private final List<Diagnostic> diagnostics = new ArrayList<>();
  private final Set<String> passedOver = new HashSet<>();
  private boolean complete = true;

  private ManifestReader(String file) {
    this.file = file;
  }

  /**
   * Reads a file.
   *
   * @param file its name as shown to the user
   * @param bytes its content
   */
  static FileChange read(String file, byte[] bytes) {
    List<YamlDocument> documents;
    try {
      documents = YamlReader.read(bytes);
    } catch (MalformedYamlException e) {
      return new FileChange.Unreadable(
          new Diagnostic(
              Severity.ERROR,
              null,
              "",
              new Place(file, e.line(), e.column()),
              String.valueOf(e.getMessage())));
    }
    ManifestReader reader = new ManifestReader(file);
    documents.forEach(document -> reader.take(document.root(), document.positions()));
    return new FileChange.Read(new Manifest(reader.objects, reader.diagnostics, reader.complete));
  }

  private void take(JsonNode node, Positions positions) {
    FileOrigin origin = new FileOrigin(file, positions);
    if (node.isNull()) {
      return;
    }
    if (!(node instanceof ObjectNode root)) {
      unidentified(
          origin,
          "",
          nodeText(node) + " (expected a Kubernetes object: a mapping with apiVersion and kind)");
      return;
    }
    String apiVersion = text(root, "apiVersion");
    String kindName = text(root, "kind");
    if (apiVersion == null || kindName == null) {
      String missing = apiVersion == null ? "apiVersion" : "kind";
      unidentified(
          origin,
          missing,
          root.has(missing)
              ? nodeText(root.get(missing)) + " (expected text)"
              : "missing (expected a Kubernetes object with apiVersion and kind)");
      return;
    }
    int slash = apiVersion.indexOf('/');
    String group = slash < 0 ? "" : apiVersion.substring(0, slash);
    if (kindName.endsWith("List") && root.get("items") instanceof ArrayNode items) {
      for (int i = 0; i < items.size(); i++) {
        take(items.get(i), positions.nearest("items[" + i + "]"));
      }
      return;
    }
    Optional<Kind> known = Kind.of(group, kindName);
    if (known.isEmpty()) {
      unknownKind(origin, apiVersion, group, kindName);
      return;
    }
    Kind kind = known.get();
    ResourceKey key = key(origin, kind, root);
    if (key == null) {
      return;
    }
    if (!kind.apiVersions().contains(apiVersion)) {
      invalid(
          key,
          origin,
          List.of(
              error(
                  key,
                  origin,
                  "apiVersion",
                  apiVersion + " (expected " + String.join(" or ", kind.apiVersions()) + ")")));
      return;
    }
    object(key, origin, root.deepCopy());
  }

  private void unknownKind(FileOrigin origin, String apiVersion, String group, String kindName) {
    List<Kind> sameName =
        Arrays.stream(Kind.values()).filter(kind -> kind.kindName().equals(kindName)).toList();
    if (!sameName.isEmpty() && group.contains("gateway")) {
      unidentified(
          origin,
          "apiVersion",
          apiVersion
              + " (expected "
              + String.join(" or ", sameName.getFirst().apiVersions())
              + " for "
              + kindName
              + ")");
    } else if (group.equals(Kind.GATEWAY_API)) {
      List<String> kinds =
          Arrays.stream(Kind.values())
              .filter(kind -> kind.group().equals(group))
              .map(Kind::kindName)
              .sorted()
              .toList();
      String nearest = Suggestion.nearest(kindName, kinds);
      unidentified(
          origin,
          "kind",
          kindName
              + (nearest == null
                  ? " (expected one of " + String.join(", ", kinds) + ")"
                  : " (did you mean " + nearest + "?)"));
    } else if (passedOver.add(group + "/" + kindName)) {
      diagnostics.add(
          new Diagnostic(
              Severity.INFO,
              null,
              "",
              origin.place("kind"),
              kindName
                  + " ("
                  + apiVersion
                  + ") is not a kind that this gateway serves; passed over"));
    }
  }

  private @Nullable ResourceKey key(FileOrigin origin, Kind kind, ObjectNode root) {
    if (!(root.get("metadata") instanceof ObjectNode metadata)) {
      unidentified(origin, "metadata", "missing (expected metadata.name of the " + kind + ")");
      return null;
    }
    String name = text(metadata, "name");
    if (name == null || name.isEmpty()) {
      unidentified(
          origin,
          "metadata.name",
          metadata.has("name")
              ? nodeText(metadata.get("name")) + " (expected the name of the " + kind + " as text)"
              : "missing (expected the name of the " + kind + ")");
      return null;
    }
    if (!kind.namespaced()) {
      return new ResourceKey(kind, "", name);
    }
    String namespace = text(metadata, "namespace");
    if (metadata.hasNonNull("namespace") && (namespace == null || namespace.isEmpty())) {
      unidentified(
          origin,
          "metadata.namespace",
          nodeText(metadata.get("namespace")) + " (expected a name as text)");
      return null;
    }
    return new ResourceKey(kind, namespace == null ? DEFAULT_NAMESPACE : namespace, name);
  }

  private void object(ResourceKey key, FileOrigin origin, ObjectNode root) {
    withoutNulls(root);
    root.put("apiVersion", key.kind().apiVersions().getFirst());
    // The status is for the control plane to say.
    root.remove("status");
    ObjectNode metadata = (ObjectNode) root.get("metadata");
    if (key.kind().namespaced()) {
      metadata.put("namespace", key.namespace());
    } else {
      metadata.remove("namespace");
    }
    ObjectChecks.fillDefaults(key.kind(), root);
    List<Diagnostic> violations = new ArrayList<>();
    for (Violation violation : ObjectChecks.check(key.kind(), root)) {
      violations.add(error(key, origin, violation.fieldPath(), violation.message()));
    }
    if (!violations.isEmpty()) {
      invalid(key, origin, violations);
      return;
    }
    FileOrigin finalOrigin = key.kind() == Kind.SECRET ? unifyData(root, origin) : origin;
    try {
      objects.add(
          new ManifestObject.Valid(
              key,
              origin.place(""),
              root,
              finalOrigin,
              List.of(),
              ManifestObject.Valid.read(key, root)));
    } catch (JsonProcessingException e) {
      invalid(key, origin, List.of(error(key, origin, "", e.getOriginalMessage())));
    }
  }

  /** A field without a value is an absent field, as an API server has it. */
  private static void withoutNulls(JsonNode node) {
    if (node instanceof ObjectNode object) {
      object.properties().removeIf(field -> field.getValue().isNull());
    }
    node.forEach(ManifestReader::withoutNulls);
  }

  /**
   * What is written as text in a Secret is the same as what is written in base64; the text wins.
   * Base64 may be broken into lines; here it no longer is.
   */
  private static FileOrigin unifyData(ObjectNode root, FileOrigin origin) {
    ObjectNode data =
        root.get("data") instanceof ObjectNode written ? written : root.putObject("data");
    for (Map.Entry<String, JsonNode> entry : List.copyOf(data.properties())) {
      data.put(entry.getKey(), entry.getValue().asText().replaceAll("[\\r\\n]", ""));
    }
    if (!(root.remove("stringData") instanceof ObjectNode text)) {
      return origin;
    }
    for (Map.Entry<String, JsonNode> entry : text.properties()) {
      byte[] bytes = entry.getValue().asText().getBytes(StandardCharsets.UTF_8);
      data.put(entry.getKey(), Base64.getEncoder().encodeToString(bytes));
    }
    return new FileOrigin(origin.file(), origin.positions().withFieldsOf("stringData", "data"));
  }

  private void invalid(ResourceKey key, FileOrigin origin, List<Diagnostic> problems) {
    objects.add(new ManifestObject.Invalid(key, origin.place(""), problems));
  }

  private void unidentified(FileOrigin origin, String fieldPath, String message) {
    complete = false;
    diagnostics.add(
        new Diagnostic(Severity.ERROR, null, fieldPath, origin.place(fieldPath), message));
  }

  private static Diagnostic error(
      ResourceKey key, FileOrigin origin, String fieldPath, String message) {
    return new Diagnostic(Severity.ERROR, key, fieldPath, origin.place(fieldPath), message);
  }

  private static @Nullable String text(ObjectNode node, String field) {
    JsonNode value = node.get(field);
    return value != null && value.isTextual() ? value.textValue() : null;
  }

  private static String nodeText(@Nullable JsonNode node) {
    String text = String.valueOf(node);
    return text.length() <= 60 ? text : text.substring(0, 60) + "…";
  }
}
