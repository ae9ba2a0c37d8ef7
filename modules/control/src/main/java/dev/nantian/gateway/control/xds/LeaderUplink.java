package dev.nantian.gateway.control.xds;

import dev.nantian.gateway.control.mailbox.Mailbox;
import dev.nantian.gateway.protocol.control.v1.NodeReport;
import dev.nantian.gateway.protocol.control.v1.PeersClient;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.apache.pekko.NotUsed;
import org.apache.pekko.actor.typed.ActorSystem;
import org.apache.pekko.grpc.GrpcClientSettings;
import org.apache.pekko.japi.Pair;
import org.apache.pekko.stream.BoundedSourceQueue;
import org.apache.pekko.stream.javadsl.Source;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Reports to the replica that leads what the proxies connected here have confirmed. Begins anew
 * with all that is known whenever the stream ends or another replica leads. Safe for all threads.
 */
public final class LeaderUplink {
  private static final Logger LOG = LoggerFactory.getLogger(LeaderUplink.class);
  // Reports that wait for the network; with more the leader is told all anew.
  private static final int QUEUE = 65_536;
  private static final Duration PAUSE = Duration.ofMillis(500);
  private static final Duration WORTH_A_LINE = Duration.ofSeconds(5);
  private static final long KEEPALIVE_SECONDS = 5;

  private final ActorSystem<?> system;
  private final Mailbox<NodesActor.Message> nodes;
  private @Nullable InetSocketAddress leader;
  private @Nullable Session open;

  private record Session(
      InetSocketAddress to,
      PeersClient client,
      BoundedSourceQueue<NodeReport> reports,
      long begunNanos) {
    void close() {
      try {
        reports.complete();
      } catch (IllegalStateException e) {
        LOG.debug("event=report_queue_ended leader={}", to);
      }
      var _ = client.close();
    }
  }

  public LeaderUplink(ActorSystem<?> system, Mailbox<NodesActor.Message> nodes) {
    this.system = system;
    this.nodes = nodes;
  }

  /**
   * Who leads now.
   *
   * @param address where it serves; empty if nobody does, or this replica
   */
  public synchronized void follow(Optional<InetSocketAddress> address) {
    if (Objects.equals(leader, address.orElse(null))) {
      return;
    }
    leader = address.orElse(null);
    close();
    if (leader != null) {
      LOG.info("event=reporting leader={}", leader);
    }
    connect();
  }

  private synchronized void close() {
    nodes.tell(new NodesActor.ReportTo(report -> true));
    Session old = open;
    open = null;
    if (old != null) {
      old.close();
    }
  }

  private synchronized void connect() {
    InetSocketAddress to = leader;
    if (to == null || open != null) {
      return;
    }
    PeersClient client =
        PeersClient.create(
            GrpcClientSettings.connectToServiceAt(to.getHostString(), to.getPort(), system)
                .withTls(false)
                .withChannelBuilderOverrides(
                    builder ->
                        builder
                            .keepAliveTime(KEEPALIVE_SECONDS, TimeUnit.SECONDS)
                            .keepAliveTimeout(KEEPALIVE_SECONDS, TimeUnit.SECONDS)),
            system);
    Pair<BoundedSourceQueue<NodeReport>, Source<NodeReport, NotUsed>> queue =
        Source.<NodeReport>queue(QUEUE).preMaterialize(system);
    Session session = new Session(to, client, queue.first(), System.nanoTime());
    open = session;
    var _ = client.report(queue.second()).whenComplete((end, failure) -> ended(session, failure));
    nodes.tell(
        new NodesActor.ReportTo(
            report -> {
              boolean taken = session.reports().offer(report).isEnqueued();
              if (!taken) {
                session.client().close();
              }
              return taken;
            }));
  }

  private synchronized void ended(Session session, @Nullable Throwable failure) {
    if (!session.equals(open)) {
      return;
    }
    // A leader that is dead is tried until another is known; one line is enough.
    if (System.nanoTime() - session.begunNanos() > WORTH_A_LINE.toNanos()) {
      LOG.info(
          "event=reporting_ended leader={} cause=\"{}\"",
          session.to(),
          failure == null ? "ended by the leader" : failure.toString().replace('"', '\''));
    }
    close();
    CompletableFuture.delayedExecutor(PAUSE.toMillis(), TimeUnit.MILLISECONDS)
        .execute(this::connect);
  }
}
