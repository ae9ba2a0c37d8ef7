package dev.nantian.gateway.control.xds;

import dev.nantian.gateway.control.mailbox.CountedBehavior;
import dev.nantian.gateway.control.mailbox.Mailbox;
import dev.nantian.gateway.control.snapshot.ResourceId;
import dev.nantian.gateway.control.snapshot.SnapshotActor;
import dev.nantian.gateway.control.snapshot.SnapshotChange;
import dev.nantian.gateway.protocol.ResourceType;
import dev.nantian.gateway.protocol.control.v1.NodeReport;
import java.time.Clock;
import java.time.Instant;
import java.util.Collection;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Consumer;
import java.util.function.Predicate;
import org.apache.pekko.actor.typed.Behavior;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Keeps the {@link NodeLedger} and tells the owners of resources how far their versions have come.
 *
 * <p>Created once by the control plane. Stream actors report to it, and other replicas do of the
 * proxies that are connected to them; it reports of those connected here in turn. Owners of
 * resources watch them here. After a crash it goes on with the state it has.
 */
public final class NodesActor extends CountedBehavior<NodesActor.Message> {
  private static final Logger LOG = LoggerFactory.getLogger(NodesActor.class);

  /** What this actor understands. */
  public sealed interface Message {}

  /** The snapshot changed. */
  public record Changed(SnapshotChange change) implements Message {}

  /**
   * A node has opened a stream and named itself.
   *
   * @param openedMillis when by its own clock; 0 if it does not say
   * @param close ends the stream; called when the node opens another one
   */
  public record Connected(long stream, String node, long openedMillis, Runnable close)
      implements Message {}

  /** A stream has ended. */
  public record Disconnected(long stream, String cause) implements Message {}

  /** Something happened on a stream. */
  public record Reported(long stream, StreamOutput output) implements Message {}

  /**
   * Another replica says something of a proxy that is connected to it.
   *
   * @param session of that replica's stream of reports
   */
  public record PeerReported(long session, NodeReport report) implements Message {}

  /** A stream of reports has ended, and with it what is known of the proxies behind it. */
  public record PeerGone(long session) implements Message {}

  /**
   * Where to report what becomes known of the proxies that are connected here; all that is known is
   * reported at once. Replaces the one before.
   *
   * @param reporter called on this actor's thread; must only pass the report on. False: it takes no
   *     more
   */
  public record ReportTo(Predicate<NodeReport> reporter) implements Message {}

  /**
   * Asks for the state of a resource now and whenever it changes; replaces an earlier watch of the
   * same resource.
   *
   * @param watcher called on this actor's thread; must only pass the state on
   */
  public record Watch(ResourceId id, Consumer<Programming> watcher) implements Message {}

  /** Ends a watch. */
  public record Unwatch(ResourceId id) implements Message {}

  /** Asks for all nodes. */
  public record Read(CompletableFuture<List<NodeView>> reply) implements Message {}

  /** Asks since when each node has had the version in force of each of these resources. */
  public record ReadLive(
      Collection<ResourceId> ids, CompletableFuture<Map<ResourceId, Map<String, Instant>>> reply)
      implements Message {}

  /** Counts for metrics, read from any thread. */
  public static final class Counts {
    private final AtomicInteger nodes = new AtomicInteger();
    private final AtomicLong pushes = new AtomicLong();
    private final AtomicLong acks = new AtomicLong();
    private final AtomicLong nacks = new AtomicLong();

    public int nodes() {
      return nodes.get();
    }

    public long pushes() {
      return pushes.get();
    }

    public long acks() {
      return acks.get();
    }

    public long nacks() {
      return nacks.get();
    }
  }

  private static final class Stream {
    private final String node;
    private final long openedMillis;
    private final Instant since;
    private final Runnable close;
    private final Map<ResourceType, NodeView.TypeView> types = new EnumMap<>(ResourceType.class);
    private long bytesSent;

    private Stream(String node, long openedMillis, Instant since, Runnable close) {
      this.node = node;
      this.openedMillis = openedMillis;
      this.since = since;
      this.close = close;
    }
  }

  // Streams of other replicas have numbers above those of this one.
  private static final long FIRST_PEER_STREAM = 1L << 40;

  private final Clock clock;
  private final Counts counts;
  private final Map<Long, Map<Long, Long>> peers = new HashMap<>();
  private long nextPeerStream = FIRST_PEER_STREAM;
  private Predicate<NodeReport> reporter = report -> true;
  private final NodeLedger ledger = new NodeLedger();
  private final TreeMap<Long, Stream> streams = new TreeMap<>();
  private final Map<ResourceId, Consumer<Programming>> watchers = new HashMap<>();
  private final Map<ResourceId, Programming> told = new HashMap<>();

  public NodesActor(
      Mailbox<Message> self, Mailbox<SnapshotActor.Message> snapshot, Clock clock, Counts counts) {
    super(self);
    this.clock = clock;
    this.counts = counts;
    snapshot.tell(new SnapshotActor.Subscribe("nodes", change -> self.tell(new Changed(change))));
  }

  @Override
  protected Behavior<Message> onMessage(Message message) {
    switch (message) {
      case Changed(SnapshotChange change) -> tellWatchers(ledger.changed(change));
      case Connected connected -> connected(connected);
      case Disconnected(long number, String cause) -> disconnected(number, cause);
      case Reported(long number, StreamOutput output) -> {
        reported(number, output);
        if (streams.containsKey(number)) {
          NodeReports.of(number, output).ifPresent(this::report);
        }
      }
      case PeerReported(long session, NodeReport report) -> peerReported(session, report);
      case PeerGone(long session) -> {
        Map<Long, Long> gone = peers.remove(session);
        if (gone != null) {
          gone.values().forEach(number -> disconnected(number, "its replica is gone"));
        }
      }
      case ReportTo(Predicate<NodeReport> to) -> reportAllTo(to);
      case Watch(ResourceId id, Consumer<Programming> watcher) -> {
        watchers.put(id, watcher);
        told.remove(id);
        tellWatchers(Set.of(id));
      }
      case Unwatch(ResourceId id) -> {
        watchers.remove(id);
        told.remove(id);
      }
      case Read(CompletableFuture<List<NodeView>> reply) ->
          reply.complete(
              streams.entrySet().stream()
                  .map(entry -> view(entry.getKey(), entry.getValue()))
                  .toList());
      case ReadLive(
              Collection<ResourceId> ids,
              CompletableFuture<Map<ResourceId, Map<String, Instant>>> reply) -> {
        Map<ResourceId, Map<String, Instant>> live = new TreeMap<>();
        ids.forEach(id -> live.put(id, ledger.liveSince(id)));
        reply.complete(live);
      }
    }
    return this;
  }

  private void connected(Connected connected) {
    List<Long> superseded =
        ledger.connected(connected.stream(), connected.node(), connected.openedMillis());
    if (superseded.contains(connected.stream())) {
      LOG.info("event=stream_superseded node={} stream={}", connected.node(), connected.stream());
      connected.close().run();
      return;
    }
    LOG.info("event=node_connected node={} stream={}", connected.node(), connected.stream());
    for (long replaced : superseded) {
      Stream old = streams.remove(replaced);
      if (old != null) {
        LOG.info("event=stream_replaced node={} stream={}", connected.node(), replaced);
        old.close.run();
      }
    }
    streams.put(
        connected.stream(),
        new Stream(connected.node(), connected.openedMillis(), clock.instant(), connected.close()));
    counts.nodes.set(streams.size());
    if (connected.stream() < FIRST_PEER_STREAM) {
      report(NodeReports.connected(connected.stream(), connected.node(), connected.openedMillis()));
    }
    tellWatchers(watchers.keySet());
  }

  private void peerReported(long session, NodeReport report) {
    Map<Long, Long> numbers = peers.computeIfAbsent(session, ignored -> new HashMap<>());
    if (report.hasConnected()) {
      long number = nextPeerStream++;
      numbers.put(report.getStream(), number);
      NodeReport.Connected said = report.getConnected();
      // To end a stream that another replaces is up to the replica that has it.
      connected(new Connected(number, said.getNode(), said.getOpenedMillis(), () -> {}));
      return;
    }
    Long number = numbers.get(report.getStream());
    if (number == null || !streams.containsKey(number)) {
      return;
    }
    switch (report.getSaidCase()) {
      case DISCONNECTED -> {
        numbers.remove(report.getStream());
        disconnected(number, report.getDisconnected().getCause());
      }
      case HELD ->
          NodeReports.applied(report.getHeld())
              .ifPresent(
                  applied -> {
                    ledger.applied(number, applied, clock.instant());
                    tellWatchers(applied.versions().keySet());
                    tellWatchers(applied.removed());
                  });
      case REFUSED -> {
        List<StreamOutput.Rejection> rejections = NodeReports.rejections(report.getRefused());
        ledger.refused(number, rejections);
        tellWatchers(rejections.stream().map(StreamOutput.Rejection::id).toList());
      }
      // Of a newer replica, which knows more to say.
      case CONNECTED, SAID_NOT_SET -> LOG.debug("event=report_without_content session={}", session);
    }
  }

  private void report(NodeReport report) {
    if (!reporter.test(report)) {
      reporter = ignored -> true;
    }
  }

  private void reportAllTo(Predicate<NodeReport> to) {
    reporter = to;
    streams
        .headMap(FIRST_PEER_STREAM)
        .forEach(
            (number, stream) -> {
              report(NodeReports.connected(number, stream.node, stream.openedMillis));
              NodeReports.state(number, ledger.held(number), ledger.refusals(number))
                  .forEach(this::report);
            });
  }

  private void disconnected(long number, String cause) {
    Stream stream = streams.remove(number);
    if (stream == null) {
      return;
    }
    LOG.info("event=node_disconnected node={} stream={} cause=\"{}\"", stream.node, number, cause);
    ledger.disconnected(number);
    if (number < FIRST_PEER_STREAM) {
      report(NodeReports.disconnected(number, cause));
    }
    counts.nodes.set(streams.size());
    tellWatchers(watchers.keySet());
  }

  private void reported(long number, StreamOutput output) {
    Stream stream = streams.get(number);
    if (stream == null) {
      return;
    }
    switch (output) {
      case StreamOutput.Send(var type, var response) -> {
        NodeView.TypeView old = stream.types.getOrDefault(type, NodeView.TypeView.EMPTY);
        stream.bytesSent += response.getSerializedSize();
        counts.pushes.incrementAndGet();
        stream.types.put(
            type,
            new NodeView.TypeView(
                old.pushes() + 1,
                old.acks(),
                old.nacks(),
                old.ackedNonce(),
                old.nackedNonce(),
                old.error(),
                response.getNonce()));
        List<ResourceId> removing =
            response.getRemovedResourcesList().stream()
                .map(name -> new ResourceId(type, name))
                .toList();
        ledger.removing(number, removing);
        tellWatchers(removing);
      }
      case StreamOutput.Applied applied -> {
        ledger.applied(number, applied, clock.instant());
        NodeView.TypeView old = stream.types.getOrDefault(applied.type(), NodeView.TypeView.EMPTY);
        // The part of a refused response that the node did take is no ACK of the response.
        if (applied.answer() && !old.outstandingNonce().isEmpty()) {
          counts.acks.incrementAndGet();
          stream.types.put(
              applied.type(),
              new NodeView.TypeView(
                  old.pushes(),
                  old.acks() + 1,
                  old.nacks(),
                  old.outstandingNonce(),
                  old.nackedNonce(),
                  old.error(),
                  ""));
        }
        tellWatchers(applied.versions().keySet());
      }
      case StreamOutput.Refused refused -> {
        ledger.refused(number, refused.rejections());
        NodeView.TypeView old = stream.types.getOrDefault(refused.type(), NodeView.TypeView.EMPTY);
        counts.nacks.incrementAndGet();
        stream.types.put(
            refused.type(),
            new NodeView.TypeView(
                old.pushes(),
                old.acks(),
                old.nacks() + 1,
                old.ackedNonce(),
                old.outstandingNonce(),
                refused.error(),
                ""));
        for (StreamOutput.Rejection rejection : refused.rejections()) {
          LOG.warn(
              "event=nack node={} type={} name={} version={} message=\"{}\"",
              stream.node,
              refused.type(),
              rejection.id().name(),
              rejection.version(),
              rejection.message());
        }
        tellWatchers(refused.rejections().stream().map(StreamOutput.Rejection::id).toList());
      }
      case StreamOutput.UnknownType(String typeUrl) ->
          LOG.warn("event=unknown_type node={} type_url={}", stream.node, typeUrl);
    }
  }

  private void tellWatchers(Collection<ResourceId> ids) {
    for (ResourceId id : ids) {
      @Nullable Consumer<Programming> watcher = watchers.get(id);
      if (watcher != null) {
        Programming state = ledger.programming(id);
        if (!Objects.equals(told.put(id, state), state)) {
          watcher.accept(state);
        }
      }
    }
  }

  private NodeView view(long number, Stream stream) {
    Map<String, NodeView.TypeView> types = new TreeMap<>();
    stream.types.forEach((type, view) -> types.put(type.name(), view));
    return new NodeView(
        stream.node,
        number,
        stream.since,
        stream.bytesSent,
        types,
        ledger.refusals(number).stream()
            .map(
                rejection ->
                    new NodeView.RefusalView(
                        rejection.id().type().name(),
                        rejection.id().name(),
                        rejection.version(),
                        rejection.message()))
            .toList());
  }
}
