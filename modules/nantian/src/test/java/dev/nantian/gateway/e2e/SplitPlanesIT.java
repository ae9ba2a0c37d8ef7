package dev.nantian.gateway.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The planes as two real processes: what the loss of one costs. */
class SplitPlanesIT {
  @Test
  void trafficNeedsNoControlPlane(@TempDir Path scratch) throws IOException, InterruptedException {
    // Given both planes and requests without end
    int port = Ports.free();
    String xds = "127.0.0.1:" + Ports.free();
    Path folder = Files.createDirectory(scratch.resolve("config"));
    String url = "http://127.0.0.1:" + port + "/";
    String[] proxyCommand = {"proxy", "--xds", xds, "--bind", "127.0.0.1", "--node-id", "edge"};
    String[] controlCommand = {"control", folder.toString(), "--xds", xds};
    try (var one = new Backend("one");
        var two = new Backend("two")) {
      Files.writeString(folder.resolve("gateway.yaml"), Config.gateway(port));
      Files.writeString(folder.resolve("one.yaml"), Config.service("one", one.port()));
      Files.writeString(folder.resolve("two.yaml"), Config.service("two", two.port()));
      Files.writeString(folder.resolve("route.yaml"), Config.route("items", "/", "one"));
      long served;
      try (var control = NantianProcess.start(scratch, controlCommand);
          var proxy = NantianProcess.start(scratch, proxyCommand)) {
        proxy.await("serving", () -> "one".equals(body(url)));
        var load = new Load(url, 8);
        proxy.await("under load", () -> load.requests() > 1_000);

        // When the control plane is killed
        control.kill();
        long atKill = load.requests();
        proxy.await("serving on", () -> load.requests() > atKill + 5_000);

        // Then no request fails, and the proxy tells that it is alone
        assertThat(load.stop()).isEmpty();
        served = load.requests() - atKill;
        assertThat(proxy.admin("/v1/config").at("/status/controlPlane/connected").asBoolean())
            .isFalse();
        proxy.kill();
      }
      try (var alone = NantianProcess.start(scratch, proxyCommand)) {
        alone.await("serving from disk", () -> "one".equals(body(url)));

        // And when a control plane is back, its news arrive.
        Files.writeString(folder.resolve("route.yaml"), Config.route("items", "/", "two"));
        try (var again = NantianProcess.start(scratch, controlCommand)) {
          alone.await("caught up", () -> "two".equals(body(url)));
          assertThat(again.admin("/v1/nodes").get("nodes")).hasSize(1);
        }
      }
      System.out.println("requests after kill -9 of the control plane: " + served + ", failed 0");
    }
  }

  @Test
  void aRequestUnderWayAtTheEndIsAnswered(@TempDir Path scratch) throws Exception {
    int port = Ports.free();
    String xds = "127.0.0.1:" + Ports.free();
    Path folder = Files.createDirectory(scratch.resolve("config"));
    var answer = new CompletableFuture<Void>();
    try (var slow = new Backend("slow", answer)) {
      Files.writeString(folder.resolve("gateway.yaml"), Config.gateway(port));
      Files.writeString(folder.resolve("slow.yaml"), Config.service("slow", slow.port()));
      Files.writeString(folder.resolve("route.yaml"), Config.route("items", "/", "slow"));
      try (var control = NantianProcess.start(scratch, "control", folder.toString(), "--xds", xds);
          var proxy = NantianProcess.start(scratch, "proxy", "--xds", xds)) {
        // Given a request that its backend has and does not answer yet
        proxy.await("serving", () -> listens(proxy));
        CompletableFuture<HttpResponse<String>> late =
            CompletableFuture.supplyAsync(() -> get("http://127.0.0.1:" + port + "/"));
        proxy.await("outstanding", () -> outstanding(proxy, "shop/slow:80"));

        // When the proxy is told to end, and the backend then answers
        proxy.signalEnd();
        proxy.await("draining", () -> proxy.output().contains("event=draining"));
        answer.complete(null);

        // Then the answer arrives, and the end is an orderly one
        assertThat(late.get(1, TimeUnit.MINUTES).body()).isEqualTo("slow");
        assertThat(proxy.terminate()).isZero();
        assertThat(control.terminate()).isZero();
      }
    }
  }

  private static boolean listens(NantianProcess proxy) {
    JsonNode listeners = proxy.admin("/v1/listeners").at("/listeners");
    return !listeners.isEmpty() && listeners.get(0).path("problem").isMissingNode();
  }

  private static boolean outstanding(NantianProcess proxy, String cluster) {
    for (JsonNode backend : proxy.admin("/v1/backends").at("/backends")) {
      if (backend.at("/cluster").asText().equals(cluster)
          && backend.at("/endpoints/0/requestsOutstanding").asInt() > 0) {
        return true;
      }
    }
    return false;
  }

  private static HttpResponse<String> get(String url) {
    try {
      return NantianProcess.get(url);
    } catch (IOException e) {
      throw new AssertionError(e);
    }
  }

  private static String body(String url) {
    try {
      return NantianProcess.get(url).body();
    } catch (IOException e) {
      return e.toString();
    }
  }
}
