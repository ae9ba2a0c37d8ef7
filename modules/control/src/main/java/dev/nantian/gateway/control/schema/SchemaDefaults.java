package dev.nantian.gateway.control.schema;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.nantian.gateway.control.source.Kind;

/**
 * Fills in {@code default} values of the schemas, outermost first, as Kubernetes does by structural
 * schemas.
 */
final class SchemaDefaults {

  private SchemaDefaults() {}

  static void fill(Kind kind, ObjectNode object) {
    fill(SchemaDocuments.document(SchemaDocuments.iri(kind)), object);
  }

  private static void fill(JsonNode schema, JsonNode value) {
    JsonNode shape =
        schema.has("$ref") ? SchemaDocuments.target(schema.get("$ref").asText()) : schema;
    if (value instanceof ObjectNode object) {
      shape
          .path("properties")
          .properties()
          .forEach(
              property -> {
                if (!object.has(property.getKey()) && property.getValue().has("default")) {
                  object.set(property.getKey(), property.getValue().get("default").deepCopy());
                }
                if (object.has(property.getKey())) {
                  fill(property.getValue(), object.get(property.getKey()));
                }
              });
    } else if (value.isArray() && shape.has("items")) {
      value.forEach(item -> fill(shape.get("items"), item));
    }
  }
}
