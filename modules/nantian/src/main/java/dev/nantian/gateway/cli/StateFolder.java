package dev.nantian.gateway.cli;

import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** Where a process keeps what must outlive it; an option of the commands that do. */
final class StateFolder {
  @Option(
      names = "--data-dir",
      paramLabel = "DIR",
      description =
          "Folder for the last good configuration and the admin token (default: $XDG_STATE_HOME/nantian, or ~/.local/state/nantian).")
  private @Nullable Path chosen;

  Path folder() {
    return Optional.ofNullable(chosen).orElseGet(() -> standard(System.getenv()));
  }

  Path file(String name) {
    return folder().resolve(name);
  }

  /** The XDG base directory specification's place for state; a relative value does not count. */
  static Path standard(Map<String, String> environment) {
    return Optional.ofNullable(environment.get("XDG_STATE_HOME"))
        .map(Path::of)
        .filter(Path::isAbsolute)
        .orElseGet(() -> Path.of(System.getProperty("user.home"), ".local", "state"))
        .resolve("nantian");
  }
}
