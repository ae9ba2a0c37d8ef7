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
    assertThat(file.read()).isEqualTo(new SnapshotFile.Content.Loaded(state));
    assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(file.file())))
        .isEqualTo("rw-------");
    try (var files = Files.list(folder.resolve("data"))) {
      assertThat(files).containsExactly(file.file());
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
}
