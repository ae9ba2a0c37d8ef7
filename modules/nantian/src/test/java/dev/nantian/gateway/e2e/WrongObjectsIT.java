package dev.nantian.gateway.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import dev.nantian.gateway.control.status.ObjectStatus;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.snakeyaml.engine.v2.api.LoadSettings;

/**
 * The table of wrong objects ({@code wrong-objects/table.yaml}): each is told of in its status,
 * with what was expected, and a good route of the same Gateway serves without a failed request from
 * the first to the last. A folder, a real control plane and a real proxy.
 */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
@SuppressWarnings("NullAway.Init")
class WrongObjectsIT {
  /**
   * A line of the table.
   *
   * @param object {@code KIND NAMESPACE/NAME}
   * @param condition {@code TYPE=STATUS/REASON}
   * @param message parts that the condition's message has
   */
  record Wrong(
      String name, String object, String condition, List<String> message, String manifest) {
    String type() {
      return condition.substring(0, condition.indexOf('='));
    }

    String verdict() {
      return condition.substring(condition.indexOf('=') + 1) + " ";
    }

    @Override
    public String toString() {
      return name;
    }
  }

  private final Map<String, String> ports = new LinkedHashMap<>();
  @TempDir private static Path folder;
  private Backend backend;
  private Planes planes;
  private Load load;

  static List<Wrong> table() throws IOException {
    Object table =
        new org.snakeyaml.engine.v2.api.Load(LoadSettings.builder().build())
            .loadFromString(resource("table.yaml"));
    return ((List<?>) table).stream().map(WrongObjectsIT::wrong).toList();
  }

  private static Wrong wrong(Object line) {
    Map<?, ?> fields = (Map<?, ?>) line;
    List<?> parts = (List<?>) Objects.requireNonNull(fields.get("message"));
    return new Wrong(
        String.valueOf(fields.get("name")),
        String.valueOf(fields.get("object")),
        String.valueOf(fields.get("condition")),
        parts.stream().map(String::valueOf).toList(),
        String.valueOf(fields.get("manifest")));
  }

  private static String resource(String name) throws IOException {
    try (InputStream in = WrongObjectsIT.class.getResourceAsStream("/wrong-objects/" + name)) {
      return new String(Objects.requireNonNull(in).readAllBytes(), StandardCharsets.UTF_8);
    }
  }

  @BeforeAll
  void start() throws Exception {
    backend = new Backend("good");
    List<String> names = List.of("http", "tls", "tcp", "udp", "closed", "free", "free2");
    List<Integer> free = Ports.free(names.size());
    for (int i = 0; i < names.size(); i++) {
      ports.put(names.get(i), String.valueOf(free.get(i)));
    }
    ports.put("backend", String.valueOf(backend.port()));
    Files.writeString(folder.resolve("base.yaml"), filled(resource("base.yaml")));
    planes = Planes.start(folder);
    String good = "http://127.0.0.1:" + ports.get("http") + "/";
    Planes.await("served", () -> NantianProcess.get(good).statusCode() == 200);
    load = new Load(good, 2);
  }

  @AfterAll
  void theGoodRouteServedAllTheTime() throws Exception {
    List<String> failures = load.stop();
    System.out.println(
        "Wrong objects: "
            + load.requests()
            + " requests to the good route meanwhile, "
            + failures.size()
            + " failed");
    planes.close();
    backend.close();
    assertThat(failures).isEmpty();
  }

  private String filled(String text) {
    String filled = text;
    for (var port : ports.entrySet()) {
      filled = filled.replace("${" + port.getKey() + "}", port.getValue());
    }
    return filled;
  }

  @Test
  void theTableHasAtLeastSixtyLinesOfEveryKind() throws IOException {
    List<Wrong> table = table();

    assertThat(table).hasSizeGreaterThanOrEqualTo(60);
    assertThat(table).extracting(Wrong::name).doesNotHaveDuplicates();
    assertThat(table)
        .extracting(wrong -> wrong.object().substring(0, wrong.object().indexOf(' ')))
        .contains(
            "GatewayClass",
            "Gateway",
            "ListenerSet",
            "HTTPRoute",
            "GRPCRoute",
            "TLSRoute",
            "TCPRoute",
            "UDPRoute",
            "BackendTLSPolicy",
            "BackendLBPolicy",
            "HTTPFilter",
            "ReferenceGrant",
            "Secret",
            "Service",
            "EndpointSlice");
  }

  @ParameterizedTest
  @MethodSource("table")
  void aWrongObjectIsToldOf(Wrong wrong) throws Exception {
    Path file = folder.resolve("wrong.yaml");

    Files.writeString(file, filled(wrong.manifest()));

    try {
      eventually(wrong);
    } finally {
      Files.delete(file);
      Planes.await("gone", () -> status(wrong).isEmpty());
    }
  }

  private void eventually(Wrong wrong) throws Exception {
    try {
      Planes.await("told", () -> isTold(wrong));
    } catch (AssertionError e) {
      throw new AssertionError(
          "expected "
              + wrong.condition()
              + " "
              + wrong.message()
              + " in "
              + status(wrong).map(ObjectStatus::status),
          e);
    }
  }

  private boolean isTold(Wrong wrong) throws Exception {
    return status(wrong).stream()
        .flatMap(status -> Planes.condition(status, wrong.type()).lines())
        .anyMatch(
            line ->
                line.startsWith(wrong.verdict())
                    && wrong.message().stream().map(this::filled).allMatch(line::contains));
  }

  private Optional<ObjectStatus> status(Wrong wrong) throws Exception {
    return planes.statuses().stream()
        .filter(status -> status.key().toString().equals(wrong.object()) && status.status() != null)
        .findFirst();
  }
}
