package dev.nantian.gateway.control.source.kubernetes;

import static org.assertj.core.api.Assertions.assertThat;

import dev.nantian.gateway.control.address.AddressActor;
import dev.nantian.gateway.control.kubernetes.api.ApiClient;
import dev.nantian.gateway.control.kubernetes.infrastructure.HostSettings;
import dev.nantian.gateway.control.kubernetes.infrastructure.HostWatch;
import dev.nantian.gateway.control.source.Kind;
import dev.nantian.gateway.control.source.ResourceKey;
import dev.nantian.gateway.control.source.SourceEvent;
import io.fabric8.kubernetes.api.model.gatewayapi.v1.HTTPRoute;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class KubernetesSourceIT {
  private static final Duration LIMIT = Duration.ofSeconds(30);
  private static final String ROUTES = "/apis/gateway.networking.k8s.io/v1/httproutes";
  private static final String ROUTE =
      """
      {"metadata":{"namespace":"shop","generation":1},
       "spec":{"parentRefs":[{"name":"front"}],"hostnames":["%s"]}}""";

  private static final String NODES = "/api/v1/nodes";
  private static final String NODE =
      """
      {"metadata":{},"status":{"conditions":[{"type":"Ready","status":"%s"}],
       "addresses":[{"type":"InternalIP","address":"%s"}]}}""";
  private static final String SLICES = "/apis/discovery.k8s.io/v1/endpointslices";
  private static final String SLICE =
      """
      {"metadata":{"namespace":"default","labels":{"kubernetes.io/service-name":"%s"}},
       "addressType":"IPv4",
       "endpoints":[{"addresses":["10.1.0.1"],"nodeName":"%s","conditions":{"ready":true}}]}""";

  private final List<String> events = new CopyOnWriteArrayList<>();
  private FakeApiServer server;
  private ApiClient api;
  private KubernetesSource source;

  @BeforeEach
  void start(@TempDir Path folder) throws IOException {
    server = new FakeApiServer();
    api = ApiClient.open(server.kubeconfig(folder));
    source = new KubernetesSource(api, List.of(), Optional.empty());
  }

  @AfterEach
  void stop() {
    source.close();
    api.close();
    server.close();
  }

  @Test
  void allPagesAreReadBeforeItIsSynced() {
    for (int i = 0; i < 5; i++) {
      server.put(ROUTES, "r" + i, ROUTE.formatted("a.example"));
    }

    run();

    await(() -> events.contains("synced"));
    assertThat(events.subList(0, events.indexOf("synced")))
        .containsExactlyInAnyOrder(
            "applied r0 a.example",
            "applied r1 a.example",
            "applied r2 a.example",
            "applied r3 a.example",
            "applied r4 a.example");
  }

  @Test
  void changesFollowByTheWatch() {
    run();
    await(() -> server.watching(ROUTES) == 1);

    server.put(ROUTES, "r", ROUTE.formatted("a.example"));
    server.put(ROUTES, "r", ROUTE.formatted("b.example"));
    server.remove(ROUTES, "r");

    await(() -> events.contains("deleted r"));
    assertThat(events)
        .containsSubsequence("applied r a.example", "applied r b.example", "deleted r");
  }

  @Test
  void aKindWithoutDefinitionHoldsNothingUpAndAppearsWhenItIsInstalled() {
    server.unknown(ROUTES);
    server.unknown(ROUTES.replace("/v1/", "/v1beta1/"));
    run();
    await(() -> events.contains("synced"));

    server.put(ROUTES, "r", ROUTE.formatted("a.example"));
    server.install(ROUTES);

    await(() -> events.contains("applied r a.example"));
  }

  @Test
  void afterAVersionThatIsNoLongerKeptOnlyTheDifferenceIsTold() {
    server.put(ROUTES, "same", ROUTE.formatted("a.example"));
    server.put(ROUTES, "changed", ROUTE.formatted("a.example"));
    server.put(ROUTES, "gone", ROUTE.formatted("a.example"));
    run();
    await(() -> events.contains("synced") && server.watching(ROUTES) == 1);
    events.clear();

    server.putSilently(ROUTES, "changed", ROUTE.formatted("b.example"));
    server.removeSilently(ROUTES, "gone");
    server.expire(ROUTES);

    await(() -> events.size() == 2);
    assertThat(events).containsExactlyInAnyOrder("applied changed b.example", "deleted gone");
  }

  @Test
  void aServerThatWasAwayIsAskedSparinglyAndNothingIsLost() {
    server.put(ROUTES, "r", ROUTE.formatted("a.example"));
    run();
    await(() -> events.contains("synced") && server.watching(ROUTES) == 1);
    server.down(true);
    int before = server.requests.get();
    await(() -> server.requests.get() >= before + 3 * Kind.values().length);

    server.putSilently(ROUTES, "r", ROUTE.formatted("b.example"));
    server.down(false);
    await(() -> server.watching(ROUTES) == 1);
    server.expire(ROUTES);

    await(() -> events.contains("applied r b.example"));
    assertThat(events).doesNotContain("deleted r");
  }

  @Test
  void anObjectThatOurChecksRefuseIsSaidAndItsLastGoodVersionIsNotTakenBack() {
    server.put(ROUTES, "r", ROUTE.formatted("a.example"));
    run();
    await(() -> events.contains("synced") && server.watching(ROUTES) == 1);

    server.put(ROUTES, "r", ROUTE.formatted("not a host"));
    await(() -> events.contains("rejected HTTPRoute shop/r spec.hostnames[0]"));
    server.put(ROUTES, "r", ROUTE.formatted("c.example"));

    await(() -> events.contains("applied r c.example"));
    assertThat(events)
        .containsSubsequence(
            "applied r a.example",
            "rejected HTTPRoute shop/r spec.hostnames[0]",
            "recovered HTTPRoute shop/r",
            "applied r c.example")
        .doesNotContain("deleted r");
  }

  @Test
  void aKindThatMayNotBeReadIsNamedAndWaitedForIfServingWithoutItWouldBeWrong() {
    String secrets = "/api/v1/secrets";
    server.forbid(secrets);
    run();
    await(() -> source.missing().equals(List.of("Secret: 403 cannot list")));
    assertThat(events).doesNotContain("synced");

    server.permit(secrets);

    await(() -> events.contains("synced"));
    assertThat(source.missing()).isEmpty();
  }

  @Test
  void aKindThatOnlyAddsIsDoneWithoutWhileItMayNotBeRead() {
    String added = "/apis/gateway.networking.k8s.io/v1/grpcroutes";
    server.forbid(added);
    source.close();
    source = new KubernetesSource(api, List.of(), Optional.empty(), Duration.ofMillis(1));

    run();

    await(() -> events.contains("synced"));
    server.permit(added);
    await(() -> server.watching(added) == 1);
  }

  @Test
  void nodesAreNotAskedForUnlessSomebodyWantsThem() {
    server.forbid(NODES);

    run();

    await(() -> events.contains("synced"));
    assertThat(server.watching(NODES)).isZero();
  }

  @Test
  void whoAsksForNodesWaitsForThem() {
    server.forbid(NODES);
    source.close();
    source = watchingHosts(new CopyOnWriteArrayList<>(), Duration.ofMillis(1));
    run();
    await(() -> source.missing().equals(List.of("Node: 403 cannot list")));
    assertThat(events).doesNotContain("synced");

    server.permit(NODES);

    await(() -> events.contains("synced"));
    assertThat(source.missing()).isEmpty();
  }

  @Test
  void addressesOfNodesFollowTheProxiesAndTheNodes() {
    List<List<String>> told = new CopyOnWriteArrayList<>();
    source.close();
    source = watchingHosts(told, Duration.ofSeconds(15));
    server.put(NODES, "a", NODE.formatted("True", "10.0.0.1"));
    server.put(NODES, "b", NODE.formatted("True", "10.0.0.2"));
    server.put(SLICES, "s", SLICE.formatted("nantian-proxy", "a"));
    server.put(SLICES, "other", SLICE.formatted("shop", "b"));
    run();
    await(() -> told.contains(List.of("10.0.0.1")) && events.contains("synced"));
    await(() -> server.watching(NODES) == 1 && server.watching(SLICES) == 1);

    server.put(SLICES, "s", SLICE.formatted("nantian-proxy", "b"));
    await(() -> told.getLast().equals(List.of("10.0.0.2")));
    server.put(NODES, "b", NODE.formatted("False", "10.0.0.2"));
    await(() -> told.getLast().isEmpty());
    server.put(NODES, "b", NODE.formatted("True", "10.0.0.3"));
    await(() -> told.getLast().equals(List.of("10.0.0.3")));
    server.remove(NODES, "b");

    await(() -> told.getLast().isEmpty());
    assertThat(told).doesNotContain(List.of("10.0.0.1", "10.0.0.2"));
  }

  private KubernetesSource watchingHosts(List<List<String>> told, Duration belief) {
    HostWatch hosts =
        new HostWatch(
            api.namespace(),
            new HostSettings("nantian-proxy", HostSettings.Address.INTERNAL_IP, false));
    hosts.tell(
        message -> {
          if (message instanceof AddressActor.Hosts(List<String> addresses)) {
            told.add(addresses);
          }
        });
    return new KubernetesSource(api, List.of(hosts), Optional.of(hosts), belief);
  }

  private void run() {
    source.start(event -> events.add(text(event)));
  }

  private static String text(SourceEvent event) {
    return switch (event) {
      case SourceEvent.Applied(var object) when object.key().kind() != Kind.HTTP_ROUTE ->
          "applied " + object.key();
      case SourceEvent.Applied(var object) ->
          "applied "
              + object.key().name()
              + " "
              + String.join(",", ((HTTPRoute) object.object()).getSpec().getHostnames());
      case SourceEvent.Deleted(ResourceKey key) -> "deleted " + key.name();
      case SourceEvent.Rejected(String subject, var problems, var _) ->
          "rejected " + subject + " " + problems.getFirst().fieldPath();
      case SourceEvent.Noticed(String subject, var problems) -> "noticed " + subject + problems;
      case SourceEvent.Recovered(String subject) -> "recovered " + subject;
      case SourceEvent.Synced() -> "synced";
    };
  }

  private static void await(BooleanSupplier condition) {
    long end = System.nanoTime() + LIMIT.toNanos();
    while (!condition.getAsBoolean()) {
      assertThat(System.nanoTime()).as("within %s", LIMIT).isLessThan(end);
      LockSupport.parkNanos(Duration.ofMillis(5).toNanos());
    }
  }
}
