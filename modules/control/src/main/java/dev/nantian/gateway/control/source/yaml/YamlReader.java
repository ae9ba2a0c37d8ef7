package dev.nantian.gateway.control.source.yaml;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.math.BigDecimal;
import java.math.BigInteger;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.CharsetDecoder;
import java.nio.charset.CodingErrorAction;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.snakeyaml.engine.v2.api.LoadSettings;
import org.snakeyaml.engine.v2.api.lowlevel.Parse;
import org.snakeyaml.engine.v2.common.Anchor;
import org.snakeyaml.engine.v2.events.AliasEvent;
import org.snakeyaml.engine.v2.events.Event;
import org.snakeyaml.engine.v2.events.MappingStartEvent;
import org.snakeyaml.engine.v2.events.NodeEvent;
import org.snakeyaml.engine.v2.events.ScalarEvent;
import org.snakeyaml.engine.v2.events.SequenceStartEvent;
import org.snakeyaml.engine.v2.exceptions.Mark;
import org.snakeyaml.engine.v2.exceptions.MarkedYamlEngineException;
import org.snakeyaml.engine.v2.exceptions.ReaderException;
import org.snakeyaml.engine.v2.exceptions.YamlEngineException;
import org.snakeyaml.engine.v2.nodes.Tag;
import org.snakeyaml.engine.v2.resolver.ScalarResolver;
import org.snakeyaml.engine.v2.schema.CoreSchema;

/**
 * Reads the documents of one YAML text by the core schema of YAML 1.2, with the merge key {@code
 * <<} of YAML 1.1 because manifests use it. Duplicate keys are errors. Size, depth and the number
 * of nodes after aliases are expanded are limited, so that no text can exhaust the process.
 *
 * <p>It works on the parser's events and not on its node graph: the depth is then bounded before
 * any recursion, and a document never exists as a graph with cycles. One instance reads one text.
 */
public final class YamlReader {

  /** The largest text that is read, in bytes: four times what one Kubernetes object may have. */
  public static final int MAX_BYTES = 16 * 1024 * 1024;

  /** How deep mappings and lists may be nested. */
  public static final int MAX_DEPTH = 64;

  /** How many nodes one text may have, each alias counted as all that it stands for. */
  public static final int MAX_NODES = 1_000_000;

  private static final JsonNodeFactory NODES = JsonNodeFactory.instance;
  private static final String MERGE_KEY = "<<";

  // Both are immutable, and dear to make for each of thousands of small files.
  private static final ScalarResolver RESOLVER = new CoreSchema().getScalarResolver();
  private static final LoadSettings SETTINGS =
      LoadSettings.builder().setCodePointLimit(MAX_BYTES).setUseMarks(true).build();

  private final Iterator<Event> events;
  private final Map<String, Built> anchors = new HashMap<>();
  private int nodes;

  private YamlReader(String text) {
    this.events = new Parse(SETTINGS).parseString(text).iterator();
  }

  /** A node with its position and the number of nodes it stands for. */
  private record Built(JsonNode node, Positions positions, int size) {}

  /**
   * The documents of a text, in order.
   *
   * @param utf8 the whole text
   * @throws MalformedYamlException if any part of it cannot be read; the message says what to
   *     change
   */
  public static List<YamlDocument> read(byte[] utf8) throws MalformedYamlException {
    if (utf8.length > MAX_BYTES) {
      throw new MalformedYamlException(
          0, 0, utf8.length + " bytes (expected at most " + MAX_BYTES + ")");
    }
    return new YamlReader(withoutTabsBeforeJson(decode(utf8))).documents();
  }

  /**
   * JSON may be indented with tabs, and is YAML so by the specification (YAML 1.2, 6.1 and 7.4);
   * the parser refuses them. No string of JSON spans lines, so a tab before the first word of a
   * line means as much as a space, which also leaves the columns as they are.
   */
  private static String withoutTabsBeforeJson(String text) {
    String start = text.stripLeading();
    if (text.indexOf('\t') < 0 || !(start.startsWith("{") || start.startsWith("["))) {
      return text;
    }
    StringBuilder spaces = new StringBuilder(text);
    boolean indentation = true;
    for (int i = 0; i < spaces.length(); i++) {
      char c = spaces.charAt(i);
      if (indentation && c == '\t') {
        spaces.setCharAt(i, ' ');
      }
      indentation = c == '\n' || (indentation && (c == '\t' || c == ' '));
    }
    return spaces.toString();
  }

  private static String decode(byte[] utf8) throws MalformedYamlException {
    CharsetDecoder decoder =
        StandardCharsets.UTF_8
            .newDecoder()
            .onMalformedInput(CodingErrorAction.REPORT)
            .onUnmappableCharacter(CodingErrorAction.REPORT);
    try {
      return decoder.decode(ByteBuffer.wrap(utf8)).toString();
    } catch (CharacterCodingException e) {
      throw invalidUtf8(utf8);
    }
  }

  private static MalformedYamlException invalidUtf8(byte[] bytes) {
    // The position of the first byte that cannot be decoded; everything before it is valid.
    ByteBuffer in = ByteBuffer.wrap(bytes);
    StandardCharsets.UTF_8
        .newDecoder()
        .onMalformedInput(CodingErrorAction.REPORT)
        .decode(in, java.nio.CharBuffer.allocate(bytes.length + 1), true);
    int line = 1;
    int lineStart = 0;
    for (int i = 0; i < in.position(); i++) {
      if (bytes[i] == '\n') {
        line++;
        lineStart = i + 1;
      }
    }
    int offending = in.position() < bytes.length ? bytes[in.position()] & 0xff : 0;
    return new MalformedYamlException(
        line,
        in.position() - lineStart + 1,
        String.format("byte 0x%02x is not valid UTF-8 (expected UTF-8 text)", offending));
  }

  private List<YamlDocument> documents() throws MalformedYamlException {
    List<YamlDocument> documents = new ArrayList<>();
    try {
      while (events.hasNext()) {
        if (events.next().getEventId() == Event.ID.DocumentStart) {
          anchors.clear();
          Built root = node(events.next(), 0);
          documents.add(new YamlDocument(root.node, root.positions));
        }
      }
    } catch (MarkedYamlEngineException e) {
      throw YamlProblem.of(e);
    } catch (ReaderException e) {
      throw new MalformedYamlException(
          0,
          0,
          String.format(
              "character U+%04X is not allowed in YAML (expected printable text)",
              e.getCodePoint()));
    } catch (YamlEngineException e) {
      throw new MalformedYamlException(0, 0, YamlProblem.oneLine(String.valueOf(e.getMessage())));
    }
    return documents;
  }

  private Built node(Event event, int depth) throws MalformedYamlException {
    if (event instanceof AliasEvent alias) {
      return alias(alias);
    }
    count(1, event);
    if (depth > MAX_DEPTH) {
      throw at(event, "nested more than " + MAX_DEPTH + " levels deep (expected fewer)");
    }
    Optional<Anchor> anchor = event instanceof NodeEvent node ? node.getAnchor() : Optional.empty();
    anchor.ifPresent(name -> anchors.remove(name.getValue()));
    Built built =
        switch (event) {
          case ScalarEvent scalar ->
              new Built(scalar(scalar), positions(scalar, Map.of(), List.of()), 1);
          case MappingStartEvent mapping -> mapping(mapping, depth);
          case SequenceStartEvent sequence -> sequence(sequence, depth);
          default -> throw at(event, "unexpected " + event.getEventId() + " (expected a value)");
        };
    anchor.ifPresent(name -> anchors.put(name.getValue(), built));
    return built;
  }

  private Built alias(AliasEvent alias) throws MalformedYamlException {
    Built target = anchors.get(alias.getAlias().getValue());
    if (target == null) {
      throw at(
          alias,
          "alias *"
              + alias.getAlias().getValue()
              + " has no complete anchor &"
              + alias.getAlias().getValue()
              + " before it");
    }
    count(target.size, alias);
    return new Built(target.node.deepCopy(), target.positions, target.size);
  }

  private Built sequence(SequenceStartEvent start, int depth) throws MalformedYamlException {
    ArrayNode items = NODES.arrayNode();
    List<Positions> positions = new ArrayList<>();
    int size = 1;
    for (Event next = events.next();
        next.getEventId() != Event.ID.SequenceEnd;
        next = events.next()) {
      Built item = node(next, depth + 1);
      items.add(item.node);
      // Of an alias the value is written at the anchor, but a person looks for the item where the
      // alias stands.
      positions.add(
          next instanceof AliasEvent
              ? item.positions.movedTo(line(next), column(next))
              : item.positions);
      size += item.size;
    }
    return new Built(items, positions(start, Map.of(), positions), size);
  }

  private Built mapping(MappingStartEvent start, int depth) throws MalformedYamlException {
    ObjectNode fields = NODES.objectNode();
    Map<String, Positions> positions = new LinkedHashMap<>();
    List<Built> merged = new ArrayList<>();
    int size = 1;
    for (Event key = events.next(); key.getEventId() != Event.ID.MappingEnd; key = events.next()) {
      if (!(key instanceof ScalarEvent scalar)) {
        throw at(key, "a key that is not a plain word (expected text before the colon)");
      }
      String name = scalar.getValue();
      Event valueEvent = events.next();
      Built value = node(valueEvent, depth + 1);
      size += value.size;
      if (scalar.isPlain() && name.equals(MERGE_KEY)) {
        collectMerged(valueEvent, value, merged);
        continue;
      }
      Positions earlier = positions.get(name);
      if (earlier != null) {
        throw at(
            key,
            "key " + name + " is already in line " + earlier.line() + " (expected each key once)");
      }
      fields.set(name, value.node);
      positions.put(name, value.positions.movedTo(line(key), column(key)));
    }
    for (Built source : merged) {
      source
          .node
          .properties()
          .forEach(
              field -> {
                if (!fields.has(field.getKey())) {
                  Positions written = source.positions.fields().get(field.getKey());
                  fields.set(field.getKey(), field.getValue().deepCopy());
                  positions.put(field.getKey(), written == null ? source.positions : written);
                }
              });
    }
    return new Built(fields, positions(start, positions, List.of()), size);
  }

  private static void collectMerged(Event event, Built value, List<Built> merged)
      throws MalformedYamlException {
    if (value.node.isObject()) {
      merged.add(value);
      return;
    }
    for (int i = 0; i < value.node.size(); i++) {
      if (!value.node.isArray() || !value.node.get(i).isObject()) {
        throw at(
            event,
            "the merge key << has a value that is no mapping (expected a mapping or a list of mappings)");
      }
      merged.add(new Built(value.node.get(i), value.positions.items().get(i), 0));
    }
    if (!value.node.isArray()) {
      throw at(
          event,
          "the merge key << has a value that is no mapping (expected a mapping or a list of mappings)");
    }
  }

  private JsonNode scalar(ScalarEvent scalar) throws MalformedYamlException {
    String text = scalar.getValue();
    Tag tag =
        scalar
            .getTag()
            .map(Tag::new)
            .orElseGet(
                () -> RESOLVER.resolve(text, scalar.getImplicit().canOmitTagInPlainScalar()));
    if (tag.equals(Tag.STR)) {
      return NODES.textNode(text);
    }
    if (tag.equals(Tag.NULL)) {
      return NODES.nullNode();
    }
    if (tag.equals(Tag.BOOL) && RESOLVER.resolve(text, true).equals(Tag.BOOL)) {
      return NODES.booleanNode(text.equalsIgnoreCase("true"));
    }
    JsonNode number =
        tag.equals(Tag.INT) ? integer(text) : tag.equals(Tag.FLOAT) ? decimal(text) : null;
    if (number == null) {
      throw at(
          scalar,
          "'"
              + YamlProblem.shortened(text)
              + "' as "
              + tag.getValue()
              + " (expected text, a number, true, false or null)");
    }
    return number;
  }

  private static @Nullable JsonNode integer(String text) {
    try {
      BigInteger value =
          text.startsWith("0x")
              ? new BigInteger(text.substring(2), 16)
              : text.startsWith("0o") ? new BigInteger(text.substring(2), 8) : new BigInteger(text);
      if (value.bitLength() < 32) {
        return NODES.numberNode(value.intValue());
      }
      return value.bitLength() < 64 ? NODES.numberNode(value.longValue()) : NODES.numberNode(value);
    } catch (NumberFormatException e) {
      return null;
    }
  }

  private static @Nullable JsonNode decimal(String text) {
    try {
      return NODES.numberNode(new BigDecimal(text));
    } catch (NumberFormatException e) {
      // .inf and .nan, which JSON has not.
      return null;
    }
  }

  private void count(int more, Event event) throws MalformedYamlException {
    nodes += more;
    if (nodes > MAX_NODES) {
      throw at(
          event, "more than " + MAX_NODES + " values with all aliases expanded (expected fewer)");
    }
  }

  private static Positions positions(
      Event event, Map<String, Positions> fields, List<Positions> items) {
    return new Positions(line(event), column(event), fields, items);
  }

  private static MalformedYamlException at(Event event, String message) {
    return new MalformedYamlException(line(event), column(event), message);
  }

  private static int line(Event event) {
    return event.getStartMark().map(Mark::getLine).orElse(-1) + 1;
  }

  private static int column(Event event) {
    return event.getStartMark().map(Mark::getColumn).orElse(-1) + 1;
  }
}
