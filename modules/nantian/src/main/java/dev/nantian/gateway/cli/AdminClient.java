package dev.nantian.gateway.cli;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import dev.nantian.gateway.admin.AdminJson;
import java.io.IOException;
import java.net.ConnectException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;
import org.jspecify.annotations.Nullable;
import org.snakeyaml.engine.v2.api.Dump;
import org.snakeyaml.engine.v2.api.DumpSettings;
import org.snakeyaml.engine.v2.common.FlowStyle;
import org.snakeyaml.engine.v2.schema.CoreSchema;
import picocli.CommandLine.Option;

/** Reads an admin endpoint, for the commands that show what a running process knows. */
final class AdminClient {
  private static final Duration LIMIT = Duration.ofSeconds(10);

  @Option(
      names = "--admin",
      paramLabel = "HOST:PORT",
      defaultValue = "${env:NANTIAN_ADMIN:-127.0.0.1:9901}",
      description =
          "The admin endpoint to ask (default: the environment's NANTIAN_ADMIN, else 127.0.0.1:9901).")
  private HostPort address = new HostPort("127.0.0.1", 9901);

  /** How an answer is printed. */
  enum Format {
    table,
    json,
    yaml
  }

  /**
   * GETs a path.
   *
   * @throws CommandFailure in one line if there is no answer, or an error
   */
  JsonNode get(String pathAndQuery) {
    try (var client =
        HttpClient.newBuilder()
            .version(HttpClient.Version.HTTP_1_1)
            .connectTimeout(LIMIT)
            .build()) {
      var request =
          HttpRequest.newBuilder(URI.create("http://" + address + pathAndQuery))
              .timeout(LIMIT)
              .build();
      HttpResponse<String> response = client.send(request, HttpResponse.BodyHandlers.ofString());
      JsonNode body = AdminJson.mapper().readTree(response.body());
      if (response.statusCode() != 200) {
        throw new CommandFailure(
            address + " answered " + response.statusCode() + ": " + body.at("/error").asText());
      }
      return body;
    } catch (ConnectException e) {
      throw new CommandFailure(
          "nothing answers at " + address + " (is nantian running? --admin says where to ask)", e);
    } catch (JsonProcessingException e) {
      throw new CommandFailure(address + " did not answer with JSON: is it an admin endpoint?", e);
    } catch (IOException e) {
      throw new CommandFailure(address + ": " + e.getMessage(), e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new CommandFailure("interrupted", e);
    }
  }

  /** An answer as JSON or YAML text. */
  static String text(JsonNode value, Format format) {
    if (format == Format.json) {
      return AdminJson.write(value);
    }
    @Nullable Object plain = AdminJson.mapper().convertValue(value, Object.class);
    return new Dump(
            DumpSettings.builder()
                .setDefaultFlowStyle(FlowStyle.BLOCK)
                // Quotes what other readers would take for a boolean: a condition's "True".
                .setSchema(new CoreSchema())
                .setWidth(120)
                .build())
        .dumpToString(plain);
  }
}
