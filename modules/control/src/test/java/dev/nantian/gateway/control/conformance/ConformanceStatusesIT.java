package dev.nantian.gateway.control.conformance;

import static org.assertj.core.api.Assertions.assertThat;

import dev.nantian.gateway.control.ControlPlane;
import dev.nantian.gateway.control.ControlPlaneSettings;
import dev.nantian.gateway.control.source.Kind;
import dev.nantian.gateway.control.source.ResourceKey;
import dev.nantian.gateway.control.status.ObjectStatus;
import io.fabric8.kubernetes.api.model.Condition;
import io.fabric8.kubernetes.api.model.gatewayapi.v1.GatewayClassStatus;
import io.fabric8.kubernetes.api.model.gatewayapi.v1.GatewayStatus;
import io.fabric8.kubernetes.api.model.gatewayapi.v1.HTTPRouteStatus;
import io.fabric8.kubernetes.api.model.gatewayapi.v1.ListenerStatus;
import io.fabric8.kubernetes.api.model.gatewayapi.v1.RouteGroupKind;
import io.fabric8.kubernetes.api.model.gatewayapi.v1.RouteParentStatus;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.apache.pekko.actor.testkit.typed.javadsl.ActorTestKit;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * The official suite's manifests through a folder, and the statuses that its core HTTPRoute tests
 * ask for. Runs where {@code -Dconformance.manifests} names the folder that {@code
 * conformance/manifests} wrote; prints a line for each test.
 */
class ConformanceStatusesIT {
  private static final ActorTestKit KIT = ActorTestKit.create();
  private static final List<String> REPORT = new ArrayList<>();

  @TempDir private Path folder;

  static List<CoreTests.CoreTest> tests() {
    return CoreTests.all();
  }

  @AfterAll
  static void stop() {
    KIT.shutdownTestKit();
    REPORT.forEach(System.out::println);
  }

  @ParameterizedTest
  @MethodSource("tests")
  void statusesAreAsTheSuiteExpects(CoreTests.CoreTest test) throws Exception {
    String yaml = SuiteRun.manifest(test.file());
    try (SuiteRun run = SuiteRun.start(KIT.system(), folder, yaml)) {
      for (Expectation.Step step : test.steps()) {
        for (Map.Entry<String, String> edit : step.edits().entrySet()) {
          assertThat(yaml).contains(edit.getKey());
          yaml = yaml.replace(edit.getKey(), edit.getValue());
        }
        run.write(yaml);
        for (Expectation expectation : step.expectations()) {
          SuiteRun.eventually(
              test.name(), expectation, () -> check(run.plane(), expectation), REPORT);
        }
      }
      REPORT.add("ok    " + test.name());
    }
  }

  /** What is not as expected; empty if nothing. */
  private static String check(ControlPlane plane, Expectation expectation) throws Exception {
    return switch (expectation) {
      case Expectation.Attached(String gateway, List<String> routes) -> {
        GatewayStatus status = status(plane, Kind.GATEWAY, gateway, GatewayStatus.class);
        if (!has(status.getConditions(), "Accepted=True")
            || !has(status.getConditions(), "Programmed=True")
            || status.getAddresses().isEmpty()) {
          yield "Gateway: " + text(status.getConditions());
        }
        StringBuilder wrong = new StringBuilder();
        for (String route : routes) {
          List<RouteParentStatus> parents = parents(plane, route, gateway);
          if (parents.isEmpty()
              || !parents.stream()
                  .allMatch(parent -> has(parent.getConditions(), "Accepted=True/Accepted"))) {
            wrong.append(route).append(": ").append(parents);
          }
        }
        yield wrong.toString();
      }
      case Expectation.RouteCondition(var route, var gateway, var type, var holds, var reason) -> {
        List<RouteParentStatus> parents = parents(plane, route, gateway);
        String wanted =
            type + (holds ? "=True" : "=False") + (reason.isEmpty() ? "" : "/" + reason);
        yield parents.stream().anyMatch(parent -> has(parent.getConditions(), wanted))
            ? ""
            : parents.toString();
      }
      case Expectation.NoAcceptedParents(String route) -> {
        List<RouteParentStatus> parents =
            status(plane, Kind.HTTP_ROUTE, route, HTTPRouteStatus.class).getParents();
        yield parents.stream().noneMatch(parent -> has(parent.getConditions(), "Accepted=True"))
            ? ""
            : parents.toString();
      }
      case Expectation.ZeroRoutes(String gateway) -> {
        List<ListenerStatus> listeners =
            status(plane, Kind.GATEWAY, gateway, GatewayStatus.class).getListeners();
        yield listeners.stream().allMatch(listener -> listener.getAttachedRoutes() == 0)
            ? ""
            : listeners.toString();
      }
      case Expectation.Listeners(String gateway, List<Expectation.Listener> wanted) ->
          listeners(
              status(plane, Kind.GATEWAY, gateway, GatewayStatus.class).getListeners(), wanted);
      case Expectation.LatestConditions(String kind, String name, long generation) -> {
        List<Condition> conditions = conditions(plane, kind, name);
        yield !conditions.isEmpty()
                && conditions.stream()
                    .allMatch(condition -> condition.getObservedGeneration() == generation)
            ? ""
            : conditions.toString();
      }
    };
  }

  private static String listeners(List<ListenerStatus> found, List<Expectation.Listener> wanted) {
    if (found.size() != wanted.size()) {
      return found.size() + " listeners";
    }
    for (Expectation.Listener listener : wanted) {
      boolean matches =
          found.stream()
              .anyMatch(
                  status ->
                      status.getName().equals(listener.name())
                          && status.getAttachedRoutes() == listener.attachedRoutes()
                          && (listener.kinds().isEmpty()
                              ? status.getSupportedKinds().isEmpty()
                              : status.getSupportedKinds().stream()
                                  .map(RouteGroupKind::getKind)
                                  .toList()
                                  .containsAll(listener.kinds()))
                          && listener.conditions().stream()
                              .allMatch(condition -> has(status.getConditions(), condition)));
      if (!matches) {
        return found.toString();
      }
    }
    return "";
  }

  private static List<Condition> conditions(ControlPlane plane, String kind, String name)
      throws Exception {
    return switch (kind) {
      case "GatewayClass" ->
          status(plane, Kind.GATEWAY_CLASS, name, GatewayClassStatus.class).getConditions();
      case "Gateway" -> status(plane, Kind.GATEWAY, name, GatewayStatus.class).getConditions();
      default ->
          status(plane, Kind.HTTP_ROUTE, name, HTTPRouteStatus.class).getParents().stream()
              .flatMap(parent -> parent.getConditions().stream())
              .toList();
    };
  }

  private static List<RouteParentStatus> parents(ControlPlane plane, String route, String gateway)
      throws Exception {
    String routeNamespace = route.substring(0, route.indexOf('/'));
    return status(plane, Kind.HTTP_ROUTE, route, HTTPRouteStatus.class).getParents().stream()
        .filter(
            parent ->
                gateway.equals(
                        Objects.requireNonNullElse(
                                parent.getParentRef().getNamespace(), routeNamespace)
                            + "/"
                            + parent.getParentRef().getName())
                    && parent.getControllerName().equals(ControlPlaneSettings.CONTROLLER_NAME)
                    && parent.getParentRef().getGroup() != null
                    && parent.getParentRef().getKind() != null)
        .toList();
  }

  private static <T> T status(ControlPlane plane, Kind kind, String name, Class<T> type)
      throws Exception {
    int slash = name.indexOf('/');
    ResourceKey key =
        new ResourceKey(kind, slash < 0 ? "" : name.substring(0, slash), name.substring(slash + 1));
    Object status = SuiteRun.await(plane.view().status(key)).map(ObjectStatus::status).orElse(null);
    return type.isInstance(status)
        ? type.cast(status)
        : type.getDeclaredConstructor().newInstance();
  }

  private static boolean has(List<Condition> conditions, String wanted) {
    return conditions.stream()
        .anyMatch(
            condition ->
                (condition.getType()
                        + "="
                        + condition.getStatus()
                        + "/"
                        + condition.getReason()
                        + "/")
                    .startsWith(wanted + "/"));
  }

  private static String text(List<Condition> conditions) {
    return conditions.stream()
        .map(
            condition ->
                condition.getType()
                    + "="
                    + condition.getStatus()
                    + " "
                    + condition.getReason()
                    + " "
                    + condition.getMessage())
        .toList()
        .toString();
  }
}
