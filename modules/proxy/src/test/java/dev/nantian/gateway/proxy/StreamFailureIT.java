package dev.nantian.gateway.proxy;

import static org.assertj.core.api.Assertions.assertThat;

import dev.nantian.gateway.proxy.http.RequestHead;
import dev.nantian.gateway.proxy.route.ListenerEntry;
import dev.nantian.gateway.proxy.route.ListenerTable;
import dev.nantian.gateway.proxy.route.RouteTarget;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.apache.pekko.actor.ActorIdentity;
import org.apache.pekko.actor.ActorRef;
import org.apache.pekko.actor.Identify;
import org.apache.pekko.actor.PoisonPill;
import org.apache.pekko.actor.typed.javadsl.Adapter;
import org.apache.pekko.testkit.javadsl.TestKit;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/** All connections of a loop share a listener's stream: its failures must not be theirs. */
class StreamFailureIT {
  @Test
  void anErrorInAStepEndsItsRequestOnly() throws IOException {
    try (RawBackend backend = RawBackend.echo();
        TestProxy proxy =
            TestProxy.start(
                new Overflowing(new TestTable().route("/", TestTable.cluster(backend.address()))));
        RawClient client = proxy.client();
        RawClient other = proxy.client()) {
      RawClient.Response failed = client.get("/deep");

      assertThat(failed.status()).isEqualTo(500);
      assertThat(other.get("/").status()).isEqualTo(200);
    }
  }

  @Test
  void aStreamThatEndsIsMaterialisedAgain() throws IOException {
    try (RawBackend backend = RawBackend.echo();
        TestProxy proxy =
            TestProxy.start(new TestTable().route("/", TestTable.cluster(backend.address())));
        RawClient client = proxy.client()) {
      assertThat(client.get("/before").status()).isEqualTo(200);

      int ended = endStreams(proxy);

      assertThat(ended).isPositive();
      assertThat(client.get("/after").status()).isEqualTo(200);
      assertThat(backend.accepted()).isEqualTo(1);
    }
  }

  /** Stops the actors of all running streams and waits for their end; gives their number. */
  private static int endStreams(TestProxy proxy) {
    var system = Adapter.toClassic(proxy.system());
    var kit = new TestKit(system);
    system.actorSelection("/system/Materializers/*/*").tell(new Identify("streams"), kit.getRef());
    List<ActorRef> streams = new ArrayList<>();
    kit.receiveWhile(
        Duration.ofSeconds(60),
        Duration.ofSeconds(3),
        Integer.MAX_VALUE,
        m -> streams.add(((ActorIdentity) m).getActorRef().orElseThrow()));
    for (ActorRef stream : streams) {
      kit.watch(stream);
      stream.tell(PoisonPill.getInstance(), ActorRef.noSender());
      kit.expectTerminated(Duration.ofSeconds(60), stream);
    }
    return streams.size();
  }

  /** Overflows the stack when it is asked for the path {@code /deep}. */
  private record Overflowing(ListenerTable table) implements ListenerTable {
    @Override
    public @Nullable ListenerEntry listener(byte[] host, int offset, int length) {
      return table.listener(host, offset, length);
    }

    @Override
    public @Nullable RouteTarget match(ListenerEntry listener, RequestHead head) {
      if (head.text(head.pathOffset(), head.pathLength()).equals("/deep")) {
        throw new StackOverflowError("in the test");
      }
      return table.match(listener, head);
    }
  }
}
