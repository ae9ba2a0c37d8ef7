package dev.nantian.gateway.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.networknt.schema.JsonSchemaFactory;
import com.networknt.schema.SpecVersion;
import com.networknt.schema.ValidationMessage;
import dev.nantian.gateway.admin.AdminJson;
import dev.nantian.gateway.e2e.ExampleCopy;
import dev.nantian.gateway.e2e.NantianProcess;
import dev.nantian.gateway.e2e.Ports;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.TreeSet;
import java.util.function.BooleanSupplier;
import java.util.stream.StreamSupport;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.snakeyaml.engine.v2.api.Load;
import org.snakeyaml.engine.v2.api.LoadSettings;

/** One real standalone process with the quickstart: its admin API, and changes while it runs. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
@SuppressWarnings("NullAway.Init")
final class StandaloneIT {
  private static final Duration PATIENCE = Duration.ofSeconds(30);
  private static final int EDITS = 20;

  private final HttpClient client =
      HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();

  @TempDir private static Path folder;
  private ExampleCopy example;
  private NantianProcess gateway;
  private JsonNode openApi;

  @BeforeAll
  void start() throws Exception {
    example = ExampleCopy.quickstart(folder);
    gateway =
        NantianProcess.start(folder, "standalone", "examples/quickstart", "--bind", "127.0.0.1");
    String file = Files.readString(NantianProcess.REPOSITORY.resolve("docs/openapi.yaml"));
    openApi =
        AdminJson.mapper()
            .valueToTree(new Load(LoadSettings.builder().build()).loadFromString(file));
  }

  @AfterAll
  void stop() {
    client.close();
    gateway.close();
  }

  @Test
  void theOpenApiFileListsExactlyWhatIsServed() {
    var described = new TreeSet<String>();
    openApi
        .at("/paths")
        .properties()
        .forEach(
            path ->
                path.getValue()
                    .properties()
                    .forEach(
                        operation -> {
                          if (!operation.getKey().equals("parameters")) {
                            described.add(
                                line(path.getKey(), operation.getKey(), operation.getValue()));
                          }
                        }));

    JsonNode index = gateway.admin("/");

    assertThat(index.at("/endpoints"))
        .map(JsonNode::asText)
        .containsExactlyInAnyOrderElementsOf(described);
  }

  private static String line(String path, String method, JsonNode operation) {
    List<String> query =
        StreamSupport.stream(operation.path("parameters").spliterator(), false)
            .filter(p -> p.at("/in").asText().equals("query"))
            .map(p -> p.at("/name").asText())
            .toList();
    return method.toUpperCase(Locale.ROOT)
        + " "
        + path
        + (query.isEmpty() ? "" : "?" + String.join("&", query));
  }

  @ParameterizedTest
  @CsvSource({
    "/,/",
    "/livez,/livez",
    "/readyz,/readyz",
    "/v1/actors,/v1/actors",
    "/v1/actors/{kind}/{namespace}/{name},/v1/actors/Gateway/demo/demo",
    "/v1/actors/{kind}/{namespace}/{name},/v1/actors/gatewayclass/-/nantian",
    "/v1/snapshot,/v1/snapshot",
    "/v1/snapshot/resource,/v1/snapshot/resource?type=secret&name=demo/demo-certificate",
    "/v1/nodes,/v1/nodes",
    "/v1/status,/v1/status",
    "/v1/status/{kind}/{namespace}/{name},/v1/status/HTTPRoute/demo/shop",
    "/v1/diagnostics,/v1/diagnostics",
    "/v1/config,/v1/config",
    "/v1/listeners,/v1/listeners",
    "/v1/routes,/v1/routes",
    "/v1/backends,/v1/backends",
    "/v1/explain,/v1/explain?host=localhost&path=/shop&header=x-canary:yes&header=x-b:c",
    "/v1/explain,/v1/explain?host=localhost&path=/nothing&method=POST&scheme=https"
  })
  void anAnswerIsWhatTheOpenApiFileSays(String path, String target) throws IOException {
    JsonNode schema =
        openApi.at("/paths").path(path).at("/get/responses/200/content/application~1json/schema");
    var root = (ObjectNode) strict(schema.deepCopy());
    root.set("components", strict(openApi.at("/components").deepCopy()));

    HttpResponse<String> answer = gateway.adminCall("GET", target, "");

    assertThat(answer.statusCode()).isEqualTo(200);
    assertThat(
            JsonSchemaFactory.getInstance(SpecVersion.VersionFlag.V202012)
                .getSchema(root)
                .validate(AdminJson.mapper().readTree(answer.body())))
        .extracting(ValidationMessage::getMessage)
        .isEmpty();
  }

  /** A field that the file does not know is an error here, though not to clients. */
  private static JsonNode strict(JsonNode schema) {
    if (schema instanceof ObjectNode object) {
      if (object.path("properties").isObject() && !object.has("additionalProperties")) {
        object.put("additionalProperties", false);
      }
    }
    schema.forEach(StandaloneIT::strict);
    return schema;
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          /v1/actors/Pod/demo/x            | 404 | kind 'Pod' (expected one of GatewayClass, Gateway, ListenerSet, HTTPRoute, GRPCRoute, TLSRoute, TCPRoute, UDPRoute, BackendTLSPolicy, BackendLBPolicy, HTTPFilter, Service, EndpointSlice, Secret, ConfigMap, Namespace, ReferenceGrant)
          /v1/actors/Gateway/-/demo        | 404 | namespace '-' (expected one, Gateway is namespaced)
          /v1/actors/GatewayClass/demo/x   | 404 | namespace 'demo' (expected -, GatewayClass has none)
          /v1/status/HTTPRoute/demo/nope   | 404 | no status of HTTPRoute demo/nope
          /v1/snapshot/resource?type=x&name=y | 400 | query parameter 'type': 'x' (expected one of SECRET, SERVICE, ENDPOINTS, GATEWAY, HTTP_ROUTE, L4_ROUTE)
          /v1/snapshot/resource?type=secret | 400 | query parameter 'name' is missing (expected a resource's name, such as shop/cart)
          /v1/explain                      | 400 | query parameter 'host' is missing (expected a host name)
          /v1/explain?host=a&port=http     | 400 | port: "http" (expected 1 to 65535)
          /v1/explain?host=a&scheme=ftp    | 400 | scheme: "ftp" (expected http or https)
          """)
  void aCallThatCannotBeAnsweredIsToldWhy(String target, int status, String message)
      throws IOException {
    HttpResponse<String> answer = gateway.adminCall("GET", target, "");

    assertThat(answer.statusCode()).isEqualTo(status);
    assertThat(AdminJson.mapper().readTree(answer.body()).at("/error").asText()).isEqualTo(message);
  }

  @Test
  void noAnswerHoldsAPrivateKey() throws IOException {
    String secret = Files.readString(folder.resolve("examples/quickstart/certificate.yaml"));
    String key = secret.replaceAll("(?s).*tls.key: (\\S+).*", "$1");

    for (JsonNode line : gateway.admin("/").at("/endpoints")) {
      String path = line.asText().replaceAll("GET |\\?.*", "");
      if (!path.contains("{") && !path.startsWith("POST")) {
        assertThat(gateway.adminCall("GET", path, "").body()).doesNotContain("PRIVATE KEY", key);
      }
    }
    String resource =
        gateway
            .adminCall("GET", "/v1/snapshot/resource?type=secret&name=demo/demo-certificate", "")
            .body();
    assertThat(resource).doesNotContain("PRIVATE KEY", key).contains("[redacted]");
  }

  @Test
  void anActorIsRestartedWithTheTokenOnly() throws IOException {
    String actor = "/v1/actors/HTTPRoute/demo/by-host";
    String token =
        Files.readString(folder.resolve("state/admin-token-" + gateway.adminPort())).strip();
    int before = gateway.admin(actor).at("/restarts").asInt();

    int without = gateway.adminCall("POST", actor + "/restart", "").statusCode();
    int with = gateway.adminCall("POST", actor + "/restart", token).statusCode();

    assertThat(without).isEqualTo(401);
    assertThat(with).isEqualTo(200);
    await(() -> gateway.admin(actor).at("/restarts").asInt() == before + 1);
    await(() -> gateway.admin(actor).at("/state").asText().equals("Current"));
  }

  @Test
  void metricsTellOfBothPlanesAndTheProcess() {
    String metrics = gateway.adminCall("GET", "/metrics", "").body();

    assertThat(metrics)
        .contains("nantian_control_objects{kind=\"HTTPRoute\"} 3")
        .contains("nantian_config_revision")
        .contains("jvm_memory_used_bytes");
  }

  @Test
  void anEditIsLiveSoon() throws Exception {
    // Given a route whose split is edited again and again
    Path file = folder.resolve("examples/quickstart/routes.yaml");
    String original = Files.readString(file);
    var translated = new ArrayList<Long>();
    var live = new ArrayList<Long>();

    // When each edit is awaited at the proxy
    for (int i = 1; i <= EDITS; i++) {
      int weight = 100 + i;
      Instant saved = Instant.now();
      Files.writeString(file, original.replace("weight: 90", "weight: " + weight));
      await(
          () ->
              gateway
                  .adminCall("GET", "/v1/routes", "")
                  .body()
                  .contains(weight + " x demo/shop-v1:80"));
      // Traffic may see it a moment before the proxy's acknowledgement has arrived.
      await(() -> !route().at("/liveAt/standalone").asText().isEmpty());
      JsonNode resource = route();
      Instant seen = Instant.parse(resource.at("/sourceEventAt").asText());
      Instant taken = Instant.parse(resource.at("/liveAt/standalone").asText());
      translated.add(Duration.between(seen, taken).dividedBy(Duration.ofNanos(1_000)));
      live.add(Duration.between(saved, taken).dividedBy(Duration.ofNanos(1_000)));
    }
    Files.writeString(file, original);

    // Then each got there; how fast is a figure, for the machine may be busy
    assertThat(live).hasSize(EDITS);
    System.out.printf(
        "Live edit, %d edits: file saved to served on every loop %.1f ms (median), %.1f ms (worst); of this from event to acknowledgement %.1f ms (median)%n",
        EDITS, median(live), worst(live), median(translated));
  }

  private JsonNode route() {
    for (JsonNode resource : gateway.admin("/v1/snapshot").at("/resources")) {
      if (resource.at("/type").asText().equals("HTTP_ROUTE")
          && resource.at("/name").asText().equals("demo/shop")) {
        return resource;
      }
    }
    throw new IllegalStateException("no HTTP_ROUTE demo/shop");
  }

  private static double median(List<Long> micros) {
    return micros.stream().sorted().toList().get(micros.size() / 2) / 1000.0;
  }

  private static double worst(List<Long> micros) {
    return micros.stream().max(Long::compare).orElseThrow() / 1000.0;
  }

  @Test
  void aBrokenFileDisturbsNobody() throws Exception {
    // Given a file that is no YAML and one with a wrong port
    Path quickstart = folder.resolve("examples/quickstart");
    Files.writeString(quickstart.resolve("broken.yaml"), "apiVersion: v1\nkind: [\n");
    Files.writeString(
        quickstart.resolve("wrong.yaml"),
        "apiVersion: v1\nkind: Service\nmetadata:\n  name: wrong\n  namespace: demo\nspec:\n  ports:\n    - port: 70000\n");

    // When both are told of
    await(
        () -> {
          String findings = gateway.adminCall("GET", "/v1/diagnostics", "").body();
          return findings.contains("broken.yaml:")
              && findings.contains(
                  "wrong.yaml:8: Service demo/wrong spec.ports[0].port: 70000 (expected 1 to 65535)");
        });

    // Then traffic goes on, and so do changes of other files
    assertThat(cart()).isEqualTo("cart: GET /cart\n");
    Files.delete(quickstart.resolve("broken.yaml"));
    Files.delete(quickstart.resolve("wrong.yaml"));
    await(() -> gateway.admin("/v1/diagnostics").at("/diagnostics").isEmpty());
  }

  @Test
  void backendsOfEndpointSlicesComeAndGo() throws Exception {
    // Given a slice with a loopback address and one with another
    int port = Ports.free();
    Path file = folder.resolve("examples/quickstart/more.yaml");
    String slice =
        """
        apiVersion: discovery.k8s.io/v1
        kind: EndpointSlice
        metadata:
          name: more
          namespace: demo
          annotations: { gateway.nantian.dev/echo: more }
        addressType: IPv4
        endpoints:
          - addresses: ["127.0.0.1"]
          - addresses: ["192.0.2.1"]
        ports: [{ port: %d }]
        """
            .formatted(port);

    // When it is written
    Files.writeString(file, slice);

    // Then a backend runs at the one, and the other is refused with its line; both end with the
    // file
    await(() -> get(port, "/").equals("more: GET /\n"));
    assertThat(gateway.output().lines())
        .anyMatch(
            line ->
                line.contains("event=echo_refused at=more.yaml:10")
                    && line.contains("192.0.2.1 (expected a loopback address"));
    Files.delete(file);
    await(() -> get(port, "/").isEmpty());
  }

  private String cart() {
    return get(example.port(8080), "/cart");
  }

  private String get(int port, String path) {
    try {
      return client
          .send(
              HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + port + path))
                  .header("Accept", "text/plain")
                  .timeout(PATIENCE)
                  .build(),
              HttpResponse.BodyHandlers.ofString())
          .body();
    } catch (IOException e) {
      return "";
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException(e);
    }
  }

  private static void await(BooleanSupplier condition) {
    long deadline = System.nanoTime() + PATIENCE.toNanos();
    while (!condition.getAsBoolean()) {
      if (System.nanoTime() - deadline > 0) {
        throw new AssertionError("not within " + PATIENCE);
      }
      Thread.onSpinWait();
    }
  }
}
