package dev.nantian.gateway.control.source.yaml;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.nio.charset.StandardCharsets;
import java.util.List;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.CharRange;
import net.jqwik.api.constraints.StringLength;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class YamlReaderTest {

  @Test
  void everyNodeKnowsWhereItWasWritten() throws Exception {
    YamlDocument document =
        read("# first\nspec:\n  rules:\n  - name: a\n    port: 1\n  - {name: b, port: 2}\n")
            .getFirst();

    assertThat(place(document, "spec")).isEqualTo("2:1");
    assertThat(place(document, "spec.rules[0]")).isEqualTo("4:5");
    assertThat(place(document, "spec.rules[0].port")).isEqualTo("5:5");
    assertThat(place(document, "spec.rules[1].port")).isEqualTo("6:15");
    assertThat(place(document, "spec.rules[1].weight")).as("an absent field").isEqualTo("6:5");
    assertThat(place(document, "status")).as("an absent field of the root").isEqualTo("2:1");
  }

  @Test
  void severalDocumentsCountOneSetOfLines() throws Exception {
    List<YamlDocument> documents = read("---\na: 1\n---\n# nothing\n---\nb: 2\n...\n");

    assertThat(documents)
        .extracting(document -> document.root().toString())
        .containsExactly("{\"a\":1}", "null", "{\"b\":2}");
    assertThat(place(documents.get(2), "b")).isEqualTo("6:1");
  }

  @ParameterizedTest
  @CsvSource(
      quoteCharacter = '`',
      value = {
        "80,80",
        "-7,-7",
        "0x1F,31",
        "0o17,15",
        "010,10",
        "1.5,1.5",
        "true,true",
        "False,false",
        "null,null",
        "~,null",
        "yes,\"yes\"",
        "\"80\",\"80\"",
        "'true',\"true\"",
        "1s,\"1s\"",
        "12345678901234567890,12345678901234567890",
        "2001-01-01,\"2001-01-01\""
      })
  void scalarsFollowTheCoreSchema(String yaml, String json) throws Exception {
    assertThat(read("v: " + yaml + "\n").getFirst().root().get("v").toString()).isEqualTo(json);
  }

  @Test
  void anAliasIsACopyAndAMergeKeyFillsIn() throws Exception {
    JsonNode root =
        read("base: &base {a: 1, b: 2}\nuse:\n  <<: *base\n  b: 3\nlist: [*base]\n")
            .getFirst()
            .root();

    assertThat(root.get("use").toString()).isEqualTo("{\"b\":3,\"a\":1}");
    assertThat(root.get("list").toString()).isEqualTo("[{\"a\":1,\"b\":2}]");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "a: 'x\\nb: 1\\n | 1:4 a quote is opened here and never closed (expected a closing quote)",
        "a:\\n\\tb: 1\\n | 2:1 a tab where indentation is counted (expected spaces)",
        "a: b: c\\n | 1:5 a colon in the middle of a value, or a wrong indentation before it (expected one 'key: value' per line; quote text with ': ' in it)",
        "a:\\n  b: 1\\n c: 2\\n | 3:2 wrong indentation in the mapping that begins in line 1 (expected the same indentation for all its keys)",
        "a: [1, 2\\nb: 3\\n | 1:4 the list in [ ] is not closed or misses a comma (expected ',' or ']')",
        "a: {b: 1\\nc: 2\\n | 1:4 the mapping in { } is not closed or misses a comma (expected ',' or '}')",
        "a: 1\\nb: 2\\na: 3\\n | 3:1 key a is already in line 1 (expected each key once)",
        "a: *b\\n | 1:4 alias *b has no complete anchor &b before it",
        "a: &b [*b]\\n | 1:8 alias *b has no complete anchor &b before it",
        "a: @b\\n | 1:4 '@' cannot begin a value (expected it in quotes)",
        "? [a]\\n: b\\n | 1:3 a key that is not a plain word (expected text before the colon)",
        "a: .inf\\n | 1:4 '.inf' as tag:yaml.org,2002:float (expected text, a number, true, false or null)",
        "a: !!int x\\n | 1:4 'x' as tag:yaml.org,2002:int (expected text, a number, true, false or null)",
        "a: 1\\nb\\nc: 2\\n | 2:1 no colon after the key (expected 'key: value')",
      })
  void brokenTextIsRefusedWithItsPlace(String yaml, String expected) {
    MalformedYamlException refused =
        catchThrowableOfType(
            MalformedYamlException.class,
            () -> read(yaml.replace("\\n", "\n").replace("\\t", "\t")));

    assertThat(refused.line() + ":" + refused.column() + " " + refused.getMessage())
        .isEqualTo(expected);
  }

  @Test
  void whatIsNotUtf8IsRefusedWithItsPlace() {
    byte[] latin1 = "a: 1\nb: caf\u00e9\n".getBytes(StandardCharsets.ISO_8859_1);

    MalformedYamlException refused =
        catchThrowableOfType(MalformedYamlException.class, () -> YamlReader.read(latin1));

    assertThat(refused.line() + ":" + refused.column() + " " + refused.getMessage())
        .isEqualTo("2:7 byte 0xe9 is not valid UTF-8 (expected UTF-8 text)");
  }

  @Test
  void anAliasBombIsRefused() {
    StringBuilder bomb = new StringBuilder("a0: &a0 [x]\n");
    for (int i = 1; i < 40; i++) {
      bomb.append("a")
          .append(i)
          .append(": &a")
          .append(i)
          .append(" [")
          .append("*a")
          .append(i - 1)
          .append(", *a")
          .append(i - 1)
          .append("]\n");
    }

    assertThatThrownBy(() -> read(bomb.toString()))
        .isInstanceOf(MalformedYamlException.class)
        .hasMessageContaining("with all aliases expanded");
  }

  @Test
  void endlessNestingIsRefused() {
    assertThatThrownBy(() -> read("[".repeat(100_000)))
        .isInstanceOf(MalformedYamlException.class)
        .hasMessageContaining("levels deep");
  }

  @Test
  void jsonWithTabsIsYaml() throws Exception {
    String json = "{\n\t\"a\": {\n\t\t\"b\": [1, \"x\\u00e9\"]\n\t}\n}\n";

    YamlDocument document = read(json).getFirst();

    assertThat(document.root()).isEqualTo(new ObjectMapper().readTree(json));
    assertThat(place(document, "a.b")).isEqualTo("3:3");
  }

  @Property(tries = 2000)
  void noTextCrashesTheReader(
      @ForAll @CharRange(from = ' ', to = '~') @StringLength(max = 60) String text) {
    readOrRefuse(text.replace('~', '\n').replace('^', '\t'));
  }

  private static void readOrRefuse(String text) {
    try {
      read(text);
    } catch (MalformedYamlException e) {
      assertThat(e.getMessage()).isNotBlank().doesNotContain("\n");
    }
  }

  private static List<YamlDocument> read(String text) throws MalformedYamlException {
    return YamlReader.read(text.getBytes(StandardCharsets.UTF_8));
  }

  private static String place(YamlDocument document, String path) {
    Positions position = document.positions().nearest(path);
    return position.line() + ":" + position.column();
  }
}
