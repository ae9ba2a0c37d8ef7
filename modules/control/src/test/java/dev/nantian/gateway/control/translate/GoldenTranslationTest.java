package dev.nantian.gateway.control.translate;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.core.type.TypeReference;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.google.protobuf.util.JsonFormat;
import dev.nantian.gateway.control.fixture.Objects;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.snakeyaml.engine.v2.api.Dump;
import org.snakeyaml.engine.v2.api.DumpSettings;
import org.snakeyaml.engine.v2.common.FlowStyle;

/**
 * Objects in, configuration and statuses out: {@code NAME.in.yaml} and {@code NAME.out.yaml} under
 * {@code src/test/resources/translate}. {@code -Dgolden.update=true} writes the second; read the
 * difference before you commit it.
 */
class GoldenTranslationTest {
  private static final Path FOLDER = Path.of("src/test/resources/translate");
  private static final ObjectMapper MAPPER =
      new ObjectMapper().setDefaultPropertyInclusion(JsonInclude.Include.NON_EMPTY);
  private static final TypeReference<Map<String, Object>> MAP = new TypeReference<>() {};

  static Stream<String> cases() throws IOException {
    try (Stream<Path> files = Files.list(FOLDER)) {
      return files
          .map(file -> file.getFileName().toString())
          .filter(name -> name.endsWith(".in.yaml"))
          .map(name -> name.substring(0, name.length() - ".in.yaml".length()))
          .sorted()
          .toList()
          .stream();
    }
  }

  @ParameterizedTest
  @MethodSource("cases")
  void translatesAsWritten(String name) throws IOException {
    String in = Files.readString(FOLDER.resolve(name + ".in.yaml"));
    Path expected = FOLDER.resolve(name + ".out.yaml");

    String out = describe(new World(Objects.parse(in)));

    if (Boolean.getBoolean("golden.update")) {
      Files.writeString(expected, out);
    }
    assertThat(out).isEqualTo(Files.readString(expected));
  }

  private static String describe(World world) throws IOException {
    Map<String, Object> configuration = new TreeMap<>();
    for (var entry : world.resources().entrySet()) {
      configuration.put(
          entry.getKey().toString(),
          MAPPER.readValue(JsonFormat.printer().print(entry.getValue()), MAP));
    }
    Map<String, Object> statuses = new TreeMap<>();
    Map<String, Object> problems = new TreeMap<>();
    world
        .translations()
        .forEach(
            (key, translation) -> {
              translation
                  .status()
                  .ifPresent(
                      status -> statuses.put(key.toString(), MAPPER.convertValue(status, MAP)));
              List<String> lines =
                  translation.problems().stream()
                      .map(problem -> problem.severity() + " " + problem.inMessage())
                      .toList();
              if (!lines.isEmpty()) {
                problems.put(key.toString(), lines);
              }
            });
    Map<String, Object> all = new TreeMap<>();
    all.put("configuration", configuration);
    all.put("problems", problems);
    all.put("statuses", statuses);
    return new Dump(
            DumpSettings.builder()
                .setDefaultFlowStyle(FlowStyle.BLOCK)
                .setWidth(1000)
                .setDereferenceAliases(true)
                .build())
        .dumpToString(all);
  }
}
