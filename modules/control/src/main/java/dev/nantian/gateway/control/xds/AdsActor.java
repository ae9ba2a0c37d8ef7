package dev.nantian.gateway.control.xds;

import dev.nantian.gateway.control.mailbox.CountedBehavior;
import dev.nantian.gateway.control.mailbox.InFlight;
import dev.nantian.gateway.control.mailbox.Mailbox;
import dev.nantian.gateway.control.snapshot.SnapshotActor;
import io.envoyproxy.envoy.service.discovery.v3.DeltaDiscoveryRequest;
import io.envoyproxy.envoy.service.discovery.v3.DeltaDiscoveryResponse;
import java.time.Duration;
import org.apache.pekko.NotUsed;
import org.apache.pekko.actor.typed.ActorRef;
import org.apache.pekko.actor.typed.Behavior;
import org.apache.pekko.actor.typed.javadsl.ActorContext;
import org.apache.pekko.stream.BoundedSourceQueue;
import org.apache.pekko.stream.javadsl.Sink;
import org.apache.pekko.stream.javadsl.Source;

/**
 * Starts and stops one {@link StreamActor} for each delta stream. Created once by the control
 * plane; it owns nothing but the count of streams.
 */
public final class AdsActor extends CountedBehavior<AdsActor.Message> {

  /** What this actor understands. */
  public sealed interface Message {}

  /**
   * A node has opened a stream.
   *
   * @param requests not running yet
   * @param responses what is offered here goes to the node
   */
  public record Open(
      Source<DeltaDiscoveryRequest, NotUsed> requests,
      BoundedSourceQueue<DeltaDiscoveryResponse> responses)
      implements Message {}

  private record Over(ActorRef<StreamActor.Message> stream) implements Message {}

  // A message that is under way to a stream actor must be handled to be counted.
  private static final Duration LINGER = Duration.ofSeconds(10);

  private final ActorContext<Message> context;
  private final InFlight inFlight;
  private final Mailbox<SnapshotActor.Message> snapshot;
  private final Mailbox<NodesActor.Message> nodes;
  private final int maxResponseBytes;
  private long streams;

  public AdsActor(
      ActorContext<Message> context,
      Mailbox<Message> self,
      InFlight inFlight,
      Mailbox<SnapshotActor.Message> snapshot,
      Mailbox<NodesActor.Message> nodes,
      int maxResponseBytes) {
    super(self);
    this.context = context;
    this.inFlight = inFlight;
    this.snapshot = snapshot;
    this.nodes = nodes;
    this.maxResponseBytes = maxResponseBytes;
  }

  @Override
  protected Behavior<Message> onMessage(Message message) {
    switch (message) {
      case Open open -> open(open);
      case Over(var stream) -> context.stop(stream);
    }
    return this;
  }

  private void open(Open open) {
    long number = ++streams;
    ActorRef<?>[] ref = new ActorRef<?>[1];
    Mailbox<StreamActor.Message> stream =
        Mailbox.spawn(
            behavior -> {
              ActorRef<StreamActor.Message> spawned = context.spawn(behavior, "stream-" + number);
              ref[0] = spawned;
              return spawned;
            },
            inFlight,
            Mailbox.OnCrash.RESUME,
            (ignored, self) ->
                new StreamActor(self, number, snapshot, nodes, open.responses(), maxResponseBytes));
    ActorRef<StreamActor.Message> spawned = ref[0].unsafeUpcast();
    var scheduler = context.getSystem().scheduler();
    var executor = context.getExecutionContext();
    open.requests()
        .runWith(
            Sink.foreach(request -> stream.tell(new StreamActor.Requested(request))),
            context.getSystem())
        .whenComplete(
            (done, failure) -> {
              stream.tell(
                  new StreamActor.Ended(failure == null ? "closed by node" : failure.toString()));
              scheduler.scheduleOnce(LINGER, () -> self().tell(new Over(spawned)), executor);
            });
  }
}
