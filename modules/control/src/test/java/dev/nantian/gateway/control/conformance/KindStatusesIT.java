package dev.nantian.gateway.control.conformance;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.nantian.gateway.control.ControlPlane;
import dev.nantian.gateway.control.source.Kind;
import dev.nantian.gateway.control.source.ResourceKey;
import dev.nantian.gateway.control.status.ObjectStatus;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
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
    try (SuiteRun run = SuiteRun.start(KIT.system(), folder, SuiteRun.manifest(test.file()))) {
      for (KindTests.Wanted wanted : test.wanted()) {
        SuiteRun.eventually(test.name(), wanted, () -> check(run.plane(), wanted), REPORT);
      }
      REPORT.add("ok    " + test.name());
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
    return SuiteRun.await(plane.view().status(key))
        .map(ObjectStatus::status)
        .map(MAPPER::<JsonNode>valueToTree)
        .orElse(MAPPER.createObjectNode());
  }
}
