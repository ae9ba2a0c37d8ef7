package dev.nantian.gateway.cli;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import dev.nantian.gateway.e2e.ExampleCopy;
import dev.nantian.gateway.e2e.NantianProcess;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * The quickstart is what it says: its console lines are run as they stand, by a shell, against a
 * real process, and their output is compared. Only port numbers are exchanged, in the files and in
 * the lines, so that the test disturbs nobody and nobody disturbs it.
 */
final class QuickstartIT {
  private static final Duration PATIENCE = Duration.ofSeconds(20);
  private static final Pattern COUNTED = Pattern.compile("(?m)^ +(\\d+) (shop-v[12])$");

  private record Line(String command, String output) {}

  @Test
  void itsLinesDoWhatItSays(@TempDir Path folder) throws Exception {
    // Given the quickstart, started as it says
    ExampleCopy example = ExampleCopy.quickstart(folder);
    List<Line> lines = lines(NantianProcess.REPOSITORY.resolve("examples/quickstart/README.md"));
    lines.addAll(lines(NantianProcess.REPOSITORY.resolve("README.md")));
    assertThat(lines).hasSizeGreaterThan(20);
    try (var gateway = NantianProcess.start(folder, "standalone", "examples/quickstart")) {

      // When its lines are typed, one after the other, until each gives what it says
      var differing = new LinkedHashMap<String, List<String>>();
      for (Line line : lines) {
        String actual = runUntilEqual(line, folder, gateway, example);
        if (!normal(actual, example.ports()).equals(normal(line.output(), Map.of()))) {
          differing.put(line.command(), List.of("expected:\n" + line.output(), "was:\n" + actual));
        }
      }

      // Then each did, and the gateway ends in order when it is told to
      assertThat(differing).isEmpty();
      assertThat(gateway.terminate()).isZero();
    }
  }

  /** The lines that begin with a prompt, with what follows each; the start itself is ours. */
  private static List<Line> lines(Path markdown) throws IOException {
    var lines = new ArrayList<Line>();
    Matcher blocks =
        Pattern.compile("(?ms)^```console\n(.*?)^```$").matcher(Files.readString(markdown));
    while (blocks.find()) {
      for (String part : blocks.group(1).split("(?m)^\\$ ", -1)) {
        String command = part.lines().findFirst().orElse("");
        if (!command.isEmpty() && !command.startsWith("./nantian standalone")) {
          lines.add(
              new Line(
                  command, part.lines().skip(1).map(l -> l + "\n").collect(Collectors.joining())));
        }
      }
    }
    return lines;
  }

  /** A change is live soon, not at once: a line may be repeated, an edit may not. */
  private static String runUntilEqual(
      Line line, Path folder, NantianProcess gateway, ExampleCopy example) throws Exception {
    long deadline = System.nanoTime() + PATIENCE.toNanos();
    String actual;
    do {
      actual = run(example.exchange(line.command()), folder, gateway);
    } while (!normal(actual, example.ports()).equals(normal(line.output(), Map.of()))
        && !line.command().startsWith("sed ")
        && System.nanoTime() - deadline < 0);
    return actual;
  }

  private static String run(String command, Path folder, NantianProcess gateway) throws Exception {
    var builder =
        new ProcessBuilder("bash", "-c", command)
            .directory(folder.toFile())
            .redirectError(ProcessBuilder.Redirect.DISCARD);
    builder.environment().put("NANTIAN_ADMIN", "127.0.0.1:" + gateway.adminPort());
    builder.environment().put("NANTIAN_BUILD", "never");
    Process process = builder.start();
    String output = new String(process.getInputStream().readAllBytes(), UTF_8);
    assertThat(process.waitFor(PATIENCE.toSeconds(), TimeUnit.SECONDS)).isTrue();
    return output;
  }

  /** Without what differs from run to run: ports, curl's version, ids, and shares within reason. */
  private static String normal(String output, Map<Integer, Integer> ports) {
    String text = output;
    for (var each : ports.entrySet()) {
      text = text.replaceAll("\\b" + each.getValue() + "\\b", String.valueOf(each.getKey()));
    }
    text = text.replaceAll("curl/[0-9.]+", "curl/*");
    text = text.replaceAll("\\[ \"[0-9a-f]{32}\" ]", "[ \"*\" ]");
    return COUNTED
        .matcher(text)
        .replaceAll(
            m -> {
              int expected = m.group(2).equals("shop-v1") ? 900 : 100;
              int difference = Math.abs(Integer.parseInt(m.group(1)) - expected);
              return difference <= 50 ? "about " + expected + " " + m.group(2) : m.group();
            });
  }
}
