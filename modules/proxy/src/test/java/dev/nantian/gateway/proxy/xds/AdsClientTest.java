package dev.nantian.gateway.proxy.xds;

import static dev.nantian.gateway.proxy.config.Samples.gateway;
import static dev.nantian.gateway.proxy.config.Samples.service;
import static org.assertj.core.api.Assertions.assertThat;

import com.typesafe.config.ConfigFactory;
import dev.nantian.gateway.protocol.ResourceType;
import dev.nantian.gateway.protocol.config.v1.RejectedResource;
import dev.nantian.gateway.protocol.config.v1.RejectedResources;
import dev.nantian.gateway.proxy.config.ConfigStore;
import dev.nantian.gateway.proxy.node.ConfigActor;
import dev.nantian.gateway.proxy.node.ConfigMetrics;
import io.envoyproxy.envoy.service.discovery.v3.DeltaDiscoveryRequest;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.atomic.AtomicReference;
import org.apache.pekko.actor.testkit.typed.javadsl.ActorTestKit;
import org.apache.pekko.actor.testkit.typed.javadsl.TestProbe;
import org.apache.pekko.actor.typed.ActorRef;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** The stream over a real socket; the test stands for the actor that applies what comes. */
class AdsClientTest {
  private final ActorTestKit kit =
      ActorTestKit.create(
          ConfigFactory.parseString("pekko.loglevel = off").withFallback(ConfigFactory.load()));
  private final ScriptedControlPlane control = new ScriptedControlPlane(0);
  private final TestProbe<ConfigActor.Command> config = kit.createTestProbe();
  private final AtomicReference<AdsStatus> status =
      new AtomicReference<>(AdsStatus.connecting(control.address()));
  private ActorRef<AdsClient.Command> client;

  @BeforeEach
  void connect() {
    client =
        kit.spawn(
            AdsClient.create(
                new AdsClient.Parts(
                    control.address(),
                    new NodeIdentity("proxy-1", "host", "test"),
                    new Backoff(Duration.ofMillis(10), Duration.ofMillis(50)),
                    config.ref(),
                    new ConfigMetrics(new SimpleMeterRegistry()),
                    status)));
  }

  @AfterEach
  void stop() {
    client.tell(new AdsClient.Stop());
    kit.shutdownTestKit();
    control.close();
  }

  @Test
  void aStreamBeginsWithWhatIsHeld() throws Exception {
    begin(Map.of(ResourceType.GATEWAY, Map.of("infra/gw", "v1")));

    Map<ResourceType, DeltaDiscoveryRequest> greetings = control.stream().greetings();

    assertThat(held(greetings, ResourceType.GATEWAY)).containsExactly(Map.entry("infra/gw", "v1"));
    assertThat(held(greetings, ResourceType.SECRET)).isEmpty();
  }

  @Test
  void aResponseIsAnsweredOnlyWhenItIsServed() throws Exception {
    begin(Map.of());
    ScriptedControlPlane.Stream stream = control.stream();
    stream.greetings();
    String first = stream.send(service("shop/a", 80));
    stream.send(gateway("infra/gw", 80));
    ConfigActor.Apply service = config.expectMessageClass(ConfigActor.Apply.class);
    ConfigActor.Apply gateway = config.expectMessageClass(ConfigActor.Apply.class);

    service.whenServed().accept(new ConfigActor.Applied(ResourceType.SERVICE, List.of()));

    assertThat(stream.answer(first).hasErrorDetail()).isFalse();
    assertThat(gateway.update().type()).isEqualTo(ResourceType.GATEWAY);
  }

  @Test
  void aRefusalCarriesItsReason() throws Exception {
    begin(Map.of());
    ScriptedControlPlane.Stream stream = control.stream();
    stream.greetings();
    String nonce = stream.send(gateway("infra/gw", 80));

    config
        .expectMessageClass(ConfigActor.Apply.class)
        .whenServed()
        .accept(
            new ConfigActor.Applied(
                ResourceType.GATEWAY,
                List.of(
                    new ConfigStore.Rejection(
                        "infra/gw",
                        "v1",
                        RejectedResource.Reason.ADDRESS_NOT_USABLE,
                        "cannot bind"))));

    DeltaDiscoveryRequest nack = stream.answer(nonce);
    assertThat(
            nack.getErrorDetail()
                .getDetails(0)
                .unpack(RejectedResources.class)
                .getResources(0)
                .getReason())
        .isEqualTo(RejectedResource.Reason.ADDRESS_NOT_USABLE);
  }

  @Test
  void gatewaysThatChangedByThemselvesAreAskedForAgain() throws Exception {
    ActorRef<ConfigActor.Notice> watcher = begin(Map.of());
    ScriptedControlPlane.Stream stream = control.stream();
    stream.greetings();

    watcher.tell(new ConfigActor.GatewaysChanged(Set.of("infra/gw")));

    assertThat(stream.request().getResourceNamesSubscribeList()).containsExactly("infra/gw");
  }

  @Test
  void aNewStreamBeginsWhenTheConfigurationStartsAgain() throws Exception {
    ActorRef<ConfigActor.Notice> watcher = begin(Map.of());
    ScriptedControlPlane.Stream stream = control.stream();
    stream.greetings();
    stream.send(gateway("infra/gw", 80));
    config.expectMessageClass(ConfigActor.Apply.class);

    watcher.tell(new ConfigActor.Restarted());

    begin(Map.of(ResourceType.SERVICE, Map.of("shop/a", "v7")));
    assertThat(held(control.stream().greetings(), ResourceType.SERVICE)).containsKey("shop/a");
  }

  @Test
  void anAnswerOfAnEarlierStreamIsNotGivenOnTheNext() throws Exception {
    begin(Map.of());
    ScriptedControlPlane.Stream first = control.stream();
    first.greetings();
    first.send(gateway("infra/gw", 80));
    ConfigActor.Apply apply = config.expectMessageClass(ConfigActor.Apply.class);
    first.end();
    begin(Map.of());
    ScriptedControlPlane.Stream second = control.stream();
    second.greetings();

    apply.whenServed().accept(new ConfigActor.Applied(ResourceType.GATEWAY, List.of()));

    String nonce = second.send(service("shop/a", 80));
    config
        .expectMessageClass(ConfigActor.Apply.class)
        .whenServed()
        .accept(new ConfigActor.Applied(ResourceType.SERVICE, List.of()));
    assertThat(second.answer(nonce).getTypeUrl()).isEqualTo(ResourceType.SERVICE.typeUrl());
  }

  @Test
  void theStatusSaysWhyThereIsNoStream() throws Exception {
    begin(Map.of());
    ScriptedControlPlane.Stream stream = control.stream();
    stream.greetings();
    stream.send(service("shop/a", 80));
    config.expectMessageClass(ConfigActor.Apply.class);
    assertThat(status.get().connected()).isTrue();

    stream.end();

    config.expectMessageClass(ConfigActor.GetVersions.class);
    assertThat(status.get().connected()).isFalse();
    assertThat(status.get().reason()).isEqualTo("the control plane ended it");
  }

  private static Map<String, String> held(
      Map<ResourceType, DeltaDiscoveryRequest> greetings, ResourceType type) {
    return Objects.requireNonNull(greetings.get(type)).getInitialResourceVersionsMap();
  }

  /** Answers the question for versions; returns who is to be told of changes. */
  private ActorRef<ConfigActor.Notice> begin(Map<ResourceType, Map<String, String>> held) {
    config
        .expectMessageClass(ConfigActor.GetVersions.class, Duration.ofSeconds(60))
        .replyTo()
        .tell(new ConfigActor.Versions(held));
    return config.expectMessageClass(ConfigActor.Watch.class, Duration.ofSeconds(60)).watcher();
  }
}
