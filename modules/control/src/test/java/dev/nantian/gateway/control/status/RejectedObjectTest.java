package dev.nantian.gateway.control.status;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;

import dev.nantian.gateway.control.ControlPlane;
import dev.nantian.gateway.control.ControlPlaneSettings;
import dev.nantian.gateway.control.fixture.HandSource;
import dev.nantian.gateway.control.source.Diagnostic;
import dev.nantian.gateway.control.source.Kind;
import dev.nantian.gateway.control.source.Place;
import dev.nantian.gateway.control.source.ResourceKey;
import dev.nantian.gateway.control.source.SourceEvent;
import io.fabric8.kubernetes.api.model.Condition;
import io.fabric8.kubernetes.api.model.gatewayapi.v1.HTTPRouteStatus;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.TimeUnit;
import org.apache.pekko.actor.testkit.typed.javadsl.ActorTestKit;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** What the source refuses shows in the statuses, and goes from there when it is put right. */
class RejectedObjectTest {
  private static final ActorTestKit KIT = ActorTestKit.create();
  private static final ResourceKey ROUTE = new ResourceKey(Kind.HTTP_ROUTE, "shop", "cart");
  private static final String FILE = "cart.yaml";
  private static final Diagnostic ERROR =
      new Diagnostic(
          Diagnostic.Severity.ERROR,
          ROUTE,
          "spec.rules[0].backendRefs[0].port",
          new Place(FILE, 12, 9),
          "70000 (expected 1 to 65535)");
  private static final Diagnostic WARNING =
      new Diagnostic(
          Diagnostic.Severity.WARNING,
          ROUTE,
          "spec.hostname",
          new Place(FILE, 6, 3),
          "unknown field");
  private static final String VALID =
      """
      apiVersion: gateway.networking.k8s.io/v1
      kind: HTTPRoute
      metadata: {name: cart, namespace: shop, generation: %d}
      spec:
        parentRefs: [{name: web}]
        rules: [{backendRefs: [{name: cart, port: 80}]}]
      """;

  private final HandSource source = new HandSource();
  private ControlPlane plane;

  @BeforeEach
  void start() throws Exception {
    plane =
        await(
            ControlPlane.start(
                KIT.system(), ControlPlaneSettings.defaults(), source, new SimpleMeterRegistry()));
    source.apply(
        """
        apiVersion: gateway.networking.k8s.io/v1
        kind: GatewayClass
        metadata: {name: nantian}
        spec: {controllerName: gateway.nantian.dev/controller}
        ---
        apiVersion: gateway.networking.k8s.io/v1
        kind: Gateway
        metadata: {name: web, namespace: shop}
        spec:
          gatewayClassName: nantian
          listeners: [{name: http, port: 8080, protocol: HTTP}]
        ---
        apiVersion: v1
        kind: Service
        metadata: {name: cart, namespace: shop}
        spec: {ports: [{port: 80}]}
        """);
    source.synced();
    await(plane.whenReady());
  }

  @AfterEach
  void stop() throws Exception {
    await(plane.stop());
  }

  @AfterAll
  static void stopSystem() {
    KIT.shutdownTestKit();
  }

  @Test
  void whatWasNeverValidIsNotAccepted() throws Exception {
    // A warning comes first in the file: it must not hide that the object is refused.
    source.send(new SourceEvent.Rejected(FILE, List.of(WARNING, ERROR)));
    await(plane.settled());

    ObjectStatus one = await(plane.view().status(ROUTE)).orElseThrow();
    assertThat(one.generation()).isZero();
    assertThat(one.problems()).containsExactly(WARNING, ERROR);
    Condition accepted = onlyCondition(one);
    assertThat(accepted.getType()).isEqualTo("Accepted");
    assertThat(accepted.getStatus()).isEqualTo("False");
    assertThat(accepted.getReason()).isEqualTo("Invalid");
    assertThat(accepted.getMessage())
        .isEqualTo("cart.yaml:12: spec.rules[0].backendRefs[0].port: 70000 (expected 1 to 65535)");
    assertThat(await(plane.view().statuses())).contains(one);
    assertThat(await(plane.view().snapshot())).noneMatch(r -> r.name().equals("shop/cart"));
  }

  @Test
  void theLastGoodVersionGoesOnServingAndShowsTheProblem() throws Exception {
    source.apply(VALID.formatted(1));
    await(plane.settled());
    var published = await(plane.view().snapshot());

    source.send(new SourceEvent.Rejected(FILE, List.of(ERROR)));
    await(plane.settled());

    assertThat(published).anyMatch(r -> r.name().equals("shop/cart"));
    assertThat(await(plane.view().snapshot())).isEqualTo(published);
    ObjectStatus status = await(plane.view().status(ROUTE)).orElseThrow();
    assertThat(status.generation()).isEqualTo(1);
    assertThat(status.problems()).contains(ERROR);
    assertThat(accepted(status)).isEqualTo("True");
    assertThat(refused(status))
        .isEqualTo(
            "cart.yaml:12: spec.rules[0].backendRefs[0].port: 70000 (expected 1 to 65535);"
                + " generation 1 stays in force");
    assertThat(await(plane.view().statuses())).contains(status);
    assertThat(await(plane.view().diagnostics())).containsOnlyOnce(ERROR);
  }

  @Test
  void aFileThatCanNoLongerBeReadShowsInTheObjectsThatItHeld() throws Exception {
    source.apply(VALID.formatted(1));
    Diagnostic syntax =
        new Diagnostic(
            Diagnostic.Severity.ERROR, null, "", new Place(FILE, 7, 3), "a tab (expected spaces)");

    source.send(new SourceEvent.Rejected(FILE, List.of(syntax), Set.of(ROUTE)));
    await(plane.settled());

    ObjectStatus status = await(plane.view().status(ROUTE)).orElseThrow();
    assertThat(accepted(status)).isEqualTo("True");
    assertThat(refused(status))
        .isEqualTo("cart.yaml:7: a tab (expected spaces); generation 1 stays in force");
    assertThat(status.problems())
        .anySatisfy(
            problem -> {
              assertThat(problem.object()).isEqualTo(ROUTE);
              assertThat(problem.place()).isEqualTo(syntax.place());
            });
    assertThat(await(plane.view().diagnostics())).containsOnlyOnce(syntax);
    source.send(new SourceEvent.Recovered(FILE));
    await(plane.settled());
    assertThat(refused(await(plane.view().status(ROUTE)).orElseThrow())).isEmpty();
  }

  @Test
  void aProblemGoesWhenTheFileIsPutRight() throws Exception {
    source.apply(VALID.formatted(1));
    source.send(new SourceEvent.Rejected(FILE, List.of(ERROR)));
    await(plane.settled());

    source.apply(VALID.formatted(2));
    source.send(new SourceEvent.Recovered(FILE));
    await(plane.settled());

    ObjectStatus status = await(plane.view().status(ROUTE)).orElseThrow();
    assertThat(status.generation()).isEqualTo(2);
    assertThat(status.problems()).doesNotContain(ERROR);
    assertThat(await(plane.view().diagnostics())).doesNotContain(ERROR);
  }

  @Test
  void whatWasNeverValidIsAcceptedOncePutRight() throws Exception {
    source.send(new SourceEvent.Rejected(FILE, List.of(ERROR)));
    await(plane.settled());

    source.apply(VALID.formatted(1));
    source.send(new SourceEvent.Recovered(FILE));
    await(plane.settled());

    ObjectStatus status = await(plane.view().status(ROUTE)).orElseThrow();
    assertThat(accepted(status)).isEqualTo("True");
    assertThat(status.problems()).doesNotContain(ERROR);
  }

  @Test
  void nothingIsLeftOfARefusedObjectThatIsTakenAway() throws Exception {
    source.send(new SourceEvent.Rejected(FILE, List.of(ERROR)));
    await(plane.settled());

    source.send(new SourceEvent.Recovered(FILE));
    await(plane.settled());

    assertThat(await(plane.view().status(ROUTE))).isEmpty();
    assertThat(await(plane.view().statuses())).noneMatch(s -> s.key().equals(ROUTE));
  }

  private static Condition onlyCondition(ObjectStatus status) {
    assertThat(status.status()).isInstanceOf(Map.class);
    Map<?, ?> content = (Map<?, ?>) requireNonNull(status.status());
    List<?> conditions = (List<?>) requireNonNull(content.get("conditions"));
    assertThat(conditions).hasSize(1);
    return (Condition) conditions.getFirst();
  }

  /** The message of the condition that what is written is not what serves; empty if it is. */
  private static String refused(ObjectStatus status) {
    return ((HTTPRouteStatus) requireNonNull(status.status()))
        .getParents().getFirst().getConditions().stream()
            .filter(condition -> condition.getType().equals("gateway.nantian.dev/Refused"))
            .map(Condition::getMessage)
            .findFirst()
            .orElse("");
  }

  private static String accepted(ObjectStatus status) {
    assertThat(status.status()).isInstanceOf(HTTPRouteStatus.class);
    return ((HTTPRouteStatus) requireNonNull(status.status()))
        .getParents().getFirst().getConditions().stream()
            .filter(condition -> condition.getType().equals("Accepted"))
            .findFirst()
            .orElseThrow()
            .getStatus();
  }

  private static <T> T await(CompletionStage<T> stage) throws Exception {
    return stage.toCompletableFuture().get(30, TimeUnit.SECONDS);
  }
}
