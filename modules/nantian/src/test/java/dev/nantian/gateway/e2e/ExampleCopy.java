package dev.nantian.gateway.e2e;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.stream.Stream;

/**
 * A working folder with a link to the launcher and a copy of an example, its ports exchanged for
 * free ones, so that a test disturbs nobody and nobody disturbs it.
 *
 * @param ports the example's port to the free one
 */
public record ExampleCopy(Map<Integer, Integer> ports) {
  /** Ports that {@code examples/quickstart} names. */
  public static final List<Integer> QUICKSTART_PORTS =
      List.of(8080, 8443, 9101, 9102, 9103, 9104, 9105, 9106);

  /** Copies {@code examples/quickstart} to the same place beneath {@code folder}. */
  public static ExampleCopy quickstart(Path folder) throws IOException {
    List<Integer> free = Ports.free(QUICKSTART_PORTS.size());
    var exchanged = new LinkedHashMap<Integer, Integer>();
    for (int i = 0; i < QUICKSTART_PORTS.size(); i++) {
      exchanged.put(QUICKSTART_PORTS.get(i), free.get(i));
    }
    var copy = new ExampleCopy(exchanged);
    Files.createSymbolicLink(
        folder.resolve("nantian"), NantianProcess.REPOSITORY.resolve("nantian"));
    copy.files("quickstart", folder);
    return copy;
  }

  /** Copies the files of an example to the same place beneath {@code folder}, which it returns. */
  Path files(String example, Path folder) throws IOException {
    Path target = Files.createDirectories(folder.resolve("examples").resolve(example));
    try (Stream<Path> files =
        Files.list(NantianProcess.REPOSITORY.resolve("examples").resolve(example))) {
      for (Path file : files.toList()) {
        Files.writeString(target.resolve(file.getFileName()), exchange(Files.readString(file)));
      }
    }
    return target;
  }

  /** The port that stands for one of the example's. */
  public int port(int port) {
    return Objects.requireNonNull(ports.get(port));
  }

  /** Writes the other port numbers, where they stand alone. */
  public String exchange(String text) {
    String exchanged = text;
    for (var each : ports.entrySet()) {
      exchanged =
          exchanged.replaceAll("\\b" + each.getKey() + "\\b", String.valueOf(each.getValue()));
    }
    return exchanged;
  }
}
