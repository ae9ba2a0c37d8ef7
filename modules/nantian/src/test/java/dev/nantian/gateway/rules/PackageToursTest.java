package dev.nantian.gateway.rules;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** Every package of every module says what it is for and is checked for nulls. */
final class PackageToursTest {
  private static final Path MODULES = Path.of("..").toAbsolutePath().normalize();

  @Test
  void everyPackageHasATourAndIsNullMarked() throws IOException {
    // Given every folder of main sources that holds a class
    List<Path> packages;
    try (Stream<Path> files = Files.walk(MODULES)) {
      packages =
          files
              .filter(f -> f.toString().endsWith(".java"))
              .filter(f -> f.toString().contains("/src/main/java/"))
              .map(Path::getParent)
              .distinct()
              .sorted()
              .toList();
    }

    // When the tour of each is read
    List<String> wrong = packages.stream().flatMap(PackageToursTest::complaint).toList();

    // Then it is a tour, and turns the null checker on
    assertThat(packages).hasSizeGreaterThan(10);
    assertThat(wrong).isEmpty();
  }

  private static Stream<String> complaint(Path folder) {
    Path tour = folder.resolve("package-info.java");
    Path name = MODULES.relativize(folder);
    try {
      if (!Files.exists(tour)) {
        return Stream.of(name + ": no package-info.java");
      }
      String text = Files.readString(tour);
      if (!text.contains("@NullMarked")) {
        return Stream.of(name + ": not @NullMarked");
      }
      return text.startsWith("/**") ? Stream.empty() : Stream.of(name + ": no tour");
    } catch (IOException e) {
      return Stream.of(name + ": " + e);
    }
  }
}
