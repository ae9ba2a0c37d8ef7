package dev.nantian.gateway.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import dev.nantian.gateway.admin.AdminJson;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Exit status and output of {@code validate}; what it finds is tested where it is found. */
@SuppressWarnings("NullAway.Init")
final class ValidateCommandTest {
  private static final String SERVICE =
      """
      apiVersion: v1
      kind: Service
      metadata:
        name: shop
      spec:
        ports:
          - port: %d
      """;

  @TempDir private Path folder;
  private final StringWriter out = new StringWriter();
  private final StringWriter err = new StringWriter();

  private int validate(String... options) {
    String[] args = new String[options.length + 2];
    args[0] = "validate";
    args[1] = folder.toString();
    System.arraycopy(options, 0, args, 2, options.length);
    return Nantian.run(args, new PrintWriter(out, true), new PrintWriter(err, true));
  }

  @BeforeEach
  void write() throws IOException {
    Files.writeString(folder.resolve("shop.yaml"), SERVICE.formatted(80));
  }

  @Test
  void aGoodFolderIsASuccess() {
    int status = validate();

    assertThat(out).hasToString("1 file, 1 object: 0 errors, 0 warnings" + System.lineSeparator());
    assertThat(status).isZero();
  }

  @Test
  void anErrorIsALineAndStatus1() throws IOException {
    Files.writeString(folder.resolve("shop.yaml"), SERVICE.formatted(70_000));

    int status = validate();

    assertThat(out.toString().lines().toList())
        .containsExactly(
            folder
                + "/shop.yaml:7: Service default/shop spec.ports[0].port: 70000 (expected 1 to 65535)",
            "1 file, 0 objects: 1 error, 0 warnings");
    assertThat(status).isEqualTo(1);
  }

  @Test
  void jsonHoldsTheSame() throws IOException {
    Files.writeString(folder.resolve("shop.yaml"), SERVICE.formatted(70_000));

    int status = validate("-o", "json");

    JsonNode report = AdminJson.mapper().readTree(out.toString());
    assertThat(report.at("/errors").asInt()).isEqualTo(1);
    assertThat(report.at("/diagnostics/0/line").asInt()).isEqualTo(7);
    assertThat(report.at("/diagnostics/0/field").asText()).isEqualTo("spec.ports[0].port");
    assertThat(status).isEqualTo(1);
  }

  @Test
  void aMissingFolderIsOneLineAndStatus1() throws IOException {
    Files.delete(folder.resolve("shop.yaml"));
    Files.delete(folder);

    int status = validate();

    assertThat(err.toString().lines().toList())
        .containsExactly(
            "nantian validate: " + folder + ": does not exist (expected a file or folder of YAML)");
    assertThat(status).isEqualTo(1);
    Files.createDirectory(folder);
  }

  @Test
  void noPathIsAWrongCall() {
    int status =
        Nantian.run(
            new String[] {"validate"}, new PrintWriter(out, true), new PrintWriter(err, true));

    assertThat(err.toString()).startsWith("nantian validate: Missing required parameter");
    assertThat(status).isEqualTo(2);
  }
}
