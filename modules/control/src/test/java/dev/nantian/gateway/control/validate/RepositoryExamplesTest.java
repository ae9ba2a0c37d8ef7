package dev.nantian.gateway.control.validate;

import static org.assertj.core.api.Assertions.assertThat;

import dev.nantian.gateway.control.source.Diagnostic;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;

/** What we show people must be right. */
class RepositoryExamplesTest {

  private static final Path EXAMPLES = Path.of("../../examples");

  @TestFactory
  Stream<DynamicTest> everyExampleIsWithoutMistake() throws IOException {
    if (!Files.isDirectory(EXAMPLES)) {
      return Stream.empty();
    }
    try (Stream<Path> folders = Files.list(EXAMPLES)) {
      return folders.filter(Files::isDirectory).sorted().toList().stream()
          .map(
              folder ->
                  DynamicTest.dynamicTest(folder.getFileName().toString(), () -> check(folder)));
    }
  }

  private static void check(Path folder) {
    assertThat(Validator.validate(List.of(folder)).diagnostics())
        .extracting(Diagnostic::toString)
        .filteredOn(line -> !line.contains(": info: "))
        .isEmpty();
  }
}
