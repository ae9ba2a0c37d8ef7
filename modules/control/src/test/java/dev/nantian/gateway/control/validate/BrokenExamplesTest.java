package dev.nantian.gateway.control.validate;

import static org.assertj.core.api.Assertions.assertThat;

import dev.nantian.gateway.control.source.Diagnostic;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;

/**
 * One mistake a file, and beside it the lines that a person who made it gets. After a wanted change
 * of messages, run with {@code -Dbroken.rewrite=true} and read the difference that git shows.
 */
class BrokenExamplesTest {

  private static final Path FOLDER = Path.of("src/test/resources/broken");

  @TestFactory
  Stream<DynamicTest> eachMistakeIsToldWithItsPlace() throws IOException {
    return examples().stream()
        .map(
            example ->
                DynamicTest.dynamicTest(example.getFileName().toString(), () -> check(example)));
  }

  @Test
  void thereAreManyKindsOfMistake() throws IOException {
    assertThat(examples()).hasSizeGreaterThanOrEqualTo(35);
  }

  private static void check(Path example) throws IOException {
    List<String> told =
        Validator.validate(List.of(example)).diagnostics().stream()
            .map(Diagnostic::toString)
            .map(line -> line.replace(FOLDER + "/", ""))
            .toList();
    Path golden = FOLDER.resolve(example.getFileName().toString().replace(".yaml", ".expected"));
    if (Boolean.getBoolean("broken.rewrite")) {
      Files.write(golden, told);
    }
    assertThat(told).as("an error in %s", example).isNotEmpty();
    List<String> expected = Files.readAllLines(golden);
    assertThat(told).as(() -> difference(example, expected, told)).isEqualTo(expected);
  }

  private static String difference(Path example, List<String> expected, List<String> told) {
    List<String> lines =
        new ArrayList<>(List.of("what is told of " + example + " (- expected, + told)"));
    expected.stream().filter(line -> !told.contains(line)).forEach(line -> lines.add("- " + line));
    told.stream().filter(line -> !expected.contains(line)).forEach(line -> lines.add("+ " + line));
    return String.join("\n", lines);
  }

  private static List<Path> examples() throws IOException {
    try (Stream<Path> files = Files.list(FOLDER)) {
      return files.filter(file -> file.toString().endsWith(".yaml")).sorted().toList();
    }
  }
}
