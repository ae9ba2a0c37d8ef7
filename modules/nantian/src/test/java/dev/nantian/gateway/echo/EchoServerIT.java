package dev.nantian.gateway.echo;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.nantian.gateway.echo.v1.EchoClient;
import dev.nantian.gateway.echo.v1.EchoReply;
import dev.nantian.gateway.echo.v1.EchoRequest;
import io.grpc.StatusRuntimeException;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.WebSocket;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.TimeUnit;
import org.apache.pekko.actor.testkit.typed.javadsl.ActorTestKit;
import org.apache.pekko.grpc.GrpcClientSettings;
import org.apache.pekko.stream.javadsl.Sink;
import org.apache.pekko.stream.javadsl.Source;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;

/** The backend over real sockets, with the JDK's client and the generated gRPC client. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
@SuppressWarnings("NullAway.Init")
final class EchoServerIT {
  private static final Duration LIMIT = Duration.ofSeconds(20);

  private final ObjectMapper json = new ObjectMapper();
  private ActorTestKit testKit;
  private EchoServer server;
  private HttpClient client;

  @BeforeAll
  void start() throws Exception {
    testKit = ActorTestKit.create();
    server = await(EchoServer.start(testKit.system(), EchoOptions.of("shop-v1", "127.0.0.1", 0)));
    client = HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();
  }

  @AfterAll
  void stop() throws Exception {
    client.close();
    await(server.stop(Duration.ofMillis(100)));
    testKit.shutdownTestKit();
  }

  @Test
  void tellsWhatItReceived() throws Exception {
    HttpRequest request =
        request("/c%61rt?id=7&x=%20")
            .header("X-A", "1")
            .header("x-a", "2")
            .POST(HttpRequest.BodyPublishers.ofString("hello"))
            .build();

    HttpResponse<String> response = send(request);

    JsonNode report = json.readTree(response.body());
    assertThat(response.statusCode()).isEqualTo(200);
    assertThat(response.headers().firstValue("x-echo-name")).contains("shop-v1");
    assertThat(report.at("/name").asText()).isEqualTo("shop-v1");
    assertThat(report.at("/method").asText()).isEqualTo("POST");
    assertThat(report.at("/path").asText()).isEqualTo("/c%61rt");
    assertThat(report.at("/query").asText()).isEqualTo("id=7&x=%20");
    assertThat(report.at("/headers/x-a")).map(JsonNode::asText).containsExactly("1", "2");
    assertThat(report.at("/body/size").asInt()).isEqualTo(5);
    assertThat(report.at("/body/text").asText()).isEqualTo("hello");
  }

  @Test
  void speaksHttp2AfterAnUpgrade() throws Exception {
    var text = HttpResponse.BodyHandlers.ofString();
    try (var http2 = HttpClient.newBuilder().version(HttpClient.Version.HTTP_2).build()) {
      HttpResponse<String> first = http2.send(request("/").build(), text);

      HttpResponse<String> second = http2.send(request("/").build(), text);

      // The request that asked for the upgrade was itself HTTP/1.1.
      assertThat(json.readTree(first.body()).at("/protocol").asText()).isEqualTo("HTTP/1.1");
      assertThat(second.version()).isEqualTo(HttpClient.Version.HTTP_2);
      JsonNode report = json.readTree(second.body());
      assertThat(report.at("/protocol").asText()).isEqualTo("HTTP/2.0");
      assertThat(report.at("/headers/:authority/0").asText())
          .isEqualTo("127.0.0.1:" + server.address().getPort());
    }
  }

  @Test
  void answersInOneLineToAClientThatWantsText() throws Exception {
    HttpResponse<String> response =
        send(request("/cart?id=7").header("Accept", "text/plain").build());

    assertThat(response.body()).isEqualTo("shop-v1: GET /cart?id=7\n");
  }

  @Test
  void thePathAsksForStatusAndSize() throws Exception {
    HttpResponse<String> response = send(request("/status/503/bytes/20000").build());

    assertThat(response.statusCode()).isEqualTo(503);
    assertThat(response.headers().firstValue("content-length")).contains("20000");
    assertThat(response.body()).hasSize(20_000).startsWith("0123456789abcdef0123");
  }

  @Test
  void streamsServerSentEvents() throws Exception {
    HttpResponse<String> response = send(request("/stream/3/every/1ms").build());

    assertThat(response.headers().firstValue("content-type").orElse(""))
        .startsWith("text/event-stream");
    assertThat(response.body().lines().filter(l -> l.startsWith("id:")))
        .containsExactly("id: 1", "id: 2", "id: 3");
  }

  @Test
  void sendsTheBodyBack() throws Exception {
    String body = "0123456789".repeat(50_000);

    HttpResponse<String> response =
        send(request("/body").POST(HttpRequest.BodyPublishers.ofString(body)).build());

    assertThat(response.body()).isEqualTo(body);
  }

  @Test
  void echoesWebSocketMessages() throws Exception {
    var answer = new CompletableFuture<String>();
    WebSocket socket =
        client
            .newWebSocketBuilder()
            .buildAsync(
                URI.create("ws://127.0.0.1:" + server.address().getPort() + "/any"),
                new WebSocket.Listener() {
                  @Override
                  public @Nullable CompletionStage<?> onText(
                      WebSocket webSocket, CharSequence data, boolean last) {
                    answer.complete(data.toString());
                    return null;
                  }
                })
            .get(LIMIT.toSeconds(), TimeUnit.SECONDS);

    await(socket.sendText("ping", true));

    assertThat(await(answer)).isEqualTo("ping");
    socket.abort();
  }

  @Test
  void servesAllFourKindsOfGrpcMethod() throws Exception {
    try (var grpc = grpcClient()) {
      EchoRequest hello = EchoRequest.newBuilder().setText("hello").setCount(3).build();

      EchoReply unary = await(grpc.client().unary().addHeader("x-a", "1").invoke(hello));
      List<EchoReply> server =
          await(grpc.client().serverStream(hello).runWith(Sink.seq(), testKit.system()));
      EchoReply clientSide = await(grpc.client().clientStream(Source.repeat(hello).take(2)));
      List<EchoReply> bidi =
          await(
              grpc.client()
                  .bidiStream(Source.repeat(hello).take(2))
                  .runWith(Sink.seq(), testKit.system()));

      assertThat(unary.getBackend()).isEqualTo("shop-v1");
      assertThat(unary.getMetadataMap()).containsEntry("x-a", "1");
      assertThat(server).extracting(EchoReply::getSequence).containsExactly(1L, 2L, 3L);
      assertThat(clientSide.getText()).isEqualTo("hello hello");
      assertThat(bidi).extracting(EchoReply::getSequence).containsExactly(1L, 2L);
    }
  }

  @Test
  void failsAGrpcCallWithTheStatusAskedFor() throws Exception {
    try (var grpc = grpcClient()) {
      EchoRequest failing = EchoRequest.newBuilder().setText("no").setFailWith(9).build();

      Throwable failure =
          grpc.client()
              .unary(failing)
              .handle((reply, e) -> e)
              .toCompletableFuture()
              .get(LIMIT.toSeconds(), TimeUnit.SECONDS);

      assertThat(failure).isInstanceOf(StatusRuntimeException.class);
      assertThat(failure).hasMessageContaining("FAILED_PRECONDITION");
    }
  }

  private record Grpc(EchoClient client) implements AutoCloseable {
    @Override
    public void close() {
      client.close();
    }
  }

  private Grpc grpcClient() {
    return new Grpc(
        EchoClient.create(
            GrpcClientSettings.connectToServiceAt(
                    "127.0.0.1", server.address().getPort(), testKit.system())
                .withTls(false),
            testKit.system()));
  }

  private HttpRequest.Builder request(String target) {
    return HttpRequest.newBuilder(
            URI.create("http://127.0.0.1:" + server.address().getPort() + target))
        .timeout(LIMIT);
  }

  private HttpResponse<String> send(HttpRequest request) throws IOException, InterruptedException {
    return client.send(request, HttpResponse.BodyHandlers.ofString());
  }

  private static <T> T await(CompletionStage<T> stage) throws Exception {
    return stage.toCompletableFuture().get(LIMIT.toSeconds(), TimeUnit.SECONDS);
  }
}
