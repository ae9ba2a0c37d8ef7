package dev.nantian.gateway.proxy;

import static org.assertj.core.api.Assertions.assertThat;

import dev.nantian.gateway.proxy.http.RequestHead;
import dev.nantian.gateway.proxy.route.ListenerEntry;
import dev.nantian.gateway.proxy.route.ListenerTable;
import dev.nantian.gateway.proxy.route.RouteTarget;
import dev.nantian.gateway.proxy.tls.CertifiedKey;
import dev.nantian.gateway.proxy.tls.TestKeys;
import dev.nantian.gateway.proxy.tls.TlsContexts;
import io.netty.handler.ssl.SslContext;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Clients that others wrote. */
@Timeout(180)
class Http2ClientsIT {
  private static final TestKeys KEYS = TestKeys.ec("localhost", "other.example");

  private static SslContext context() throws Exception {
    return new TlsContexts().context(List.of(CertifiedKey.of(KEYS.chain(), KEYS.key())));
  }

  private static TestProxy tlsProxy(RawBackend backend) throws Exception {
    return new TestProxy(
        DataPlaneSettings.DEFAULT,
        1,
        true,
        new TestTable()
            .route("/", TestTable.cluster(backend.address()))
            .certificate("localhost", context()));
  }

  @Test
  void theJdkClientAgreesOnHttp2AndUsesOneConnection() throws Exception {
    try (RawBackend backend = RawBackend.echo();
        TestProxy proxy = tlsProxy(backend);
        HttpClient client =
            HttpClient.newBuilder()
                .version(HttpClient.Version.HTTP_2)
                .sslContext(TlsClient.trustingContext())
                .build()) {
      URI uri = URI.create("https://localhost:" + proxy.port() + "/x");
      client.send(HttpRequest.newBuilder(uri).build(), HttpResponse.BodyHandlers.discarding());
      List<CompletableFuture<HttpResponse<String>>> responses = new ArrayList<>();
      String body = "y".repeat(100_000);
      for (int i = 0; i < 50; i++) {
        responses.add(
            client.sendAsync(
                HttpRequest.newBuilder(uri).POST(HttpRequest.BodyPublishers.ofString(body)).build(),
                HttpResponse.BodyHandlers.ofString()));
      }

      for (CompletableFuture<HttpResponse<String>> each : responses) {
        HttpResponse<String> response = each.get();
        assertThat(response.version()).isEqualTo(HttpClient.Version.HTTP_2);
        assertThat(response.statusCode()).isEqualTo(200);
        assertThat(response.body()).endsWith(body).contains("x-forwarded-proto: https");
      }
      assertThat(proxy.metrics()).contains("nantian_http_connections_total 1.0");
    }
  }

  @Test
  void curlSpeaksBothOnTheCleartextPort() throws Exception {
    Assumptions.assumeTrue(hasCurl(), "no curl with HTTP/2 here");
    try (RawBackend backend = RawBackend.echo();
        TestProxy proxy =
            TestProxy.start(new TestTable().route("/", TestTable.cluster(backend.address())))) {
      String uri = "http://127.0.0.1:" + proxy.port() + "/c";

      String known = curl("--http2-prior-knowledge", "-d", "hello", uri);
      // Asks for an upgrade to h2c, which RFC 9113 section 3.1 lets us pass over.
      String upgrade = curl("--http2", "-d", "hello", uri);

      assertThat(known).startsWith("POST /c HTTP/1.1").endsWith("hello 2");
      assertThat(upgrade).startsWith("POST /c HTTP/1.1").endsWith("hello 1.1");
    }
  }

  @Test
  void aHostOfAnotherListenerIsMisdirected() throws Exception {
    SslContext context = context();
    ListenerEntry localhost = new ListenerEntry("test/gateway", "one", 443, context);
    ListenerEntry other = new ListenerEntry("test/gateway", "other", 443, context);
    ListenerTable table =
        new ListenerTable() {
          @Override
          public @Nullable ListenerEntry listener(byte[] host, int offset, int length) {
            String name = new String(host, offset, length, StandardCharsets.US_ASCII);
            return switch (name) {
              case "localhost" -> localhost;
              case "other.example" -> other;
              default -> null;
            };
          }

          @Override
          public @Nullable RouteTarget match(ListenerEntry listener, RequestHead head) {
            return null;
          }
        };
    try (TestProxy proxy = new TestProxy(DataPlaneSettings.DEFAULT, 1, true, table);
        RawClient client = TlsClient.connect(proxy, "localhost")) {
      client.send("GET / HTTP/1.1\r\nHost: other.example\r\n\r\n");
      assertThat(client.receive().status()).isEqualTo(421);
      client.send("GET / HTTP/1.1\r\nHost: localhost\r\n\r\n");
      assertThat(client.receive().status()).isEqualTo(404);
      client.send("GET / HTTP/1.1\r\nHost: unknown.example\r\n\r\n");
      assertThat(client.receive().status()).isEqualTo(404);
    }
  }

  private static boolean hasCurl() {
    try {
      return curl("--version").contains("HTTP2");
    } catch (IOException | InterruptedException e) {
      return false;
    }
  }

  private static String curl(String... options) throws IOException, InterruptedException {
    List<String> command = new ArrayList<>(List.of("curl", "-s", "--max-time", "20", "-w"));
    command.add(" %{http_version}");
    command.addAll(List.of(options));
    Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
    String output =
        new String(process.getInputStream().readAllBytes(), StandardCharsets.ISO_8859_1);
    process.waitFor();
    return output;
  }
}
