package dev.nantian.gateway.control.xds;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.Any;
import com.google.rpc.Status;
import dev.nantian.gateway.control.snapshot.PublishedResource;
import dev.nantian.gateway.control.snapshot.ResourceId;
import dev.nantian.gateway.control.snapshot.SnapshotChange;
import dev.nantian.gateway.protocol.ResourceType;
import dev.nantian.gateway.protocol.config.v1.HttpRoute;
import dev.nantian.gateway.protocol.config.v1.RejectedResource;
import dev.nantian.gateway.protocol.config.v1.RejectedResources;
import dev.nantian.gateway.protocol.config.v1.Service;
import io.envoyproxy.envoy.service.discovery.v3.DeltaDiscoveryRequest;
import io.envoyproxy.envoy.service.discovery.v3.DeltaDiscoveryResponse;
import io.envoyproxy.envoy.service.discovery.v3.Resource;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** The protocol, case by case. Types in use: services come before routes. */
class DeltaStreamTest {
  private static final ResourceType S = ResourceType.SERVICE;
  private static final ResourceType R = ResourceType.HTTP_ROUTE;

  private final DeltaStream stream = new DeltaStream(1 << 20);
  private long revision;

  @Test
  void nothingIsSentBeforeTheFirstSnapshot() {
    List<StreamOutput> outputs = stream.onRequest(subscribe(R));

    assertThat(outputs).isEmpty();
    assertThat(sent(change(route("a", 1)))).containsExactly("HTTP_ROUTE +a");
  }

  @Test
  void aFirstRequestWithoutNamesSubscribesToEverythingOfItsType() {
    change(route("a", 1), service("s", 1));

    List<StreamOutput> outputs = stream.onRequest(subscribe(R));

    assertThat(sent(outputs)).containsExactly("HTTP_ROUTE +a");
  }

  @Test
  void anEmptyTypeIsAnsweredToo() {
    change();

    List<StreamOutput> outputs = stream.onRequest(subscribe(R));

    assertThat(sent(outputs)).containsExactly("HTTP_ROUTE");
  }

  @Test
  void anExplicitSubscriptionGetsOnlyItsNames() {
    change(route("a", 1), route("b", 1));

    List<StreamOutput> outputs = stream.onRequest(subscribe(R, "b"));

    assertThat(sent(outputs)).containsExactly("HTTP_ROUTE +b");
  }

  @Test
  void aNameThatDoesNotExistIsAnsweredAsRemoved() {
    change(route("a", 1));

    List<StreamOutput> outputs = stream.onRequest(subscribe(R, "a", "missing"));

    assertThat(sent(outputs)).containsExactly("HTTP_ROUTE +a -missing");
  }

  @Test
  void aNameThatIsAskedForBeforeItExistsIsSentWhenItDoes() {
    change();
    ackAll(stream.onRequest(subscribe(R, "late")));

    List<StreamOutput> outputs = change(route("late", 1));

    assertThat(sent(outputs)).containsExactly("HTTP_ROUTE +late");
  }

  @Test
  void aNameThatComesToExistBeforeItIsAnsweredIsNotCalledRemoved() {
    change(route("a", 1));
    List<StreamOutput> first = stream.onRequest(subscribe(R, "a"));
    stream.onRequest(subscribe(R, "late"));
    change(route("late", 1));

    List<StreamOutput> outputs = stream.onRequest(ack(first));

    assertThat(sent(outputs)).containsExactly("HTTP_ROUTE +late");
  }

  @Test
  void aNameOfASecondRequestBeforeTheFirstSnapshotIsNotCalledRemoved() {
    stream.onRequest(subscribe(R, "a"));
    stream.onRequest(subscribe(R, "b"));

    List<StreamOutput> outputs = change(route("a", 1), route("b", 1));

    assertThat(sent(outputs)).containsExactly("HTTP_ROUTE +a +b");
  }

  @Test
  void aChangeIsSentAloneAfterTheAnswerToTheLast() {
    change(route("a", 1), route("b", 1));
    ackAll(stream.onRequest(subscribe(R)));

    List<StreamOutput> outputs = change(route("b", 2));

    assertThat(sent(outputs)).containsExactly("HTTP_ROUTE +b");
  }

  @Test
  void whileAnAnswerIsOutstandingChangesOfTheTypeCollectToTheNewest() {
    change(route("a", 1));
    List<StreamOutput> first = stream.onRequest(subscribe(R));
    assertThat(sent(change(route("a", 2)))).isEmpty();
    assertThat(sent(change(route("a", 3), route("b", 1)))).isEmpty();

    List<StreamOutput> outputs = stream.onRequest(ack(first));

    assertThat(sent(outputs)).containsExactly("HTTP_ROUTE +a +b");
    assertThat(versions(outputs)).contains(route("a", 3).version());
  }

  @Test
  void aChangeBackToWhatTheNodeHoldsIsNotSent() {
    change(route("a", 1));
    List<StreamOutput> first = stream.onRequest(subscribe(R));
    change(route("a", 2));
    change(route("a", 1));

    List<StreamOutput> outputs = stream.onRequest(ack(first));

    assertThat(sent(outputs)).isEmpty();
  }

  @Test
  void anAnswerToAnOlderResponseAnswersNothing() {
    change(route("a", 1));
    List<StreamOutput> first = stream.onRequest(subscribe(R));
    stream.onRequest(ack(first));
    change(route("a", 2));

    List<StreamOutput> outputs = stream.onRequest(ack(first));

    assertThat(outputs).isEmpty();
    assertThat(sent(change(route("a", 3)))).isEmpty();
  }

  @Test
  void whatTheNodeHoldsAlreadyIsNotSentAgainAndWhatIsGoneIsRemoved() {
    change(route("same", 1), route("changed", 2));

    List<StreamOutput> outputs =
        stream.onRequest(
            subscribe(R).toBuilder()
                .putInitialResourceVersions("same", route("same", 1).version())
                .putInitialResourceVersions("changed", route("changed", 1).version())
                .putInitialResourceVersions("gone", "0000")
                .build());

    assertThat(sent(outputs)).containsExactly("HTTP_ROUTE +changed");
    assertThat(outputs.getFirst())
        .isEqualTo(
            new StreamOutput.Applied(
                R,
                Map.of(new ResourceId(R, "same"), route("same", 1).version()),
                List.of(),
                false));
    assertThat(sent(stream.onRequest(ack(outputs)))).containsExactly("HTTP_ROUTE -gone");
  }

  @Test
  void additionsGoOutInTypeOrderWithoutWaitingForEachOther() {
    change();
    ackAll(stream.onRequest(subscribe(S)));
    ackAll(stream.onRequest(subscribe(R)));

    List<StreamOutput> outputs = change(route("a", 1), service("s", 1));

    assertThat(sent(outputs)).containsExactly("SERVICE +s", "HTTP_ROUTE +a");
  }

  @Test
  void aLaterTypeWaitsForAnEarlierThatCannotSendYet() {
    change(service("s", 1));
    List<StreamOutput> first = stream.onRequest(subscribe(S));
    ackAll(stream.onRequest(subscribe(R)));
    assertThat(sent(change(service("t", 1), route("a", 1)))).isEmpty();

    List<StreamOutput> outputs = stream.onRequest(ack(first));

    assertThat(sent(outputs)).containsExactly("SERVICE +t", "HTTP_ROUTE +a");
  }

  @Test
  void removalsWaitForTheAnswersToAdditionsAndGoOutInReverseOrder() {
    change(service("old", 1), route("a", 1), route("b", 1));
    ackAll(stream.onRequest(subscribe(S)));
    ackAll(stream.onRequest(subscribe(R)));
    List<StreamOutput> moved =
        stream.onChange(
            new SnapshotChange(
                ++revision,
                List.of(service("new", 1), route("a", 2)),
                List.of(new ResourceId(S, "old"), new ResourceId(R, "b"))));
    assertThat(sent(moved)).containsExactly("SERVICE +new", "HTTP_ROUTE +a");
    assertThat(sent(stream.onRequest(ack(moved.get(0))))).isEmpty();

    List<StreamOutput> outputs = stream.onRequest(ack(moved.get(1)));

    assertThat(sent(outputs)).containsExactly("HTTP_ROUTE -b", "SERVICE -old");
  }

  @Test
  void aRefusedVersionIsReportedAndNotSentAgain() {
    change(route("good", 1), route("bad", 1));
    List<StreamOutput> first = stream.onRequest(subscribe(R));

    List<StreamOutput> outputs = stream.onRequest(nack(first, "bad", "no such thing"));

    assertThat(outputs)
        .containsExactly(
            new StreamOutput.Refused(
                R,
                "refused",
                List.of(
                    new StreamOutput.Rejection(
                        new ResourceId(R, "bad"),
                        route("bad", 1).version(),
                        RejectedResource.Reason.REASON_UNSPECIFIED,
                        "no such thing"))),
            new StreamOutput.Applied(
                R, Map.of(new ResourceId(R, "good"), route("good", 1).version()), List.of(), true));
    assertThat(sent(change(route("bad", 2)))).containsExactly("HTTP_ROUTE +bad");
  }

  @Test
  void aRefusalWithoutDetailsIsOneOfTheWholeResponse() {
    change(route("a", 1), route("b", 1));
    List<StreamOutput> first = stream.onRequest(subscribe(R));

    List<StreamOutput> outputs =
        stream.onRequest(
            ack(first).toBuilder().setErrorDetail(Status.newBuilder().setMessage("no")).build());

    assertThat(outputs).hasSize(1);
    assertThat(((StreamOutput.Refused) outputs.getFirst()).rejections())
        .extracting(rejection -> rejection.id().name())
        .containsExactlyInAnyOrder("a", "b");
  }

  @Test
  void aRemovalWaitsWhileTheNodeServesAnOlderVersionThatMayNeedIt() {
    change(service("old", 1), route("a", 1));
    ackAll(stream.onRequest(subscribe(S)));
    ackAll(stream.onRequest(subscribe(R)));
    List<StreamOutput> moved =
        stream.onChange(
            new SnapshotChange(
                ++revision, List.of(route("a", 2)), List.of(new ResourceId(S, "old"))));

    List<StreamOutput> outputs = stream.onRequest(nack(moved, "a", "no"));

    assertThat(sent(outputs)).isEmpty();
    List<StreamOutput> healed = change(route("a", 3));
    assertThat(sent(healed)).containsExactly("HTTP_ROUTE +a");
    assertThat(sent(stream.onRequest(ack(healed)))).containsExactly("SERVICE -old");
  }

  @Test
  void subscribingAgainSendsAgain() {
    change(route("a", 1));
    ackAll(stream.onRequest(subscribe(R, "a")));

    List<StreamOutput> outputs = stream.onRequest(subscribe(R, "a"));

    assertThat(sent(outputs)).containsExactly("HTTP_ROUTE +a");
  }

  @Test
  void afterUnsubscribingNothingOfTheNameIsSent() {
    change(route("a", 1), route("b", 1));
    ackAll(stream.onRequest(subscribe(R, "a", "b")));
    stream.onRequest(unsubscribe(R, "a"));

    List<StreamOutput> outputs = change(route("a", 2), route("b", 2));

    assertThat(sent(outputs)).containsExactly("HTTP_ROUTE +b");
  }

  @Test
  void aWildcardStaysWhenNamesAreAddedAndTakenAway() {
    change(route("a", 1), route("b", 1));
    ackAll(stream.onRequest(subscribe(R)));
    ackAll(stream.onRequest(subscribe(R, "a")));

    List<StreamOutput> outputs = stream.onRequest(unsubscribe(R, "a"));

    assertThat(sent(outputs)).containsExactly("HTTP_ROUTE +a");
    stream.onRequest(ack(outputs));
    assertThat(sent(change(route("a", 2), route("b", 2)))).containsExactly("HTTP_ROUTE +a +b");
  }

  @Test
  void theWildcardEndsWhenItIsUnsubscribed() {
    change(route("a", 1), route("b", 1));
    ackAll(stream.onRequest(subscribe(R, "*", "a")));
    stream.onRequest(unsubscribe(R, "*"));

    List<StreamOutput> outputs = change(route("a", 2), route("b", 2));

    assertThat(sent(outputs)).containsExactly("HTTP_ROUTE +a");
  }

  @Test
  void aResourceThatIsRemovedAndComesBackBeforeTheNodeKnowsIsSentOnce() {
    change(route("a", 1));
    List<StreamOutput> first = stream.onRequest(subscribe(R));
    stream.onChange(new SnapshotChange(++revision, List.of(), List.of(new ResourceId(R, "a"))));
    change(route("a", 2));

    List<StreamOutput> outputs = stream.onRequest(ack(first));

    assertThat(sent(outputs)).containsExactly("HTTP_ROUTE +a");
  }

  @Test
  void aLargeStateIsSplitAndLaterTypesWaitForAllOfIt() {
    DeltaStream small = new DeltaStream(1);
    small.onRequest(subscribe(S));
    small.onRequest(subscribe(R));

    List<StreamOutput> outputs =
        small.onChange(
            new SnapshotChange(
                1, List.of(service("s", 1), service("t", 1), route("a", 1)), List.of()));

    assertThat(sent(outputs)).containsExactly("SERVICE +s");
    assertThat(sent(small.onRequest(ack(outputs)))).containsExactly("SERVICE +t", "HTTP_ROUTE +a");
  }

  @Test
  void aTypeThatNobodyKnowsIsReportedAndNotAnswered() {
    List<StreamOutput> outputs =
        stream.onRequest(DeltaDiscoveryRequest.newBuilder().setTypeUrl("type/x").build());

    assertThat(outputs).containsExactly(new StreamOutput.UnknownType("type/x"));
  }

  private List<StreamOutput> change(PublishedResource... resources) {
    return stream.onChange(new SnapshotChange(++revision, Arrays.asList(resources), List.of()));
  }

  private void ackAll(List<StreamOutput> outputs) {
    for (StreamOutput output : outputs) {
      if (output instanceof StreamOutput.Send) {
        stream.onRequest(ack(output));
      }
    }
  }

  private static PublishedResource route(String name, int version) {
    return PublishedResource.of(
        R,
        name,
        HttpRoute.newBuilder().setName(name).setCreatedMillis(version).build(),
        Instant.EPOCH);
  }

  private static PublishedResource service(String name, int version) {
    return PublishedResource.of(
        S,
        name,
        Service.newBuilder().setName(name).setExternalName("v" + version).build(),
        Instant.EPOCH);
  }

  private static DeltaDiscoveryRequest subscribe(ResourceType type, String... names) {
    return DeltaDiscoveryRequest.newBuilder()
        .setTypeUrl(type.typeUrl())
        .addAllResourceNamesSubscribe(Arrays.asList(names))
        .build();
  }

  private static DeltaDiscoveryRequest unsubscribe(ResourceType type, String... names) {
    return DeltaDiscoveryRequest.newBuilder()
        .setTypeUrl(type.typeUrl())
        .addAllResourceNamesUnsubscribe(Arrays.asList(names))
        .build();
  }

  private static DeltaDiscoveryRequest ack(List<StreamOutput> outputs) {
    return ack(
        outputs.stream().filter(StreamOutput.Send.class::isInstance).findFirst().orElseThrow());
  }

  private static DeltaDiscoveryRequest ack(StreamOutput output) {
    DeltaDiscoveryResponse response = ((StreamOutput.Send) output).response();
    return DeltaDiscoveryRequest.newBuilder()
        .setTypeUrl(response.getTypeUrl())
        .setResponseNonce(response.getNonce())
        .build();
  }

  private static DeltaDiscoveryRequest nack(
      List<StreamOutput> outputs, String name, String message) {
    DeltaDiscoveryResponse response =
        ((StreamOutput.Send)
                outputs.stream()
                    .filter(StreamOutput.Send.class::isInstance)
                    .findFirst()
                    .orElseThrow())
            .response();
    String version =
        response.getResourcesList().stream()
            .filter(resource -> resource.getName().equals(name))
            .map(Resource::getVersion)
            .findFirst()
            .orElseThrow();
    return ack(outputs).toBuilder()
        .setErrorDetail(
            Status.newBuilder()
                .setMessage("refused")
                .addDetails(
                    Any.pack(
                        RejectedResources.newBuilder()
                            .addResources(
                                RejectedResource.newBuilder()
                                    .setName(name)
                                    .setVersion(version)
                                    .setMessage(message))
                            .build())))
        .build();
  }

  /** {@code TYPE +added -removed} of each response, names in order. */
  private static List<String> sent(List<StreamOutput> outputs) {
    List<String> sent = new ArrayList<>();
    for (StreamOutput output : outputs) {
      if (output instanceof StreamOutput.Send(ResourceType type, var response)) {
        StringBuilder text = new StringBuilder(type.name());
        response.getResourcesList().stream()
            .map(Resource::getName)
            .sorted()
            .forEach(name -> text.append(" +").append(name));
        response.getRemovedResourcesList().stream()
            .sorted()
            .forEach(name -> text.append(" -").append(name));
        sent.add(text.toString());
      }
    }
    return sent;
  }

  private static List<String> versions(List<StreamOutput> outputs) {
    return outputs.stream()
        .filter(StreamOutput.Send.class::isInstance)
        .flatMap(output -> ((StreamOutput.Send) output).response().getResourcesList().stream())
        .map(Resource::getVersion)
        .toList();
  }
}
