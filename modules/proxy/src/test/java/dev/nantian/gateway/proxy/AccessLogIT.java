package dev.nantian.gateway.proxy;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.nantian.gateway.proxy.log.AccessLogSettings;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class AccessLogIT {
  @Test
  void eachRequestGivesALine(@TempDir Path folder) throws IOException {
    Path file = folder.resolve("access.log");
    DataPlaneSettings standard = DataPlaneSettings.DEFAULT;
    DataPlaneSettings settings =
        new DataPlaneSettings(
            standard.transport(),
            standard.connections(),
            standard.upstreams(),
            standard.responseLimits(),
            standard.forwarding(),
            standard.maxRequestsPerLoop(),
            new AccessLogSettings(file, 100));
    try (RawBackend backend = RawBackend.echo();
        TestProxy proxy =
            new TestProxy(
                settings,
                1,
                false,
                new TestTable().route("/a", TestTable.cluster(backend.address())));
        RawClient client = proxy.client()) {
      client.get("/a?b=c");
      client.get("/none");
    }

    String lines = Files.readString(file);
    assertThat(lines.lines()).hasSize(2);
    JsonNode served = new ObjectMapper().readTree(lines.lines().findFirst().orElseThrow());
    assertThat(served.get("status").asInt()).isEqualTo(200);
    assertThat(served.get("path").asText()).isEqualTo("/a?b=c");
    assertThat(served.get("route").asText()).isEqualTo("test/route");
    assertThat(served.get("endpoint").asText()).startsWith("127.0.0.1:");
    assertThat(served.get("requestId").asText()).hasSize(32);
    assertThat(lines.lines().skip(1)).first().asString().contains("\"status\":404");
  }
}
