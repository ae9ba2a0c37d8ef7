package dev.nantian.gateway.filters.example;

import static org.assertj.core.api.Assertions.assertThat;

import dev.nantian.gateway.filters.FilteredProxy;
import dev.nantian.gateway.proxy.filter.FilterFactories;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** The example of docs/writing-filters.md. */
@Timeout(60)
class WritingFiltersIT {
  @Test
  void theExampleWorks() throws Exception {
    try (FilteredProxy proxy =
        new FilteredProxy(
            FilterFactories.of(new GreetingFactory()),
            exchange -> {
              byte[] body =
                  exchange
                      .getRequestHeaders()
                      .getFirst("X-Greeting")
                      .getBytes(StandardCharsets.UTF_8);
              exchange.sendResponseHeaders(200, body.length);
              try (exchange) {
                exchange.getResponseBody().write(body);
              }
            },
            new String[] {"greeting", "{\"greeting\": \"Hello\"}"})) {
      HttpResponse<byte[]> named = proxy.get("/", "X-Name", "Ada");
      HttpResponse<byte[]> nameless = proxy.get("/");

      assertThat(new String(named.body(), StandardCharsets.UTF_8)).isEqualTo("Hello, Ada");
      assertThat(nameless.statusCode()).isEqualTo(400);
    }
  }

  @Test
  void theGuideShowsTheSourceThatIsTested() throws Exception {
    Path module = Path.of("").toAbsolutePath();
    while (!Files.exists(module.resolve("docs/writing-filters.md"))) {
      module = module.getParent();
    }
    String guide = Files.readString(module.resolve("docs/writing-filters.md"));
    String source =
        Files.readString(
            module.resolve(
                "modules/filters/src/test/java/dev/nantian/gateway/filters/example/GreetingFactory.java"));

    assertThat(guide).contains(source.substring(source.indexOf("/** Greets")));
  }
}
