package dev.nantian.gateway.control.schema;

import com.fasterxml.jackson.databind.JsonNode;
import com.google.re2j.Pattern;
import com.networknt.schema.JsonMetaSchema;
import com.networknt.schema.JsonNodePath;
import com.networknt.schema.JsonSchema;
import com.networknt.schema.JsonSchemaFactory;
import com.networknt.schema.NonValidationKeyword;
import com.networknt.schema.PathType;
import com.networknt.schema.SchemaLocation;
import com.networknt.schema.SchemaValidatorsConfig;
import com.networknt.schema.SpecVersion;
import com.networknt.schema.ValidationMessage;
import com.networknt.schema.regex.RegularExpression;
import dev.nantian.gateway.control.source.FieldPath;
import dev.nantian.gateway.control.source.Kind;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.function.Predicate;
import java.util.stream.Collectors;
import java.util.stream.StreamSupport;
import org.jspecify.annotations.Nullable;

/**
 * Checks an object against its kind's schema and says in our own words what is wrong. The schemas'
 * keyword {@code expected} is what a pattern means in words.
 */
final class SchemaCheck {

  private static final Map<Kind, JsonSchema> SCHEMAS = compile();

  private SchemaCheck() {}

  private static Map<Kind, JsonSchema> compile() {
    JsonMetaSchema base = JsonMetaSchema.getV202012();
    JsonMetaSchema withExpected =
        JsonMetaSchema.builder(base.getIri(), base)
            .keyword(new NonValidationKeyword("expected"))
            .build();
    JsonSchemaFactory factory =
        JsonSchemaFactory.getInstance(
            SpecVersion.VersionFlag.V202012,
            builder ->
                builder
                    .metaSchema(withExpected)
                    .schemaLoaders(loaders -> loaders.schemas(SchemaDocuments.texts())));
    SchemaValidatorsConfig config =
        SchemaValidatorsConfig.builder()
            .pathType(PathType.JSON_POINTER)
            // Linear time whatever the value: java.util.regex backtracks exponentially on some of
            // these patterns.
            .regularExpressionFactory(SchemaCheck::linear)
            .build();
    Map<Kind, JsonSchema> schemas = new EnumMap<>(Kind.class);
    for (Kind kind : Kind.values()) {
      schemas.put(kind, factory.getSchema(SchemaLocation.of(SchemaDocuments.iri(kind)), config));
    }
    return schemas;
  }

  private static RegularExpression linear(String regex) {
    Pattern pattern = Pattern.compile(regex);
    return value -> pattern.matcher(value).find();
  }

  static List<Violation> check(Kind kind, JsonNode object) {
    return check(kind, object, message -> true);
  }

  static List<Violation> checkKnownFields(Kind kind, JsonNode object) {
    return check(kind, object, message -> !message.getType().equals("additionalProperties"));
  }

  private static List<Violation> check(
      Kind kind, JsonNode object, Predicate<ValidationMessage> counts) {
    JsonSchema schema = SCHEMAS.get(kind);
    if (schema == null) {
      throw new IllegalArgumentException("no schema of " + kind);
    }
    List<Violation> violations = new ArrayList<>();
    for (ValidationMessage message : schema.validate(object)) {
      if (counts.test(message)) {
        violations.add(violation(object, message));
      }
    }
    return violations;
  }

  private static Violation violation(JsonNode object, ValidationMessage message) {
    JsonNodePath location = message.getInstanceLocation();
    StringBuilder pointer = new StringBuilder();
    String path = "";
    JsonNode value = object;
    for (int i = 0; i < location.getNameCount(); i++) {
      Object element = location.getElement(i);
      if (value.isArray() && element instanceof Integer index) {
        path = FieldPath.item(path, index);
        value = value.path(index);
      } else {
        path = FieldPath.field(path, String.valueOf(element));
        value = value.path(String.valueOf(element));
      }
      pointer.append('/').append(element);
    }
    JsonNode schema = enclosingSchema(message.getSchemaLocation());
    String property = message.getProperty();
    return switch (message.getType()) {
      case "additionalProperties" ->
          new Violation(FieldPath.field(path, property), unknownField(property, schema));
      case "required" ->
          new Violation(
              FieldPath.field(path, property),
              "missing" + expected(schema.path("properties").path(property)));
      default -> {
        boolean ofKey = String.valueOf(message.getEvaluationPath()).contains("/propertyNames");
        JsonNode keySchema = schema.path("propertyNames");
        yield ofKey && property != null
            ? new Violation(
                FieldPath.field(path, property),
                "key " + property + expected(keySchema.isMissingNode() ? schema : keySchema))
            : new Violation(
                path, Values.text(value) + expectation(message.getType(), schema, value));
      }
    };
  }

  /** The schema object that holds the keyword which was violated. */
  private static JsonNode enclosingSchema(SchemaLocation keyword) {
    JsonNodePath fragment = keyword.getFragment();
    JsonNode node = SchemaDocuments.document(String.valueOf(keyword.getAbsoluteIri()));
    for (int i = 0; i < fragment.getNameCount() - 1; i++) {
      Object element = fragment.getElement(i);
      node =
          element instanceof Integer index ? node.path(index) : node.path(String.valueOf(element));
    }
    return node;
  }

  private static String unknownField(String property, JsonNode schema) {
    List<String> known = new ArrayList<>();
    schema.path("properties").fieldNames().forEachRemaining(known::add);
    String nearest = Suggestion.nearest(property, known);
    if (nearest != null) {
      return "unknown field (did you mean " + nearest + "?)";
    }
    return "unknown field (expected one of " + String.join(", ", known) + ")";
  }

  private static String expectation(String keyword, JsonNode schema, JsonNode value) {
    return switch (keyword) {
      case "type" -> " (expected " + type(schema.path("type"), value) + ")";
      case "enum" -> enumeration(schema, value);
      case "minimum", "maximum" -> range(schema, "minimum", "maximum", "");
      case "minItems", "maxItems" -> range(schema, "minItems", "maxItems", " items");
      case "minLength", "maxLength" -> range(schema, "minLength", "maxLength", " characters");
      case "minProperties", "maxProperties" ->
          range(schema, "minProperties", "maxProperties", " entries");
      case "uniqueItems" -> " (expected each item once)";
      default -> expected(schema);
    };
  }

  private static String expected(JsonNode schema) {
    JsonNode shape =
        schema.has("$ref") ? SchemaDocuments.target(schema.get("$ref").asText()) : schema;
    if (shape.has("expected")) {
      return " (expected " + shape.get("expected").asText() + ")";
    }
    if (shape.has("enum")) {
      return " (expected one of " + values(shape.get("enum")) + ")";
    }
    if (shape.has("minimum") && shape.has("maximum")) {
      return range(shape, "minimum", "maximum", "");
    }
    return shape.has("type") ? " (expected " + type(shape.get("type"), null) + ")" : "";
  }

  private static String enumeration(JsonNode schema, JsonNode value) {
    List<String> known =
        StreamSupport.stream(schema.path("enum").spliterator(), false)
            .map(JsonNode::asText)
            .toList();
    String nearest = value.isTextual() ? Suggestion.nearest(value.textValue(), known) : null;
    String all = known.size() == 1 ? known.getFirst() : "one of " + String.join(", ", known);
    return " (expected "
        + all
        + (nearest == null || known.size() == 1 ? "" : "; did you mean " + nearest + "?")
        + ")";
  }

  private static String range(JsonNode schema, String minimum, String maximum, String unit) {
    boolean lower = schema.has(minimum);
    boolean upper = schema.has(maximum);
    // The largest 32-bit integer is a limit of the wire, not one that a person would want to read.
    boolean endless = upper && schema.get(maximum).asLong() == Integer.MAX_VALUE;
    if (lower && upper && !endless) {
      return " (expected "
          + schema.get(minimum).asText()
          + " to "
          + schema.get(maximum).asText()
          + unit
          + ")";
    }
    return lower
        ? " (expected at least " + schema.get(minimum).asText() + unit + ")"
        : " (expected at most " + schema.get(maximum).asText() + unit + ")";
  }

  private static String type(JsonNode type, @Nullable JsonNode value) {
    if (type.isArray()) {
      return StreamSupport.stream(type.spliterator(), false)
          .map(one -> type(one, value))
          .collect(Collectors.joining(" or "));
    }
    return switch (type.asText()) {
      case "object" -> "a mapping";
      case "array" -> "a list";
      case "boolean" -> "true or false";
      case "string" ->
          value != null && value.isValueNode() && !value.isNull()
              ? "text; put it in quotes"
              : "text";
      case "integer" ->
          value != null && value.isTextual() && value.textValue().matches("-?[0-9]+")
              ? "an integer, without quotes"
              : "an integer";
      default -> type.asText();
    };
  }

  private static String values(JsonNode values) {
    return StreamSupport.stream(values.spliterator(), false)
        .map(JsonNode::asText)
        .collect(Collectors.joining(", "));
  }
}
