package dev.nantian.gateway.control.xds;

import dev.nantian.gateway.control.mailbox.Mailbox;
import dev.nantian.gateway.protocol.control.v1.NodeReport;
import dev.nantian.gateway.protocol.control.v1.Peers;
import dev.nantian.gateway.protocol.control.v1.ReportEnd;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.atomic.AtomicLong;
import org.apache.pekko.NotUsed;
import org.apache.pekko.actor.typed.ActorSystem;
import org.apache.pekko.stream.javadsl.Sink;
import org.apache.pekko.stream.javadsl.Source;

/**
 * Takes what other replicas report of their proxies. Every replica does, whether it leads or not:
 * who reports may know of a new leader before it does itself.
 */
final class PeersServer implements Peers {
  private final ActorSystem<?> system;
  private final Mailbox<NodesActor.Message> nodes;
  private final AtomicLong sessions = new AtomicLong();

  PeersServer(ActorSystem<?> system, Mailbox<NodesActor.Message> nodes) {
    this.system = system;
    this.nodes = nodes;
  }

  @Override
  public CompletionStage<ReportEnd> report(Source<NodeReport, NotUsed> reports) {
    long session = sessions.incrementAndGet();
    return reports
        .runWith(
            Sink.foreach(report -> nodes.tell(new NodesActor.PeerReported(session, report))),
            system)
        .handle(
            (done, failure) -> {
              nodes.tell(new NodesActor.PeerGone(session));
              return ReportEnd.getDefaultInstance();
            });
  }
}
