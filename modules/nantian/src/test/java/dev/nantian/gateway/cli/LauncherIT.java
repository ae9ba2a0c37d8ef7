package dev.nantian.gateway.cli;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import dev.nantian.gateway.e2e.NantianProcess;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * The launcher as a shell sees it. It starts what the build has just packed, and builds nothing.
 */
final class LauncherIT {
  private record Outcome(int status, String out, String err) {}

  private static Outcome run(Path folder, String command, Map<String, String> environment)
      throws Exception {
    Path out = Files.createTempFile(folder, "out", "");
    Path err = Files.createTempFile(folder, "err", "");
    var builder =
        new ProcessBuilder("bash", "-c", command)
            .directory(folder.toFile())
            .redirectOutput(out.toFile())
            .redirectError(err.toFile());
    builder.environment().put("NANTIAN_BUILD", "never");
    builder.environment().put("LAUNCHER", NantianProcess.REPOSITORY.resolve("nantian").toString());
    builder.environment().putAll(environment);
    int status = builder.start().waitFor();
    return new Outcome(status, Files.readString(out, UTF_8), Files.readString(err, UTF_8));
  }

  @Test
  void worksFromAnyFolderAndThroughLinks(@TempDir Path folder) throws Exception {
    Outcome outcome =
        run(
            folder,
            "mkdir 'a b' && ln -s \"$LAUNCHER\" 'a b/one' && ln -s 'a b/one' two && ./two version",
            Map.of());

    assertThat(outcome.err()).isEmpty();
    assertThat(outcome.out()).contains("java    25");
    assertThat(outcome.status()).isZero();
  }

  @Test
  void theExitStatusIsTheProgrammes(@TempDir Path folder) throws Exception {
    Outcome outcome = run(folder, "\"$LAUNCHER\" --bogus", Map.of());

    assertThat(outcome.err())
        .isEqualTo("nantian: Unknown option: '--bogus' (see 'nantian --help')\n");
    assertThat(outcome.status()).isEqualTo(2);
  }

  @Test
  void anOldJavaIsToldInOneLine(@TempDir Path folder) throws Exception {
    Path old = jdk(folder, "17.0.9");

    Outcome outcome =
        run(folder, "\"$LAUNCHER\" version", Map.of("NANTIAN_JAVA_HOME", old.toString()));

    assertThat(outcome.err())
        .isEqualTo(
            "nantian: NANTIAN_JAVA_HOME=" + old + " is Java 17 (expected a JDK 25 or later)\n");
    assertThat(outcome.status()).isEqualTo(1);
  }

  @Test
  void aMissingJavaIsToldInOneLine(@TempDir Path folder) throws Exception {
    Outcome outcome = run(folder, "\"$LAUNCHER\" version", Map.of("NANTIAN_JAVA_HOME", "/nowhere"));

    assertThat(outcome.err())
        .isEqualTo(
            "nantian: NANTIAN_JAVA_HOME=/nowhere has no bin/java (expected a JDK 25 or later)\n");
    assertThat(outcome.status()).isEqualTo(1);
  }

  @Test
  void anOlderJavaOnThePathIsPassedOver(@TempDir Path folder) throws Exception {
    Path old = jdk(folder, "17.0.9");
    String path = old.resolve("bin") + ":" + System.getenv("PATH");

    Outcome outcome =
        run(folder, "\"$LAUNCHER\" version", Map.of("PATH", path, "JAVA_HOME", old.toString()));

    assertThat(outcome.out()).contains("java    25");
    assertThat(outcome.status()).isZero();
  }

  @Test
  void javaOptsWin(@TempDir Path folder) throws Exception {
    Outcome outcome =
        run(
            folder,
            "\"$LAUNCHER\" version",
            Map.of("JAVA_OPTS", "-XX:+UseSerialGC -Xmx99m -XX:+PrintFlagsFinal"));

    assertThat(outcome.out()).containsPattern("MaxHeapSize += 10[34]\\d{6} ");
    assertThat(outcome.status()).isZero();
  }

  @Test
  void makesACacheThatTheJvmTakes(@TempDir Path folder) throws Exception {
    Outcome made = run(folder, "\"$LAUNCHER\" aot-cache", Map.of());

    Outcome used = run(folder, "\"$LAUNCHER\" version", Map.of("JAVA_OPTS", "-XX:AOTMode=on"));

    assertThat(made.err()).isEmpty();
    assertThat(made.status()).isZero();
    assertThat(used.out()).contains("java    25"); // it would not have started without
  }

  /** A JDK that could not run anything: its version decides before it is called. */
  private static Path jdk(Path folder, String version) throws IOException {
    Path home = Files.createDirectories(folder.resolve("jdk-" + version));
    Files.writeString(home.resolve("release"), "JAVA_VERSION=\"" + version + "\"\n");
    Path java = Files.createDirectories(home.resolve("bin")).resolve("java");
    Files.writeString(java, "#!/bin/sh\nexit 99\n");
    assertThat(java.toFile().setExecutable(true)).isTrue();
    assertThat(List.of(java)).allMatch(Files::isExecutable);
    return home;
  }
}
