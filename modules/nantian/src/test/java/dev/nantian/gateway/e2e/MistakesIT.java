package dev.nantian.gateway.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * A mistake in a file is told with file, line and field, shows in the status, and disturbs nothing
 * else.
 */
class MistakesIT {
  @Test
  void mistakesAreToldAndTrafficGoesOn(@TempDir Path scratch)
      throws IOException, InterruptedException {
    int port = Ports.free();
    Path folder = Files.createDirectory(scratch.resolve("config"));
    try (var backend = new Backend("one")) {
      Files.writeString(folder.resolve("gateway.yaml"), Config.gateway(port));
      Files.writeString(folder.resolve("one.yaml"), Config.service("one", backend.port()));
      Files.writeString(folder.resolve("good.yaml"), Config.route("good", "/", "one"));
      Files.writeString(folder.resolve("edited.yaml"), Config.route("edited", "/edited", "one"));
      try (var gateway = NantianProcess.start(scratch, "standalone", folder.toString())) {
        var load = new Load("http://127.0.0.1:" + port + "/", 4);

        // A syntax error: the file's object goes on as it was.
        Files.writeString(
            folder.resolve("edited.yaml"),
            Config.route("edited", "/edited", "one").replace("rules:", "rules: ["));
        gateway.await("syntax", () -> problem(gateway, "edited.yaml:10"));
        assertThat(NantianProcess.get("http://127.0.0.1:" + port + "/edited").statusCode())
            .isEqualTo(200);

        // A wrong type, in an object that was never valid.
        Files.writeString(
            folder.resolve("type.yaml"),
            Config.route("type", "/type", "one").replace("port: 80", "port: eighty"));
        gateway.await(
            "type", () -> problem(gateway, "type.yaml:16", "spec.rules[0].backendRefs[0].port"));
        gateway.await(
            "condition",
            () -> conditions(gateway, "HTTPRoute", "type").contains("Accepted=False/Invalid"));

        // A dangling reference.
        Files.writeString(
            folder.resolve("dangling.yaml"), Config.route("dangling", "/dangling", "none"));
        gateway.await(
            "dangling", () -> problem(gateway, "dangling.yaml:15", "spec.rules[0].backendRefs[0]"));
        gateway.await(
            "condition",
            () ->
                conditions(gateway, "HTTPRoute", "dangling")
                    .contains("ResolvedRefs=False/BackendNotFound"));
        gateway.await(
            "500",
            () -> {
              try {
                return NantianProcess.get("http://127.0.0.1:" + port + "/dangling").statusCode()
                    == 500;
              } catch (IOException e) {
                return false;
              }
            });

        // Two listeners that cannot be told apart.
        Files.writeString(
            folder.resolve("twins.yaml"),
            Config.gateway(Ports.free())
                .replace("name: web", "name: twins")
                .concat("    - name: again\n      port: 8081\n      protocol: HTTP\n")
                .concat("    - name: twin\n      port: 8081\n      protocol: HTTP\n"));
        gateway.await("twins", () -> problem(gateway, "twins.yaml:1"));
        gateway.await("condition", () -> !conditions(gateway, "Gateway", "twins").isEmpty());

        assertThat(load.stop()).isEmpty();
        System.out.println("requests while files were broken: " + load.requests() + ", failed 0");
        for (JsonNode diagnostic : gateway.admin("/v1/diagnostics").get("diagnostics")) {
          System.out.println("  " + diagnostic);
        }
        System.out.println("  twins: " + conditions(gateway, "Gateway", "twins"));
      }
    }
  }

  private static boolean problem(NantianProcess gateway, String... parts) {
    return gateway
        .output()
        .lines()
        .anyMatch(line -> List.of(parts).stream().allMatch(line::contains));
  }

  /** Every condition of an object as {@code type=status/reason}. */
  private static List<String> conditions(NantianProcess gateway, String kind, String name) {
    for (JsonNode object : gateway.admin("/v1/status").get("objects")) {
      if (object.get("kind").asText().equals(kind) && object.get("name").asText().equals(name)) {
        return object.findValues("conditions").stream()
            .flatMap(list -> list.valueStream())
            .map(
                c ->
                    c.get("type").asText()
                        + "="
                        + c.get("status").asText()
                        + "/"
                        + c.get("reason").asText())
            .toList();
      }
    }
    return List.of();
  }
}
