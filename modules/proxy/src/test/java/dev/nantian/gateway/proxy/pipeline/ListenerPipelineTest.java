package dev.nantian.gateway.proxy.pipeline;

import static org.assertj.core.api.Assertions.assertThat;

import com.typesafe.config.ConfigFactory;
import dev.nantian.gateway.proxy.http.HttpLimits;
import dev.nantian.gateway.proxy.http.RequestHead;
import dev.nantian.gateway.proxy.loop.DeadlineWheel;
import dev.nantian.gateway.proxy.loop.EventLoops;
import dev.nantian.gateway.proxy.loop.LoopDispatchers;
import dev.nantian.gateway.proxy.loop.TransportChoice;
import dev.nantian.gateway.proxy.metrics.LoopMetrics;
import dev.nantian.gateway.proxy.route.ListenerEntry;
import dev.nantian.gateway.proxy.route.ListenerTable;
import dev.nantian.gateway.proxy.route.RouteTarget;
import dev.nantian.gateway.proxy.upstream.UpstreamPools;
import dev.nantian.gateway.proxy.upstream.UpstreamSettings;
import io.netty.channel.EventLoop;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.apache.pekko.actor.typed.ActorSystem;
import org.apache.pekko.actor.typed.javadsl.Behaviors;
import org.apache.pekko.stream.ActorAttributes;
import org.apache.pekko.stream.Materializer;
import org.apache.pekko.stream.javadsl.Keep;
import org.apache.pekko.stream.javadsl.Sink;
import org.apache.pekko.stream.javadsl.Source;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(180)
class ListenerPipelineTest {
  private final BlockingQueue<Exchange> served = new LinkedBlockingQueue<>();

  @Test
  void whatWaitsInAStreamThatEndsIsServedByItsSuccessor() throws Exception {
    ActorSystem<Void> system =
        ActorSystem.create(
            Behaviors.empty(),
            "test",
            LoopDispatchers.config(1).withFallback(ConfigFactory.load()));
    EventLoops loops = EventLoops.start(system.settings().config(), TransportChoice.AUTO);
    EventLoop loop = loops.loops().getFirst();
    Worker worker = worker(loop, loops);
    Materializer materializer = Materializer.matFromSystem(system);
    ListenerPipeline pipeline =
        new ListenerPipeline("test", worker, () -> endsAfterOne(materializer), new NoRoutes());
    Exchange first = new Exchange(worker);
    Exchange second = new Exchange(worker);

    CompletableFuture.runAsync(
            () -> {
              pipeline.admit(first);
              pipeline.admit(second); // the stream may have ended with the first
            },
            loop)
        .get(60, TimeUnit.SECONDS);

    assertThat(served.poll(60, TimeUnit.SECONDS)).isSameAs(first);
    assertThat(served.poll(60, TimeUnit.SECONDS)).isSameAs(second);
    CompletableFuture.supplyAsync(pipeline::stop, loop)
        .thenCompose(ended -> ended)
        .get(60, TimeUnit.SECONDS);
    loops.stop().toCompletableFuture().get(60, TimeUnit.SECONDS);
    system.terminate();
  }

  private RequestPath.Handle endsAfterOne(Materializer materializer) {
    var requests =
        Source.fromGraph(new Ingress.Stage("requests"))
            .take(1)
            .toMat(Sink.foreach(served::add), Keep.both())
            .withAttributes(ActorAttributes.dispatcher(LoopDispatchers.id(0)))
            .run(materializer);
    return new RequestPath.Handle(
        requests.first(),
        idle("resumed", materializer),
        idle("responses", materializer),
        requests.second().thenApply(done -> null));
  }

  private static Ingress idle(String name, Materializer materializer) {
    return Source.fromGraph(new Ingress.Stage(name))
        .toMat(Sink.ignore(), Keep.left())
        .withAttributes(ActorAttributes.dispatcher(LoopDispatchers.id(0)))
        .run(materializer);
  }

  private static Worker worker(EventLoop loop, EventLoops loops) {
    DeadlineWheel wheel = new DeadlineWheel(loop);
    return new Worker(
        0,
        loop,
        wheel,
        new UpstreamPools(
            loop, loops.transport(), wheel, UpstreamSettings.DEFAULT, HttpLimits.DEFAULT, 1),
        new LoopMetrics(),
        ForwardingSettings.DEFAULT,
        100,
        null);
  }

  private static final class NoRoutes implements ListenerTable {
    @Override
    public @Nullable ListenerEntry listener(byte[] host, int offset, int length) {
      return null;
    }

    @Override
    public @Nullable RouteTarget match(ListenerEntry listener, RequestHead head) {
      return null;
    }
  }
}
