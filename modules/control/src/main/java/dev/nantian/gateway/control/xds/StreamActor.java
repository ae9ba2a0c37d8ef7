package dev.nantian.gateway.control.xds;

import dev.nantian.gateway.control.mailbox.CountedBehavior;
import dev.nantian.gateway.control.mailbox.Mailbox;
import dev.nantian.gateway.control.snapshot.SnapshotActor;
import dev.nantian.gateway.control.snapshot.SnapshotChange;
import dev.nantian.gateway.protocol.StreamOpening;
import io.envoyproxy.envoy.service.discovery.v3.DeltaDiscoveryRequest;
import io.envoyproxy.envoy.service.discovery.v3.DeltaDiscoveryResponse;
import io.grpc.Status;
import java.util.List;
import org.apache.pekko.actor.typed.Behavior;
import org.apache.pekko.actor.typed.javadsl.Behaviors;
import org.apache.pekko.stream.BoundedSourceQueue;
import org.apache.pekko.stream.QueueOfferResult;

/**
 * One delta ADS stream: passes requests and snapshot changes to its {@link DeltaStream} and what
 * that wants sent to the node.
 *
 * <p>Created by the {@link AdsActor} for each stream, ends with it. It owns what the node has been
 * told; if it crashes, the stream is closed and the node connects again with the versions it holds.
 */
final class StreamActor extends CountedBehavior<StreamActor.Message> {

  /** What this actor understands. */
  sealed interface Message {}

  record Requested(DeltaDiscoveryRequest request) implements Message {}

  record Changed(SnapshotChange change) implements Message {}

  /** The stream is over, for whatever cause. */
  record Ended(String cause) implements Message {}

  /** Another stream of the same node has taken over. */
  record Replaced() implements Message {}

  /** Responses that may wait in front of the socket: more than one per type never do. */
  static final int QUEUE = 64;

  private final long number;
  private final Mailbox<SnapshotActor.Message> snapshot;
  private final Mailbox<NodesActor.Message> nodes;
  private final BoundedSourceQueue<DeltaDiscoveryResponse> out;
  private final DeltaStream protocol;
  private String node = "";
  private boolean ended;

  StreamActor(
      Mailbox<Message> self,
      long number,
      Mailbox<SnapshotActor.Message> snapshot,
      Mailbox<NodesActor.Message> nodes,
      BoundedSourceQueue<DeltaDiscoveryResponse> out,
      int maxResponseBytes) {
    super(self);
    this.number = number;
    this.snapshot = snapshot;
    this.nodes = nodes;
    this.out = out;
    this.protocol = new DeltaStream(maxResponseBytes);
  }

  @Override
  protected Behavior<Message> onMessage(Message message) {
    if (ended) {
      // Kept alive a little for messages that were under way (see AdsActor).
      return this;
    }
    try {
      switch (message) {
        case Requested(DeltaDiscoveryRequest request) -> requested(request);
        case Changed(SnapshotChange change) -> perform(protocol.onChange(change));
        case Ended(String cause) -> end(cause);
        case Replaced() -> {
          out.fail(
              Status.ABORTED
                  .withDescription("node " + node + " has opened another stream")
                  .asRuntimeException());
          end("replaced");
        }
      }
    } catch (RuntimeException e) {
      out.fail(
          Status.INTERNAL.withDescription("stream failed, connect again").asRuntimeException());
      end("crash");
      throw e;
    }
    return this;
  }

  private void requested(DeltaDiscoveryRequest request) {
    if (node.isEmpty()) {
      node = request.getNode().getId();
      if (node.isEmpty()) {
        out.fail(
            Status.INVALID_ARGUMENT
                .withDescription("node.id of the first request: empty (expected a name)")
                .asRuntimeException());
        end("no node id");
        return;
      }
      nodes.tell(
          new NodesActor.Connected(
              number,
              node,
              StreamOpening.openedMillis(request.getNode()),
              () -> self().tell(new Replaced())));
      snapshot.tell(
          new SnapshotActor.Subscribe(
              "stream-" + number, change -> self().tell(new Changed(change))));
    }
    perform(protocol.onRequest(request));
  }

  private void perform(List<StreamOutput> outputs) {
    for (StreamOutput output : outputs) {
      if (output instanceof StreamOutput.Send(var type, var response)) {
        QueueOfferResult offered = out.offer(response);
        if (offered != QueueOfferResult.enqueued()) {
          end("response could not be queued: " + offered);
          return;
        }
      }
      nodes.tell(new NodesActor.Reported(number, output));
    }
  }

  private void end(String cause) {
    ended = true;
    snapshot.tell(new SnapshotActor.Unsubscribe("stream-" + number));
    nodes.tell(new NodesActor.Disconnected(number, cause));
    out.complete();
  }

  @Override
  protected Behavior<Message> onSignal(org.apache.pekko.actor.typed.Signal signal) {
    return Behaviors.same();
  }
}
