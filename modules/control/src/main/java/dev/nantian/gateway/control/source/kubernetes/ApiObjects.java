package dev.nantian.gateway.control.source.kubernetes;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.nantian.gateway.control.schema.ObjectChecks;
import dev.nantian.gateway.control.schema.Violation;
import dev.nantian.gateway.control.source.Diagnostic;
import dev.nantian.gateway.control.source.Kind;
import dev.nantian.gateway.control.source.Origin;
import dev.nantian.gateway.control.source.ResourceKey;
import dev.nantian.gateway.control.source.SourcedObject;
import io.fabric8.kubernetes.api.model.HasMetadata;
import java.util.ArrayList;
import java.util.List;

/**
 * Makes objects of what an API server holds. Stateless.
 *
 * <p>Objects of the API's own kinds have been checked by the server. Those of
 * CustomResourceDefinitions have been checked by the definition that is installed, which may be
 * older, newer or laxer than what we understand: they pass our own checks again, except that fields
 * we do not know are passed over.
 */
final class ApiObjects {
  private static final ObjectMapper MAPPER =
      new ObjectMapper().configure(DeserializationFeature.FAIL_ON_UNKNOWN_PROPERTIES, false);

  private ApiObjects() {}

  /** What an object came to. */
  sealed interface Outcome {
    /** It may come into force. */
    record Good(SourcedObject object) implements Outcome {}

    /** It may not. */
    record Bad(List<Diagnostic> problems) implements Outcome {}
  }

  /**
   * Reads one object.
   *
   * @param tree not changed
   */
  static Outcome read(ResourceKey key, ObjectNode tree) {
    ObjectNode object = pruned(key.kind(), tree);
    if (!key.kind().group().isEmpty() && key.kind().group().contains("gateway")) {
      ObjectChecks.fillDefaults(key.kind(), object);
      List<Diagnostic> problems = new ArrayList<>();
      for (Violation violation : ObjectChecks.checkKnownFields(key.kind(), object)) {
        problems.add(error(key, violation.fieldPath(), violation.message()));
      }
      if (!problems.isEmpty()) {
        return new Outcome.Bad(problems);
      }
    }
    try {
      HasMetadata model = MAPPER.treeToValue(object, key.kind().model());
      return new Outcome.Good(new SourcedObject(key, model, Origin.none()));
    } catch (JsonProcessingException e) {
      return new Outcome.Bad(List.of(error(key, "", e.getOriginalMessage())));
    }
  }

  private static Diagnostic error(ResourceKey key, String fieldPath, String message) {
    return new Diagnostic(Diagnostic.Severity.ERROR, key, fieldPath, null, message);
  }

  /** Without what nobody reads, which is often the larger part of an object. */
  private static ObjectNode pruned(Kind kind, ObjectNode tree) {
    ObjectNode object = tree.objectNode();
    tree.properties()
        .forEach(
            field -> {
              if (!field.getKey().equals("status") && !field.getValue().isNull()) {
                object.set(field.getKey(), field.getValue());
              }
            });
    object.put("apiVersion", kind.apiVersions().getFirst());
    object.put("kind", kind.kindName());
    ObjectNode metadata = object.objectNode();
    tree.path("metadata")
        .properties()
        .forEach(
            field -> {
              if (!field.getKey().equals("managedFields")) {
                metadata.set(field.getKey(), field.getValue());
              }
            });
    if (metadata.get("annotations") instanceof ObjectNode annotations) {
      ObjectNode kept = annotations.deepCopy();
      // kubectl's own copy of the whole object.
      kept.remove("kubectl.kubernetes.io/last-applied-configuration");
      metadata.set("annotations", kept);
    }
    object.set("metadata", metadata);
    return object.deepCopy();
  }
}
