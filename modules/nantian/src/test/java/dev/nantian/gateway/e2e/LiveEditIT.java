package dev.nantian.gateway.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.Arrays;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * A route edited in the folder is live soon: the figure is printed from the admin endpoint's
 * timestamps.
 */
class LiveEditIT {
  private static final int EDITS = 25;

  @Test
  void anEditedRouteIsLive(@TempDir Path scratch) throws IOException, InterruptedException {
    int port = Ports.free();
    Path folder = Files.createDirectory(scratch.resolve("config"));
    Path route = folder.resolve("route.yaml");
    try (var one = new Backend("one");
        var two = new Backend("two")) {
      Files.writeString(folder.resolve("gateway.yaml"), Config.gateway(port));
      Files.writeString(folder.resolve("one.yaml"), Config.service("one", one.port()));
      Files.writeString(folder.resolve("two.yaml"), Config.service("two", two.port()));
      Files.writeString(route, Config.route("items", "/", "one"));
      try (var gateway = NantianProcess.start(scratch, "standalone", folder.toString())) {
        String url = "http://127.0.0.1:" + port + "/";
        gateway.await("serving", () -> "one".equals(body(url)));
        long[] seenMillis = new long[EDITS];
        long[] liveMillis = new long[EDITS];
        for (int i = 0; i < EDITS; i++) {
          String wanted = i % 2 == 0 ? "two" : "one";
          Instant written = Instant.now();
          Files.writeString(route, Config.route("items", "/", wanted));
          gateway.await("serving " + wanted, () -> wanted.equals(body(url)));
          seenMillis[i] = Duration.between(written, Instant.now()).toMillis();
          gateway.await("acknowledged", () -> liveAt(gateway).isAfter(written));
          liveMillis[i] = Duration.between(written, liveAt(gateway)).toMillis();
        }
        System.out.println(
            "edit to first answer by the new route, ms: "
                + summary(seenMillis)
                + "; edit to the proxy's acknowledgement (admin timestamps), ms: "
                + summary(liveMillis));
        assertThat(gateway.terminate()).isZero();
      }
    }
  }

  private static Instant liveAt(NantianProcess gateway) {
    Instant latest = Instant.EPOCH;
    for (JsonNode resource : gateway.admin("/v1/snapshot").get("resources")) {
      if (resource.get("name").asText().equals("shop/items")) {
        for (JsonNode at : resource.get("liveAt")) {
          latest = Instant.parse(at.asText());
        }
      }
    }
    return latest;
  }

  private static String body(String url) {
    try {
      return NantianProcess.get(url).body();
    } catch (IOException e) {
      return e.toString();
    }
  }

  private static String summary(long[] millis) {
    long[] sorted = millis.clone();
    Arrays.sort(sorted);
    return "median " + sorted[sorted.length / 2] + ", max " + sorted[sorted.length - 1];
  }
}
