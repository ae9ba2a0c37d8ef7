package dev.nantian.gateway.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import dev.nantian.gateway.echo.EchoOptions;
import dev.nantian.gateway.echo.EchoServer;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import org.apache.pekko.actor.testkit.typed.javadsl.ActorTestKit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The planes as two real processes: what the loss of one costs. */
final class SplitPlanesIT {
  private static final Duration LIMIT = Duration.ofMinutes(1);
  private static final int REQUESTS_AFTER = 500;
  private static final Duration SLOW = Duration.ofSeconds(1);

  @Test
  void theProxyNeedsNoControlPlane(@TempDir Path folder) throws Exception {
    // Given both planes, a backend, and requests without end
    Map<Integer, Integer> ports =
        GatewayProcess.copyExample(folder, "quickstart", QuickstartIT.PORTS);
    String xds = "127.0.0.1:" + GatewayProcess.freePorts(1).getFirst();
    ActorTestKit testKit = ActorTestKit.create();
    EchoServer cart =
        start(testKit, EchoOptions.of("cart", "127.0.0.1", GatewayProcess.port(ports, 9103)));
    EchoServer slow =
        start(
            testKit,
            new EchoOptions("slow", "127.0.0.1", GatewayProcess.port(ports, 9102), SLOW, 200));
    String[] proxyCommand = {"proxy", "--xds", xds, "--bind", "127.0.0.1", "--node-id", "edge"};
    int port = GatewayProcess.port(ports, 8080);
    try (var client = HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();
        var control =
            new GatewayProcess(folder, "Ready.", "control", "examples/quickstart", "--xds", xds)) {
      try (var proxy = new GatewayProcess(folder, "  admin  http", proxyCommand)) {
        awaitServing(client, port);
        var answered = new AtomicInteger();
        var ended = new AtomicBoolean();
        CompletableFuture<List<String>> failures =
            CompletableFuture.supplyAsync(() -> load(client, port, answered, ended));

        // When the control plane is killed
        awaitCount(answered, 100);
        control.kill();
        awaitCount(answered, answered.get() + REQUESTS_AFTER);
        ended.set(true);

        // Then no request fails, and a request under way at SIGTERM gets its answer
        assertThat(failures.get(LIMIT.toSeconds(), TimeUnit.SECONDS)).isEmpty();
        assertThat(proxy.admin("/v1/config").at("/status/controlPlane/connected").asBoolean())
            .isFalse();
        CompletableFuture<HttpResponse<String>> late =
            client.sendAsync(
                HttpRequest.newBuilder(request(port, "/shop"), (n, v) -> true)
                    .header("x-canary", "yes")
                    .build(),
                HttpResponse.BodyHandlers.ofString());
        awaitOutstanding(proxy, "demo/shop-v2:80");
        int status = proxy.terminate();
        assertThat(late.get(LIMIT.toSeconds(), TimeUnit.SECONDS).statusCode()).isEqualTo(200);
        assertThat(status).isZero();
      }

      // And when the proxy starts alone, it serves from its disk
      try (var again = new GatewayProcess(folder, "  admin  http", proxyCommand)) {
        awaitServing(client, port);
        assertThat(again.admin("/readyz").at("/ready").asBoolean()).isTrue();
      }
    } finally {
      cart.stop(Duration.ofMillis(100)).toCompletableFuture().join();
      slow.stop(Duration.ofMillis(100)).toCompletableFuture().join();
      testKit.shutdownTestKit();
    }
  }

  private static EchoServer start(ActorTestKit testKit, EchoOptions options) throws Exception {
    return EchoServer.start(testKit.system(), options)
        .toCompletableFuture()
        .get(LIMIT.toSeconds(), TimeUnit.SECONDS);
  }

  private static void awaitOutstanding(GatewayProcess proxy, String cluster) {
    long deadline = System.nanoTime() + LIMIT.toNanos();
    while (System.nanoTime() - deadline < 0) {
      for (JsonNode backend : proxy.admin("/v1/backends").at("/backends")) {
        if (backend.at("/cluster").asText().equals(cluster)
            && backend.at("/endpoints/0/requestsOutstanding").asInt() > 0) {
          return;
        }
      }
    }
    throw new AssertionError("no request at " + cluster + " within " + LIMIT);
  }

  private static List<String> load(
      HttpClient client, int port, AtomicInteger answered, AtomicBoolean ended) {
    var failures = new ArrayList<String>();
    while (!ended.get()) {
      try {
        HttpResponse<String> response =
            client.send(request(port, "/cart"), HttpResponse.BodyHandlers.ofString());
        if (response.statusCode() != 200) {
          failures.add(String.valueOf(response.statusCode()));
        }
      } catch (IOException e) {
        failures.add(e.toString());
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        return failures;
      }
      answered.incrementAndGet();
    }
    return failures;
  }

  private static void awaitServing(HttpClient client, int port) throws InterruptedException {
    long deadline = System.nanoTime() + LIMIT.toNanos();
    while (System.nanoTime() - deadline < 0) {
      try {
        if (client.send(request(port, "/cart"), HttpResponse.BodyHandlers.ofString()).statusCode()
            == 200) {
          return;
        }
      } catch (IOException e) {
        Thread.onSpinWait(); // does not listen yet
      }
    }
    throw new AssertionError("does not serve within " + LIMIT);
  }

  private static void awaitCount(AtomicInteger count, int target) {
    long deadline = System.nanoTime() + LIMIT.toNanos();
    while (count.get() < target) {
      if (System.nanoTime() - deadline > 0) {
        throw new AssertionError("only " + count + " requests within " + LIMIT);
      }
      Thread.onSpinWait();
    }
  }

  private static HttpRequest request(int port, String path) {
    return HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + port + path))
        .timeout(LIMIT)
        .build();
  }
}
