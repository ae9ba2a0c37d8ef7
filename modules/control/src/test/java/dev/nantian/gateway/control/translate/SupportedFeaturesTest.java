package dev.nantian.gateway.control.translate;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

/** What is declared is what docs/conformance.md says is declared. */
class SupportedFeaturesTest {
  private static final Path DOCUMENT = Path.of("docs/conformance.md");
  private static final Pattern ROW =
      Pattern.compile("(?m)^\\| ([A-Z]\\w+) \\| (?:standard|experimental) \\| .* \\| yes \\|$");

  @Test
  void theDocumentListsWhatIsDeclared() throws IOException {
    List<String> documented =
        ROW.matcher(Files.readString(document())).results().map(row -> row.group(1)).toList();

    assertThat(documented).containsExactlyElementsOf(SupportedFeatures.NAMES);
  }

  @Test
  void theyAreSortedAndFitIntoTheStatus() {
    List<String> names = SupportedFeatures.NAMES;

    assertThat(names).isSorted().doesNotHaveDuplicates().hasSizeLessThanOrEqualTo(64);
  }

  private static Path document() {
    Path folder = requireNonNull(Path.of("").toAbsolutePath());
    while (!Files.exists(folder.resolve(DOCUMENT))) {
      folder = requireNonNull(folder.getParent());
    }
    return folder.resolve(DOCUMENT);
  }
}
