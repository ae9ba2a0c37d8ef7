package dev.nantian.gateway.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Control plane and proxy as two processes: traffic does not need the control plane. */
class SplitPlanesIT {
  @Test
  void trafficSurvivesTheControlPlane(@TempDir Path scratch)
      throws IOException, InterruptedException {
    int port = NantianProcess.freePort();
    String xds = "127.0.0.1:" + NantianProcess.freePort();
    String state = scratch.resolve("state").toString();
    Path folder = Files.createDirectory(scratch.resolve("config"));
    String url = "http://127.0.0.1:" + port + "/";
    try (var one = new Backend("one");
        var two = new Backend("two")) {
      Files.writeString(folder.resolve("gateway.yaml"), Config.gateway(port));
      Files.writeString(folder.resolve("one.yaml"), Config.service("one", one.port()));
      Files.writeString(folder.resolve("two.yaml"), Config.service("two", two.port()));
      Files.writeString(folder.resolve("route.yaml"), Config.route("items", "/", "one"));
      long served;
      try (var control = NantianProcess.start(scratch, "control", folder.toString(), "--xds", xds);
          var proxy = NantianProcess.start(scratch, "proxy", "--xds", xds, "--data-dir", state)) {
        proxy.await("serving", () -> "one".equals(body(url)));
        var load = new Load(url, 8);
        proxy.await("under load", () -> load.requests() > 1_000);

        control.kill();

        long atKill = load.requests();
        proxy.await("serving on", () -> load.requests() > atKill + 5_000);
        assertThat(load.stop()).isEmpty();
        served = load.requests() - atKill;
        proxy.kill();
      }
      try (var alone = NantianProcess.start(scratch, "proxy", "--xds", xds, "--data-dir", state)) {
        alone.await("serving from disk", () -> "one".equals(body(url)));

        // And when a control plane is back, its news arrive.
        Files.writeString(folder.resolve("route.yaml"), Config.route("items", "/", "two"));
        try (var again =
            NantianProcess.start(scratch, "control", folder.toString(), "--xds", xds)) {
          alone.await("caught up", () -> "two".equals(body(url)));
          assertThat(again.admin("/v1/nodes").get("nodes")).hasSize(1);
        }
      }
      System.out.println("requests after kill -9 of the control plane: " + served + ", failed 0");
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
