package dev.nantian.gateway.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.net.httpserver.HttpServer;
import dev.nantian.gateway.control.source.Kind;
import dev.nantian.gateway.control.status.ObjectStatus;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Executors;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * {@code examples/filters} and the example of {@code docs/filters.md} do what they say, from YAML
 * to bytes on the wire, and a filter that is gone guards what it guarded.
 */
@SuppressWarnings("NullAway.Init")
class FiltersExampleIT {
  private static final String BODY = "shop ".repeat(100);

  private final HttpClient client =
      HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();
  private final List<String> users = new ArrayList<>();
  private HttpServer backend;
  private Path folder;
  private int port;
  private String token;
  private Planes planes;

  @BeforeEach
  void start(@TempDir Path scratch) throws Exception {
    backend = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 100);
    backend.setExecutor(Executors.newVirtualThreadPerTaskExecutor());
    backend.createContext(
        "/",
        exchange -> {
          try (exchange) {
            byte[] body = BODY.getBytes(StandardCharsets.UTF_8);
            synchronized (users) {
              users.add(String.valueOf(exchange.getRequestHeaders().getFirst("X-User")));
            }
            exchange.getResponseHeaders().set("Content-Type", "text/plain");
            exchange.sendResponseHeaders(200, body.length);
            exchange.getResponseBody().write(body);
          }
        });
    backend.start();
    port = Ports.free();
    ExampleCopy example = new ExampleCopy(Map.of(8088, port, 9101, backend.getAddress().getPort()));
    folder = example.files("filters", scratch);
    token = found("(?m)^TOKEN=(\\S+)$", Files.readString(folder.resolve("README.md")));
    Files.writeString(
        folder.resolve("docs.yaml"),
        found(
            "(?ms)^```yaml\n(.*?)^```$",
            Files.readString(NantianProcess.REPOSITORY.resolve("docs/filters.md"))));
    planes = Planes.start(folder);
    Planes.await("served", () -> get("/public").statusCode() == 200);
  }

  @AfterEach
  void stop() {
    planes.close();
    backend.stop(0);
    client.close();
  }

  private static String found(String pattern, String text) {
    Matcher matcher = Pattern.compile(pattern).matcher(text);
    assertThat(matcher.find()).as(pattern).isTrue();
    return matcher.group(1);
  }

  private HttpResponse<byte[]> get(String path, String... headers) throws Exception {
    HttpRequest.Builder request =
        HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + port + path))
            .timeout(Duration.ofSeconds(20));
    if (headers.length > 0) {
      request.headers(headers);
    }
    return client.send(request.build(), HttpResponse.BodyHandlers.ofByteArray());
  }

  private HttpResponse<byte[]> account() throws Exception {
    return get("/account", "Authorization", "Bearer " + token);
  }

  @Test
  void onlyTokensPassAndThoseThreeTimesAMinute() throws Exception {
    HttpResponse<byte[]> none = get("/account");
    HttpResponse<byte[]> forged =
        get(
            "/account",
            "Authorization",
            "Bearer " + token.substring(0, token.length() - 4) + "AAAA");
    List<Integer> withToken = new ArrayList<>();
    for (int i = 0; i < 4; i++) {
      withToken.add(account().statusCode());
    }

    assertThat(none.statusCode()).isEqualTo(401);
    assertThat(none.headers().firstValue("WWW-Authenticate").orElse("")).startsWith("Bearer");
    assertThat(forged.statusCode()).isEqualTo(401);
    assertThat(withToken).containsExactly(200, 200, 200, 429);
    assertThat(users).filteredOn(user -> !user.equals("null")).containsOnly("alice");
  }

  @Test
  void aResponseIsCompressedForThoseWhoAcceptIt() throws Exception {
    HttpResponse<byte[]> plain = get("/public");
    HttpResponse<byte[]> gzip = get("/public", "Accept-Encoding", "gzip");

    assertThat(plain.headers().firstValue("Content-Encoding")).isEmpty();
    assertThat(new String(plain.body(), StandardCharsets.UTF_8)).isEqualTo(BODY);
    assertThat(gzip.headers().firstValue("Content-Encoding")).contains("gzip");
    assertThat(gzip.body()).hasSizeLessThan(BODY.length());
  }

  @Test
  void theDocumentationsExampleLimitsEachTeam() throws Exception {
    List<Integer> one = new ArrayList<>();
    for (int i = 0; i < 3; i++) {
      one.add(get("/reports", "X-Team", "one").statusCode());
    }

    assertThat(one).containsExactly(200, 200, 429);
    assertThat(get("/reports", "X-Team", "two").statusCode()).isEqualTo(200);
  }

  @Test
  void aFilterThatIsGoneStillGuardsAndOtherRulesGoOn() throws Exception {
    Path filters = folder.resolve("filters.yaml");
    String written = Files.readString(filters);

    // The filter's keys are gone.
    Files.writeString(filters, written.replace("name: issuer-keys\n", "name: other-keys\n"));
    Planes.await("500 without keys", () -> account().statusCode() == 500);
    assertThat(condition(Kind.HTTP_FILTER, "signed-in", "ResolvedRefs"))
        .contains("False/KeysNotFound", "ConfigMap filters/issuer-keys does not exist");
    assertThat(condition(Kind.HTTP_ROUTE, "shop", "ResolvedRefs"))
        .contains("False/InvalidFilter", "HTTPFilter filters/signed-in");

    // The filter is gone.
    Files.writeString(filters, written.replace("name: signed-in\n", "name: renamed\n"));
    Planes.await(
        "told",
        () ->
            condition(Kind.HTTP_ROUTE, "shop", "ResolvedRefs")
                .contains(
                    "False/FilterNotFound spec.rules[1].filters[0].extensionRef.name: HTTPFilter filters/signed-in does not exist"));
    Planes.await("500 without the filter", () -> account().statusCode() == 500);
    assertThat(get("/account").statusCode()).isEqualTo(500);
    assertThat(get("/public").statusCode()).isEqualTo(200);

    // Both are back.
    Files.writeString(filters, written);
    Planes.await("401 again", () -> get("/account").statusCode() == 401);
    Planes.await(
        "resolved",
        () -> condition(Kind.HTTP_ROUTE, "shop", "ResolvedRefs").contains("True/ResolvedRefs"));
  }

  private String condition(Kind kind, String name, String type) throws Exception {
    planes.settled();
    Optional<ObjectStatus> status =
        planes.statuses().stream()
            .filter(one -> one.key().kind() == kind && one.key().name().equals(name))
            .findFirst();
    return status.map(one -> Planes.condition(one, type)).orElse("");
  }
}
