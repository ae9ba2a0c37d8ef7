package dev.nantian.gateway.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.Test;

final class StateFolderTest {

  @Test
  void followsTheXdgSpecification() {
    assertThat(StateFolder.standard(Map.of("XDG_STATE_HOME", "/var/state")))
        .isEqualTo(Path.of("/var/state/nantian"));
  }

  @Test
  void aRelativeFolderDoesNotCount() {
    Path standard = Path.of(System.getProperty("user.home"), ".local/state/nantian");

    assertThat(StateFolder.standard(Map.of("XDG_STATE_HOME", "state"))).isEqualTo(standard);
    assertThat(StateFolder.standard(Map.of())).isEqualTo(standard);
  }
}
