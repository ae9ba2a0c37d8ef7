package dev.nantian.gateway.control.schema;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.nantian.gateway.control.source.Kind;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Stream;

/** The schema documents of this package's resources. */
final class SchemaDocuments {

  private static final String BASE = "https://gateway.nantian.dev/schema/";
  private static final ObjectMapper MAPPER = new ObjectMapper();
  private static final Map<String, JsonNode> BY_IRI = load();

  private SchemaDocuments() {}

  private static Map<String, JsonNode> load() {
    List<String> names =
        Stream.concat(
                Stream.of("common"), Arrays.stream(Kind.values()).map(SchemaDocuments::fileName))
            .toList();
    Map<String, JsonNode> documents = new HashMap<>();
    for (String name : names) {
      try (InputStream in = SchemaDocuments.class.getResourceAsStream(name + ".json")) {
        if (in == null) {
          throw new IllegalStateException("schema " + name + ".json is missing from the program");
        }
        documents.put(BASE + name + ".json", MAPPER.readTree(in));
      } catch (IOException e) {
        throw new UncheckedIOException("schema " + name + ".json", e);
      }
    }
    return Map.copyOf(documents);
  }

  private static String fileName(Kind kind) {
    return kind.kindName().toLowerCase(Locale.ROOT);
  }

  static String iri(Kind kind) {
    return BASE + fileName(kind) + ".json";
  }

  static JsonNode document(String iri) {
    JsonNode document = BY_IRI.get(iri);
    if (document == null) {
      throw new IllegalArgumentException("no schema document " + iri);
    }
    return document;
  }

  /** Every document's text by its identifier. */
  static Map<String, String> texts() {
    Map<String, String> texts = new HashMap<>();
    BY_IRI.forEach((iri, document) -> texts.put(iri, document.toString()));
    return texts;
  }

  /** What a {@code $ref} points at. */
  static JsonNode target(String ref) {
    int hash = ref.indexOf('#');
    String file = ref.substring(0, hash);
    return document(BASE + file).at(ref.substring(hash + 1));
  }
}
