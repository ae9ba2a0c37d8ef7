package dev.nantian.gateway.proxy.snapshot;

import static dev.nantian.gateway.proxy.config.Samples.gateway;
import static dev.nantian.gateway.proxy.config.Samples.service;
import static dev.nantian.gateway.proxy.config.Samples.update;
import static org.assertj.core.api.Assertions.assertThat;

import dev.nantian.gateway.proxy.config.ConfigStore;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class SnapshotFileTest {
  private final Path folder;

  SnapshotFileTest(@TempDir Path folder) {
    this.folder = folder;
  }

  @Test
  void whatIsWrittenIsReadAndOnlyTheOwnerMay() throws IOException {
    // Given
    SnapshotFile file = new SnapshotFile(folder.resolve("data"));
    List<ConfigStore.Update> state =
        List.of(update(service("ns/s", 80)), update(gateway("infra/gw", 80)));
    file.write(List.of());
    // When
    file.write(state);
    // Then
    assertThat(file.read()).isEqualTo(new SnapshotFile.Content.Loaded(state, file.file(), ""));
    assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(file.file())))
        .isEqualTo("rw-------");
    try (var files = Files.list(folder.resolve("data"))) {
      assertThat(files)
          .containsExactlyInAnyOrder(
              file.file(), folder.resolve("data").resolve("snapshot.previous.bin"));
    }
  }

  @Test
  void noFileIsAbsent() {
    assertThat(new SnapshotFile(folder).read()).isEqualTo(new SnapshotFile.Content.Absent());
  }

  /** Each byte changed, and each length cut short: never half used. */
  @Test
  void anyDamageIsNoticed() throws IOException {
    // Given
    SnapshotFile file = new SnapshotFile(folder);
    file.write(List.of(update(service("ns/s", 80))));
    byte[] good = Files.readAllBytes(file.file());
    for (int i = 0; i < good.length; i++) {
      byte[] flipped = good.clone();
      flipped[i] ^= 1;
      // When
      Files.write(file.file(), flipped);
      SnapshotFile.Content changed = file.read();
      Files.write(file.file(), java.util.Arrays.copyOf(good, i));
      SnapshotFile.Content cut = file.read();
      // Then
      assertThat(changed).as("byte %d changed", i).isInstanceOf(SnapshotFile.Content.Damaged.class);
      assertThat(cut).as("cut at %d", i).isInstanceOf(SnapshotFile.Content.Damaged.class);
    }
  }

  @Test
  void theOneBeforeServesWhenTheNewestIsDamaged() throws IOException {
    // Given
    SnapshotFile file = new SnapshotFile(folder);
    List<ConfigStore.Update> before = List.of(update(service("ns/before", 80)));
    file.write(before);
    file.write(List.of(update(service("ns/newest", 80))));
    Files.writeString(file.file(), "NANTIANS and then something else entirely, and more of it now");
    // When
    SnapshotFile.Content content = new SnapshotFile(folder).read();
    // Then
    assertThat(content)
        .isInstanceOfSatisfying(
            SnapshotFile.Content.Loaded.class,
            loaded -> {
              assertThat(loaded.updates()).isEqualTo(before);
              assertThat(loaded.from()).isEqualTo(folder.resolve("snapshot.previous.bin"));
              assertThat(loaded.damaged()).startsWith(file.file() + " ");
            });
  }

  @Test
  void aDamagedFileNeverReplacesTheGoodOneBeforeIt() throws IOException {
    // Given
    SnapshotFile first = new SnapshotFile(folder);
    List<ConfigStore.Update> before = List.of(update(service("ns/before", 80)));
    first.write(before);
    first.write(List.of());
    Files.writeString(first.file(), "damaged");
    SnapshotFile file = new SnapshotFile(folder);
    file.read();
    // When
    file.write(List.of(update(service("ns/newest", 80))));
    Files.writeString(file.file(), "damaged again");
    // Then
    assertThat(new SnapshotFile(folder).read())
        .isInstanceOfSatisfying(
            SnapshotFile.Content.Loaded.class,
            loaded -> assertThat(loaded.updates()).isEqualTo(before));
  }

  @Test
  void ifAllAreDamagedTheReasonNamesEach() throws IOException {
    // Given
    Files.writeString(folder.resolve("snapshot.bin"), "x");
    Files.writeString(folder.resolve("snapshot.previous.bin"), "y");
    // When
    SnapshotFile.Content content = new SnapshotFile(folder).read();
    // Then
    assertThat(content)
        .isInstanceOfSatisfying(
            SnapshotFile.Content.Damaged.class,
            damaged ->
                assertThat(damaged.reason())
                    .contains("snapshot.bin has 1 bytes", "snapshot.previous.bin has 1 bytes"));
  }
}
