package dev.nantian.gateway.control.conformance;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assumptions.assumeThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.nantian.gateway.control.ControlPlane;
import dev.nantian.gateway.control.ControlPlaneSettings;
import dev.nantian.gateway.control.fixture.Acknowledger;
import dev.nantian.gateway.control.source.Kind;
import dev.nantian.gateway.control.source.ResourceKey;
import dev.nantian.gateway.control.source.folder.FolderSource;
import dev.nantian.gateway.control.status.ObjectStatus;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.TimeUnit;
import org.apache.pekko.actor.testkit.typed.javadsl.ActorTestKit;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * The statuses that the official suite's tests of routes other than core HTTPRoutes, of
 * ListenerSets, BackendTLSPolicies and client certificates ask for; see {@link KindTests}. Runs
 * where {@code -Dconformance.manifests} names the folder that {@code conformance/manifests} wrote;
 * prints a line for each test.
 */
class KindStatusesIT {
  private static final ActorTestKit KIT = ActorTestKit.create();
  private static final ObjectMapper MAPPER = new ObjectMapper();
  private static final Duration DEADLINE = Duration.ofSeconds(15);
  private static final List<String> REPORT = new ArrayList<>();

  @TempDir private Path folder;

  static List<KindTests.KindTest> tests() {
    return KindTests.all();
  }

  @AfterAll
  static void stop() {
    KIT.shutdownTestKit();
    REPORT.forEach(System.out::println);
  }

  @ParameterizedTest
  @MethodSource("tests")
  void statusesAreAsTheSuiteExpects(KindTests.KindTest test) throws Exception {
    String manifests = System.getProperty("conformance.manifests", "");
    assumeThat(manifests).as("-Dconformance.manifests").isNotEmpty();
    Files.copy(Path.of(manifests, "base.yaml"), folder.resolve("base.yaml"));
    Files.copy(Path.of(manifests, "tests", test.file() + ".yaml"), folder.resolve("test.yaml"));
    Files.writeString(folder.resolve("suite.yaml"), ConformanceStatusesIT.madeByTheSuite());
    ControlPlane plane =
        await(
            ControlPlane.start(
                KIT.system(),
                ControlPlaneSettings.defaults().withAddressPool(List.of("127.18.0.0/24")),
                new FolderSource(folder),
                new SimpleMeterRegistry()));
    try (var _ = new Acknowledger(KIT.system(), plane.xdsAddress(), "node")) {
      for (KindTests.Wanted wanted : test.wanted()) {
        eventually(plane, test, wanted);
      }
      REPORT.add("ok    " + test.name());
    } finally {
      await(plane.stop());
    }
  }

  private static void eventually(
      ControlPlane plane, KindTests.KindTest test, KindTests.Wanted wanted) throws Exception {
    long deadline = System.nanoTime() + DEADLINE.toNanos();
    while (true) {
      String found = check(plane, wanted);
      if (found.isEmpty()) {
        return;
      }
      if (System.nanoTime() > deadline) {
        REPORT.add("FAIL  " + test.name() + ": " + wanted + ": " + found);
        assertThat(found).as(wanted.toString()).isEmpty();
      }
      Thread.onSpinWait();
    }
  }

  /** What is not as wanted; empty if nothing. */
  private static String check(ControlPlane plane, KindTests.Wanted wanted) throws Exception {
    JsonNode status = status(plane, wanted.kind(), wanted.name());
    JsonNode part = part(status, wanted);
    for (String condition : wanted.conditions()) {
      boolean holds =
          condition.startsWith("#")
              ? hasField(part, condition.substring(1))
              : condition.startsWith("!")
                  ? !hasCondition(part, condition.substring(1))
                  : hasCondition(part, condition);
      if (!holds) {
        return condition + " in " + part + " of " + status;
      }
    }
    return "";
  }

  private static JsonNode part(JsonNode status, KindTests.Wanted wanted) {
    String[] part = wanted.part().split(" ", 2);
    return switch (part[0]) {
      case "" -> status;
      case "listener" -> find(status.path("listeners"), "/name", part[1]);
      case "parent" -> find(status.path("parents"), "/parentRef/name", part[1]);
      case "ancestor" -> find(status.path("ancestors"), "/ancestorRef/name", part[1]);
      default -> throw new IllegalArgumentException(wanted.part());
    };
  }

  private static JsonNode find(JsonNode list, String pointer, String name) {
    for (JsonNode one : list) {
      if (one.at(pointer).asText().equals(name)) {
        return one;
      }
    }
    return MAPPER.missingNode();
  }

  /** {@code attachedRoutes=2}. */
  private static boolean hasField(JsonNode part, String wanted) {
    int equals = wanted.indexOf('=');
    return part.path(wanted.substring(0, equals)).asText().equals(wanted.substring(equals + 1));
  }

  /** {@code Type=True} or {@code Type=False/Reason}. */
  private static boolean hasCondition(JsonNode part, String wanted) {
    for (JsonNode condition : part.path("conditions")) {
      String text =
          condition.path("type").asText()
              + "="
              + condition.path("status").asText()
              + "/"
              + condition.path("reason").asText()
              + "/";
      if (text.startsWith(wanted + "/")) {
        return true;
      }
    }
    return false;
  }

  private static JsonNode status(ControlPlane plane, String kindName, String name)
      throws Exception {
    Kind kind =
        Arrays.stream(Kind.values())
            .filter(one -> one.kindName().equals(kindName))
            .findFirst()
            .orElseThrow();
    int slash = name.indexOf('/');
    ResourceKey key = new ResourceKey(kind, name.substring(0, slash), name.substring(slash + 1));
    return await(plane.view().status(key))
        .map(ObjectStatus::status)
        .map(MAPPER::<JsonNode>valueToTree)
        .orElse(MAPPER.createObjectNode());
  }

  private static <T> T await(CompletionStage<T> stage) throws Exception {
    return stage.toCompletableFuture().get(20, TimeUnit.SECONDS);
  }
}
