package dev.nantian.gateway.proxy.node;

import static dev.nantian.gateway.proxy.config.Samples.endpoints;
import static dev.nantian.gateway.proxy.config.Samples.gateway;
import static dev.nantian.gateway.proxy.config.Samples.service;
import static dev.nantian.gateway.proxy.config.Samples.update;
import static org.assertj.core.api.Assertions.assertThat;

import com.typesafe.config.ConfigFactory;
import dev.nantian.gateway.protocol.ResourceType;
import dev.nantian.gateway.protocol.config.v1.RejectedResource;
import dev.nantian.gateway.proxy.config.ConfigStore;
import dev.nantian.gateway.proxy.config.RuntimeConfig;
import dev.nantian.gateway.proxy.dns.NameResolver;
import dev.nantian.gateway.proxy.snapshot.SnapshotFile;
import dev.nantian.gateway.proxy.tls.TlsContexts;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.function.Predicate;
import org.apache.pekko.Done;
import org.apache.pekko.actor.testkit.typed.javadsl.ActorTestKit;
import org.apache.pekko.actor.testkit.typed.javadsl.ManualTime;
import org.apache.pekko.actor.testkit.typed.javadsl.TestProbe;
import org.apache.pekko.actor.typed.ActorRef;
import org.apache.pekko.pattern.StatusReply;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The life of a received configuration, with a data plane that the test answers for. */
class ConfigActorTest {
  private final ActorTestKit kit =
      ActorTestKit.create(
          ManualTime.config().withFallback(ConfigFactory.parseString("pekko.loglevel = off")));
  private final ManualTime time = ManualTime.get(kit.system());
  private final Path folder;
  private final BlockingQueue<CompletableFuture<Map<InetSocketAddress, String>>> applied =
      new LinkedBlockingQueue<>();
  private final BlockingQueue<NodeState> states = new LinkedBlockingQueue<>();
  private final SimpleMeterRegistry meters = new SimpleMeterRegistry();
  private final TestProbe<ConfigActor.Applied> answers = kit.createTestProbe();
  private final TestProbe<ConfigActor.Notice> notices = kit.createTestProbe();

  ConfigActorTest(@TempDir Path folder) {
    this.folder = folder;
  }

  @AfterEach
  void stop() {
    kit.shutdownTestKit();
  }

  @Test
  void anUpdateIsAnsweredWhenEveryLoopServesIt() throws Exception {
    ActorRef<ConfigActor.Command> actor = actor(null);
    apply(actor, update(gateway("infra/gw", 80)));
    CompletableFuture<Map<InetSocketAddress, String>> serving = applying();
    answers.expectNoMessage(Duration.ZERO);

    serving.complete(Map.of());

    assertThat(answers.receiveMessage().rejected()).isEmpty();
  }

  @Test
  void updatesAreServedOneAfterTheOther() throws Exception {
    ActorRef<ConfigActor.Command> actor = actor(null);
    apply(actor, update(gateway("infra/a", 80)));
    apply(actor, update(gateway("infra/b", 81)));
    CompletableFuture<Map<InetSocketAddress, String>> first = applying();
    assertThat(applied).isEmpty();

    first.complete(Map.of());
    applying().complete(Map.of());

    answers.receiveMessage();
    answers.receiveMessage();
  }

  @Test
  void aListenerThatCannotBindIsRefusedForItsAddress() throws Exception {
    ActorRef<ConfigActor.Command> actor = actor(null);
    apply(actor, update(gateway("infra/gw", 80)));

    applying()
        .complete(
            Map.of(
                new InetSocketAddress(InetAddress.getLoopbackAddress(), 80), "cannot bind: taken"));

    assertThat(answers.receiveMessage().rejected())
        .singleElement()
        .satisfies(
            rejection -> {
              assertThat(rejection.name()).isEqualTo("infra/gw");
              assertThat(rejection.reason()).isEqualTo(RejectedResource.Reason.ADDRESS_NOT_USABLE);
            });
  }

  @Test
  void aSocketIsTriedAgainAndTheWatcherToldWhenItBinds() throws Exception {
    ActorRef<ConfigActor.Command> actor = actor(null);
    actor.tell(new ConfigActor.Watch(notices.ref()));
    apply(actor, update(gateway("infra/gw", 80)));
    applying()
        .complete(
            Map.of(
                new InetSocketAddress(InetAddress.getLoopbackAddress(), 80), "cannot bind: taken"));
    answers.receiveMessage();

    time.timePasses(Duration.ofSeconds(5));
    applying().complete(Map.of());

    assertThat(notices.receiveMessage())
        .isEqualTo(new ConfigActor.GatewaysChanged(Set.of("infra/gw")));
  }

  @Test
  void aRestartIsToldForUpdatesThatWaitedHaveNoAnswer() throws Exception {
    ActorRef<ConfigActor.Command> actor = actor(null);
    actor.tell(new ConfigActor.Watch(notices.ref()));
    apply(actor, update(gateway("infra/gw", 80)));
    apply(actor, update(gateway("infra/other", 81)));

    applying().completeExceptionally(new IllegalStateException("the loops are gone"));

    assertThat(notices.receiveMessage()).isInstanceOf(ConfigActor.Restarted.class);
    answers.expectNoMessage(Duration.ZERO);
  }

  @Test
  void readyOnlyWhenEverythingWasHeardOf() throws Exception {
    ActorRef<ConfigActor.Command> actor = actor(null);
    for (ResourceType type : ResourceType.values()) {
      if (type != ResourceType.GATEWAY) {
        apply(actor, new ConfigStore.Update(type, List.of(), List.of()));
        answers.receiveMessage();
      }
    }
    NodeState before = stateThat(state -> state.notReadyReason().endsWith("[GATEWAY]"));

    apply(actor, update(gateway("infra/gw", 80)));
    applying().complete(Map.of());
    answers.receiveMessage();

    assertThat(before.ready()).isFalse();
    assertThat(before.notReadyReason()).contains("GATEWAY");
    assertThat(stateThat(NodeState::ready).notReadyReason()).isEmpty();
  }

  @Test
  void endpointsOnlyReachNoLoop() {
    ActorRef<ConfigActor.Command> actor = actor(null);

    apply(actor, update(endpoints("shop/cart:80", "10.0.0.1:80")));

    answers.receiveMessage();
    assertThat(applied).isEmpty();
  }

  @Test
  void whatIsInForceIsOnDiskAfterAStop() {
    SnapshotFile file = new SnapshotFile(folder);
    ActorRef<ConfigActor.Command> actor = actor(file);
    apply(actor, update(service("shop/cart", 80)));
    answers.receiveMessage();

    TestProbe<Done> done = kit.createTestProbe();
    actor.tell(new ConfigActor.Stop(done.ref()));

    done.receiveMessage();
    assertThat(file.read())
        .isInstanceOfSatisfying(
            SnapshotFile.Content.Loaded.class,
            loaded -> assertThat(loaded.updates()).contains(update(service("shop/cart", 80))));
  }

  @Test
  void aFrozenOneHasAllOnDiskAndWritesNoMoreUntilItIsThawed() {
    SnapshotFile file = new SnapshotFile(folder);
    ActorRef<ConfigActor.Command> actor = actor(file);
    apply(actor, update(service("shop/cart", 80)));
    answers.receiveMessage();
    TestProbe<StatusReply<Done>> frozen = kit.createTestProbe();
    actor.tell(new ConfigActor.Freeze(frozen.ref()));
    assertThat(frozen.receiveMessage().isSuccess()).isTrue();
    assertThat(held(file)).containsExactly(update(service("shop/cart", 80)));

    // Another process writes the file now; what comes here late stays off it.
    apply(actor, update(service("shop/late", 80)));
    answers.receiveMessage();
    time.timePasses(Duration.ofSeconds(1));
    assertThat(held(file)).containsExactly(update(service("shop/cart", 80)));

    actor.tell(new ConfigActor.Thaw());
    TestProbe<Done> done = kit.createTestProbe();
    actor.tell(new ConfigActor.Stop(done.ref()));
    done.receiveMessage();
    assertThat(held(file).getFirst().resources()).hasSize(2);
  }

  private static List<ConfigStore.Update> held(SnapshotFile file) {
    return ((SnapshotFile.Content.Loaded) file.read()).updates();
  }

  @Test
  void theSnapshotBeforeServesWhenTheNewestIsDamagedAndTheStateSaysSo() throws Exception {
    SnapshotFile file = new SnapshotFile(folder);
    file.write(List.of(update(gateway("infra/gw", 80))));
    file.write(List.of());
    Files.writeString(file.file(), "damaged");

    actor(new SnapshotFile(folder));
    applying().complete(Map.of());

    NodeState state = stateThat(NodeState::ready);
    assertThat(state.config().sockets()).hasSize(1);
    assertThat(state.ready()).isTrue();
    assertThat(state.snapshot().servedFrom()).endsWith("snapshot.previous.bin");
    assertThat(state.snapshot().damaged()).contains("snapshot.bin has 7 bytes");
    assertThat(meters.get("nantian.config.snapshot.damaged").counter().count()).isEqualTo(1);
  }

  private ActorRef<ConfigActor.Command> actor(@Nullable SnapshotFile file) {
    return kit.spawn(
        ConfigActor.create(
            new ConfigActor.Parts(
                () -> new ConfigStore(InetAddress.getLoopbackAddress(), new TlsContexts()),
                this::serve,
                file,
                new NoNames(),
                new ConfigMetrics(meters),
                Runnable::run,
                Clock.systemUTC(),
                states::add)));
  }

  private CompletionStage<Map<InetSocketAddress, String>> serve(RuntimeConfig config) {
    CompletableFuture<Map<InetSocketAddress, String>> answer = new CompletableFuture<>();
    applied.add(answer);
    return answer;
  }

  private void apply(ActorRef<ConfigActor.Command> actor, ConfigStore.Update update) {
    actor.tell(new ConfigActor.Apply(update, result -> answers.ref().tell(result)));
  }

  private CompletableFuture<Map<InetSocketAddress, String>> applying() throws Exception {
    CompletableFuture<Map<InetSocketAddress, String>> next = applied.poll(60, TimeUnit.SECONDS);
    assertThat(next).as("a configuration for the loops").isNotNull();
    return Objects.requireNonNull(next);
  }

  private NodeState stateThat(Predicate<NodeState> wanted) throws Exception {
    NodeState state;
    do {
      state = states.poll(60, TimeUnit.SECONDS);
      assertThat(state).as("a published state").isNotNull();
    } while (!wanted.test(state));
    return state;
  }

  /** No test here has an ExternalName service. */
  private static final class NoNames implements NameResolver {
    @Override
    public CompletionStage<List<InetAddress>> resolve(String host) {
      return CompletableFuture.completedFuture(List.of());
    }

    @Override
    public void close() {}
  }
}
