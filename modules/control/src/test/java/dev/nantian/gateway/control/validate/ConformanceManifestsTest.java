package dev.nantian.gateway.control.validate;

import static org.assertj.core.api.Assertions.assertThat;

import dev.nantian.gateway.control.source.Diagnostic;
import dev.nantian.gateway.control.source.Diagnostic.Severity;
import dev.nantian.gateway.control.source.SourceEvent;
import dev.nantian.gateway.control.source.folder.FolderSource;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.regex.Pattern;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.condition.EnabledIfSystemProperty;

/**
 * The official conformance suite's manifests, which nobody here wrote: nothing that is right in
 * them may be refused. They are read from the folder of the system property {@code
 * conformance.manifests}, which {@code conformance/manifests} fills. What else may or must be said
 * of a test is in {@code conformance-messages.txt}, with the reason.
 */
@EnabledIfSystemProperty(named = "conformance.manifests", matches = ".*")
class ConformanceManifestsTest {

  private static final Path FOLDER = Path.of(System.getProperty("conformance.manifests", ""));

  /** Every Gateway of the suite wants an address of its own. */
  private static final List<String> POOL =
      IntStream.rangeClosed(1, 100).mapToObj(i -> "192.0.2." + i).toList();

  @Test
  void thereAreManifests() throws IOException {
    assertThat(tests()).as("files in %s/tests", FOLDER).hasSizeGreaterThan(50);
    assertThat(FOLDER.resolve("base.yaml")).isNotEmptyFile();
  }

  @TestFactory
  Stream<DynamicTest> everyMessageIsExplained() throws IOException {
    Map<String, List<String>> explained = explained();
    List<Pattern> anywhere =
        explained.getOrDefault("*", List.of()).stream().map(Pattern::compile).toList();
    return tests().stream()
        .map(
            test -> {
              String name = test.getFileName().toString();
              return DynamicTest.dynamicTest(
                  name,
                  () ->
                      assertThat(messages(test))
                          .as("messages of %s", name)
                          .filteredOn(
                              line -> anywhere.stream().noneMatch(any -> any.matcher(line).find()))
                          .containsExactlyInAnyOrderElementsOf(
                              explained.getOrDefault(name, List.of())));
            });
  }

  @Test
  void theFolderSourceReadsThemAll() throws Exception {
    BlockingQueue<SourceEvent> events = new LinkedBlockingQueue<>();
    List<String> refused = new ArrayList<>();
    int applied = 0;
    try (FolderSource source = new FolderSource(FOLDER)) {
      source.start(events::add);
      for (SourceEvent event = next(events);
          !(event instanceof SourceEvent.Synced);
          event = next(events)) {
        if (event
            instanceof SourceEvent.Rejected(String file, List<Diagnostic> diagnostics, var kept)) {
          diagnostics.forEach(diagnostic -> refused.add(diagnostic.toString()));
        }
        applied += event instanceof SourceEvent.Applied ? 1 : 0;
      }
    }

    assertThat(applied).isGreaterThan(150);
    // Tests reuse names, because they run one after another; read together their objects are there
    // twice.
    assertThat(refused)
        .filteredOn(
            line -> !line.contains("(expected each object once)") && !line.contains("info: "))
        .allMatch(line -> line.contains("PLACEHOLDER_"));
  }

  private static SourceEvent next(BlockingQueue<SourceEvent> events) throws InterruptedException {
    SourceEvent event = events.poll(30, TimeUnit.SECONDS);
    assertThat(event).as("an event within 30 s").isNotNull();
    return event;
  }

  private static List<String> messages(Path test) {
    return Validator.validate(List.of(FOLDER.resolve("base.yaml"), test), POOL)
        .diagnostics()
        .stream()
        .filter(diagnostic -> diagnostic.severity() == Severity.ERROR)
        .filter(
            diagnostic ->
                !String.valueOf(diagnostic.place()).startsWith(FOLDER.resolve("base.yaml") + ":"))
        .map(diagnostic -> diagnostic.toString().replace(FOLDER.resolve("tests") + "/", ""))
        .map(ConformanceManifestsTest::withoutFile)
        .toList();
  }

  /** {@code file.yaml:12: message} as {@code 12: message}. */
  private static String withoutFile(String line) {
    return line.substring(line.indexOf(':') + 1);
  }

  /** The file has a line with the reason, the test's file name in brackets, and its messages. */
  private static Map<String, List<String>> explained() {
    Map<String, List<String>> explained = new TreeMap<>();
    try (InputStream in =
        ConformanceManifestsTest.class.getResourceAsStream("/conformance-messages.txt")) {
      assertThat(in).as("conformance-messages.txt").isNotNull();
      List<String> current = new ArrayList<>();
      for (String line : new String(in.readAllBytes(), StandardCharsets.UTF_8).lines().toList()) {
        if (line.startsWith("[")) {
          current =
              explained.computeIfAbsent(
                  line.substring(1, line.length() - 1), any -> new ArrayList<>());
        } else if (!line.isBlank() && !line.startsWith("#")) {
          current.add(line);
        }
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return explained;
  }

  private static List<Path> tests() throws IOException {
    try (Stream<Path> files = Files.list(FOLDER.resolve("tests"))) {
      return files.filter(file -> file.toString().endsWith(".yaml")).sorted().toList();
    }
  }
}
