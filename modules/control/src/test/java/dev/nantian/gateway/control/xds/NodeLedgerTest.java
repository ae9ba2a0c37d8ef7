package dev.nantian.gateway.control.xds;

import static org.assertj.core.api.Assertions.assertThat;

import dev.nantian.gateway.control.snapshot.PublishedResource;
import dev.nantian.gateway.control.snapshot.ResourceId;
import dev.nantian.gateway.control.snapshot.SnapshotChange;
import dev.nantian.gateway.protocol.ResourceType;
import dev.nantian.gateway.protocol.config.v1.Gateway;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class NodeLedgerTest {
  private static final Instant NOW = Instant.EPOCH;
  private static final PublishedResource WEB =
      PublishedResource.of(
          ResourceType.GATEWAY, "shop/web", Gateway.newBuilder().setName("shop/web").build(), NOW);
  private static final ResourceId ID = WEB.id();

  private final NodeLedger ledger = new NodeLedger();

  @Test
  void aVersionThatComesBackIsNotLiveWhileItsRemovalIsUnderWay() {
    ledger.connected(1, "node-a", 0);
    ledger.changed(new SnapshotChange(1, List.of(WEB), List.of()));
    ledger.applied(1, applied(), NOW);
    ledger.changed(new SnapshotChange(2, List.of(), List.of(ID)));

    ledger.removing(1, List.of(ID));
    ledger.changed(new SnapshotChange(3, List.of(WEB), List.of()));

    assertThat(ledger.programming(ID).state()).isEqualTo(Programming.State.WAITING);
  }

  @Test
  void aNodeThatGoesIsNotWaitedFor() {
    ledger.connected(1, "node-a", 0);
    ledger.connected(2, "node-b", 0);
    ledger.changed(new SnapshotChange(1, List.of(WEB), List.of()));
    ledger.applied(1, applied(), NOW);
    assertThat(ledger.programming(ID).state()).isEqualTo(Programming.State.WAITING);

    ledger.disconnected(2);

    assertThat(ledger.programming(ID).state()).isEqualTo(Programming.State.LIVE);
  }

  @Test
  void ofTwoStreamsOfANodeTheOneOpenedLastCountsWhicheverSpokeFirst() {
    ledger.changed(new SnapshotChange(1, List.of(WEB), List.of()));
    ledger.connected(2, "node-a", 0);
    ledger.applied(2, applied(), NOW);

    List<Long> superseded = ledger.connected(1, "node-a", 0);

    assertThat(superseded).containsExactly(1L);
    assertThat(ledger.size()).isEqualTo(1);
    assertThat(ledger.programming(ID).state()).isEqualTo(Programming.State.LIVE);
  }

  @Test
  void aLaterStreamReplacesTheEarlierOfTheSameNode() {
    ledger.connected(1, "node-a", 0);
    ledger.connected(2, "node-b", 0);

    List<Long> superseded = ledger.connected(3, "node-a", 0);

    assertThat(superseded).containsExactly(1L);
    assertThat(ledger.size()).isEqualTo(2);
  }

  private static StreamOutput.Applied applied() {
    return new StreamOutput.Applied(
        ResourceType.GATEWAY, Map.of(ID, WEB.version()), List.of(), true);
  }
}
