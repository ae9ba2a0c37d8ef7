package dev.nantian.gateway.proxy;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.nantian.gateway.proxy.filter.HeaderEdits;
import dev.nantian.gateway.proxy.filter.PathRewrite;
import dev.nantian.gateway.proxy.filter.RewriteAction;
import dev.nantian.gateway.proxy.log.AccessLogSettings;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

@OnEveryTransport
class AccessLogIT {
  @Test
  void eachRequestGivesALine(@TempDir Path folder) throws IOException {
    Path file = folder.resolve("access.log");
    try (RawBackend backend = RawBackend.echo();
        TestProxy proxy =
            new TestProxy(
                logging(file),
                1,
                false,
                new TestTable().route("/a", TestTable.cluster(backend.address())));
        RawClient client = proxy.client()) {
      client.get("/a?b=c");
      client.get("/none");
    }

    List<JsonNode> lines = lines(file);
    assertThat(lines).hasSize(2);
    JsonNode served = lines.getFirst();
    assertThat(served.get("status").asInt()).isEqualTo(200);
    assertThat(served.get("path").asText()).isEqualTo("/a?b=c");
    assertThat(served.get("route").asText()).isEqualTo("test/route");
    assertThat(served.get("endpoint").asText()).startsWith("127.0.0.1:");
    assertThat(served.get("requestId").asText()).hasSize(32);
    assertThat(lines.getLast().get("status").asInt()).isEqualTo(404);
  }

  @Test
  void showsHostAndPathAsReceivedWhateverARewriteDid(@TempDir Path folder) throws IOException {
    Path file = folder.resolve("access.log");
    try (RawBackend backend = RawBackend.echo();
        TestProxy proxy =
            new TestProxy(
                logging(file),
                1,
                false,
                new TestTable()
                    .rule(
                        "/old",
                        TestTable.filtered(
                            HeaderEdits.NONE,
                            HeaderEdits.NONE,
                            null,
                            new RewriteAction(
                                "inside.example".getBytes(StandardCharsets.US_ASCII),
                                PathRewrite.full("/new")),
                            TestTable.to(TestTable.cluster(backend.address())))));
        RawClient client = proxy.client()) {
      assertThat(client.get("/old/a?b=c").body())
          .startsWith("GET /new?b=c HTTP/1.1\r\n")
          .contains("Host: inside.example\r\n");
    }

    JsonNode line = lines(file).getFirst();
    assertThat(line.get("host").asText()).isEqualTo("test.example");
    assertThat(line.get("path").asText()).isEqualTo("/old/a?b=c");
  }

  @Test
  void requestsThatTheCodecRefusedHaveALine(@TempDir Path folder) throws IOException {
    Path file = folder.resolve("access.log");
    try (RawBackend backend = new RawBackend(RawBackend.Connection::request);
        TestProxy proxy =
            new TestProxy(
                logging(file),
                1,
                false,
                new TestTable().route("/", TestTable.cluster(backend.address())));
        RawClient one = proxy.client();
        RawClient other = proxy.client()) {
      one.send("GET /a HTTP/1.1\r\nHost: one.example\r\nHost: two.example\r\n\r\n").receive();
      other.send("POST /b HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nzz").receive();
    }

    List<JsonNode> lines = lines(file);
    assertThat(lines).hasSize(2);
    assertThat(lines.getFirst().get("status").asInt()).isEqualTo(400);
    assertThat(lines.getFirst().get("method").asText()).isEqualTo("GET");
    assertThat(lines.getFirst().get("path").asText()).isEqualTo("/a");
    assertThat(lines.getFirst().get("refusal").asText()).isEqualTo("several_hosts");
    assertThat(lines.getLast().get("status").asInt()).isEqualTo(400);
    assertThat(lines.getLast().get("refusal").asText()).isEqualTo("bad_chunk");
    assertThat(lines.getLast().get("route").asText()).isEqualTo("test/route");
  }

  private static List<JsonNode> lines(Path file) throws IOException {
    ObjectMapper json = new ObjectMapper();
    List<JsonNode> lines = new ArrayList<>();
    for (String line : Files.readAllLines(file)) {
      lines.add(json.readTree(line));
    }
    return lines;
  }

  private static DataPlaneSettings logging(Path file) {
    DataPlaneSettings standard = DataPlaneSettings.DEFAULT;
    return standard.withAccessLog(new AccessLogSettings(file, 100));
  }
}
