package dev.nantian.gateway.admin;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.typesafe.config.ConfigFactory;
import io.micrometer.prometheusmetrics.PrometheusConfig;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import org.apache.pekko.actor.testkit.typed.javadsl.ActorTestKit;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

/** The guard and the table over a real socket, with requests written by hand. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
@SuppressWarnings("NullAway.Init")
final class AdminServerIT {
  private static final String TOKEN = "a-token-of-the-test";

  private final ObjectMapper json = new ObjectMapper();
  private final List<String> restarted = new CopyOnWriteArrayList<>();
  private final List<String> reasons = new CopyOnWriteArrayList<>();
  private ActorTestKit testKit;
  private AdminServer server;

  private record Reply(int status, String headers, String body) {}

  @BeforeAll
  void start() throws Exception {
    testKit = ActorTestKit.create(ConfigFactory.load()); // as the program has it
    Endpoints endpoints =
        ProcessEndpoints.with(
            "1.2.3",
            List.of("control"),
            new Health(List.of(() -> List.copyOf(reasons))),
            new PrometheusMeterRegistry(PrometheusConfig.DEFAULT),
            () -> "openapi: 3.1.0\n",
            List.of(
                Endpoint.get(
                    "/v1/things/{name}",
                    List.of("color"),
                    call ->
                        Answer.now(
                            Map.of(
                                "name", call.path("name"),
                                "color", call.query("color").orElse("none")))),
                Endpoint.get(
                    "/v1/broken",
                    call -> {
                      throw new IllegalStateException("a defect");
                    }),
                Endpoint.post(
                    "/v1/things/{name}/restart",
                    call -> {
                      restarted.add(call.path("name"));
                      return Answer.now(Map.of("restarted", true));
                    })));
    server =
        await(
            AdminServer.start(
                testKit.system(),
                new AdminSettings(
                    new InetSocketAddress(InetAddress.getLoopbackAddress(), 0),
                    List.of("admin.example.com"),
                    new AdminToken(TOKEN)),
                endpoints));
  }

  @AfterAll
  void stop() throws Exception {
    await(server.stop(Duration.ofMillis(100)));
    testKit.shutdownTestKit();
  }

  @BeforeEach
  void forget() {
    restarted.clear();
    reasons.clear();
  }

  @Test
  void answersJsonOfAnEndpoint() throws Exception {
    Reply reply = call("GET", "/v1/things/a%20b?color=red");

    assertThat(reply.status()).isEqualTo(200);
    assertThat(reply.headers()).contains("content-type: application/json");
    assertThat(reply.headers()).contains("cache-control: no-store");
    assertThat(json.readTree(reply.body()))
        .isEqualTo(json.readTree("{\"name\": \"a b\", \"color\": \"red\"}"));
  }

  @Test
  void headHasNoBody() throws Exception {
    Reply reply = call("HEAD", "/livez");

    assertThat(reply.status()).isEqualTo(200);
    assertThat(reply.body()).isEmpty();
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          GET    | /nothing           | 404 | no such path: /nothing (GET / lists all)
          GET    | /v1/things/        | 404 | no such path: /v1/things/ (GET / lists all)
          GET    | /v1/things/a/b     | 404 | no such path: /v1/things/a/b (GET / lists all)
          PUT    | /livez             | 405 | PUT is not for /livez (expected GET)
          POST   | /livez             | 405 | POST is not for /livez (expected GET)
          GET    | /v1/things/a/restart | 405 | GET is not for /v1/things/a/restart (expected POST)
          GET    | /v1/things/a?colour=red | 400 | unknown query parameter 'colour' (expected color)
          GET    | /livez?x=1         | 400 | unknown query parameter 'x' (expected none)
          GET    | /v1/things/a?color=red&color=blue | 400 | query parameter 'color' is given 2 times (expected once)
          """)
  void aCallThatDoesNotFitIsToldWhy(String method, String target, int status, String message)
      throws Exception {
    Reply reply = call(method, target);

    assertThat(reply.status()).isEqualTo(status);
    JsonNode error = json.readTree(reply.body());
    assertThat(error.at("/error").asText()).isEqualTo(message);
    assertThat(error.at("/status").asInt()).isEqualTo(status);
  }

  @Test
  void aDefectIsAnErrorOfThisCallOnly() throws Exception {
    Reply broken = call("GET", "/v1/broken");

    assertThat(broken.status()).isEqualTo(500);
    assertThat(call("GET", "/livez").status()).isEqualTo(200);
  }

  @ParameterizedTest
  @CsvSource({"localhost", "127.0.0.1:9901", "[::1]:9901", "192.168.1.7", "Admin.Example.com:80"})
  void hostsThatCannotBeReboundAreServed(String host) throws Exception {
    assertThat(call("GET", "/livez", "Host: " + host).status()).isEqualTo(200);
  }

  @ParameterizedTest
  @CsvSource({
    "evil.example.com",
    "localhost.evil.example.com",
    "127.0.0.1.evil.example.com",
    "999"
  })
  void otherHostsAreRefused(String host) throws Exception {
    Reply reply = call("GET", "/livez", "Host: " + host);

    assertThat(reply.status()).isEqualTo(403);
    assertThat(json.readTree(reply.body()).at("/error").asText())
        .startsWith("Host '" + host + "' is not served here");
  }

  @Test
  void aChangeNeedsTheToken() throws Exception {
    Reply without = call("POST", "/v1/things/a/restart");
    Reply wrong =
        call("POST", "/v1/things/a/restart", "Authorization: Bearer not-the-token-at-all");
    Reply basic = call("POST", "/v1/things/a/restart", "Authorization: Basic " + TOKEN);

    assertThat(List.of(without.status(), wrong.status(), basic.status()))
        .containsExactly(401, 401, 401);
    assertThat(without.headers()).contains("www-authenticate: bearer");
    assertThat(restarted).isEmpty();
  }

  @Test
  void theTokenAllowsAChange() throws Exception {
    Reply reply = call("POST", "/v1/things/a/restart", "Authorization: Bearer " + TOKEN);

    assertThat(reply.status()).isEqualTo(200);
    assertThat(restarted).containsExactly("a");
  }

  @Test
  void readinessGivesItsReasons() throws Exception {
    reasons.add("proxy: no configuration yet");

    Reply waiting = call("GET", "/readyz");

    assertThat(waiting.status()).isEqualTo(503);
    assertThat(json.readTree(waiting.body()).at("/reasons/0").asText())
        .isEqualTo("proxy: no configuration yet");
    reasons.clear();
    assertThat(call("GET", "/readyz").status()).isEqualTo(200);
  }

  @Test
  void theIndexListsEveryEndpoint() throws Exception {
    JsonNode index = json.readTree(call("GET", "/").body());

    assertThat(index.at("/program").asText()).isEqualTo("nantian 1.2.3");
    assertThat(index.at("/endpoints"))
        .map(JsonNode::asText)
        .contains("GET /", "GET /livez", "POST /v1/things/{name}/restart");
  }

  /** The JDK's client asks to go on in HTTP/2 (RFC 7540 section 3.2) unless told otherwise. */
  @ParameterizedTest
  @EnumSource(HttpClient.Version.class)
  void aClientIsAnsweredInTheVersionThatItOffers(HttpClient.Version version) throws Exception {
    try (var client = HttpClient.newBuilder().version(version).build()) {
      var request =
          HttpRequest.newBuilder(
                  URI.create("http://127.0.0.1:" + server.address().getPort() + "/livez"))
              .timeout(Duration.ofSeconds(20))
              .build();

      HttpResponse<String> first = client.send(request, HttpResponse.BodyHandlers.ofString());
      HttpResponse<String> second = client.send(request, HttpResponse.BodyHandlers.ofString());

      assertThat(List.of(first.statusCode(), second.statusCode())).containsExactly(200, 200);
      assertThat(second.version()).isEqualTo(version);
    }
  }

  private Reply call(String method, String target, String... headers) throws Exception {
    try (var socket = new Socket(InetAddress.getLoopbackAddress(), server.address().getPort())) {
      socket.setSoTimeout(20_000);
      String host =
          List.of(headers).stream().anyMatch(h -> h.startsWith("Host:"))
              ? ""
              : "Host: localhost\r\n";
      String fields = List.of(headers).stream().map(h -> h + "\r\n").collect(Collectors.joining());
      String request =
          method + " " + target + " HTTP/1.1\r\n" + host + fields + "Connection: close\r\n\r\n";
      socket.getOutputStream().write(request.getBytes(StandardCharsets.UTF_8));
      var in =
          new BufferedReader(
              new InputStreamReader(socket.getInputStream(), StandardCharsets.UTF_8));
      String all = in.lines().collect(Collectors.joining("\n"));
      String[] parts = all.split("\n\n", 2);
      return new Reply(
          Integer.parseInt(all.substring(9, 12)),
          parts[0].toLowerCase(Locale.ROOT),
          parts.length > 1 ? parts[1] : "");
    }
  }

  private static <T> T await(CompletionStage<T> stage) throws Exception {
    return stage.toCompletableFuture().get(20, TimeUnit.SECONDS);
  }
}
