package dev.nantian.gateway.bench;

import com.typesafe.config.ConfigFactory;
import dev.nantian.gateway.proxy.filter.Answer;
import dev.nantian.gateway.proxy.filter.ConfiguredFilter;
import dev.nantian.gateway.proxy.filter.ExchangeFilter;
import dev.nantian.gateway.proxy.filter.Filter;
import dev.nantian.gateway.proxy.filter.FilterExchange;
import dev.nantian.gateway.proxy.filter.HeaderEdits;
import dev.nantian.gateway.proxy.filter.Verdict;
import dev.nantian.gateway.proxy.http.HeaderName;
import dev.nantian.gateway.proxy.http.HttpLimits;
import dev.nantian.gateway.proxy.http.RequestHead;
import dev.nantian.gateway.proxy.http.RequestHeadDecoder;
import dev.nantian.gateway.proxy.http.RequestRules;
import dev.nantian.gateway.proxy.loop.DeadlineWheel;
import dev.nantian.gateway.proxy.loop.EventLoops;
import dev.nantian.gateway.proxy.loop.LoopDispatchers;
import dev.nantian.gateway.proxy.loop.TransportChoice;
import dev.nantian.gateway.proxy.metrics.LoopMetrics;
import dev.nantian.gateway.proxy.pipeline.Exchange;
import dev.nantian.gateway.proxy.pipeline.ForwardingSettings;
import dev.nantian.gateway.proxy.pipeline.ListenerPipeline;
import dev.nantian.gateway.proxy.pipeline.Worker;
import dev.nantian.gateway.proxy.route.ListenerEntry;
import dev.nantian.gateway.proxy.route.ListenerTable;
import dev.nantian.gateway.proxy.route.RouteTarget;
import dev.nantian.gateway.proxy.route.RuleAction;
import dev.nantian.gateway.proxy.route.RuleTraffic;
import dev.nantian.gateway.proxy.route.WeightedBackends;
import dev.nantian.gateway.proxy.upstream.UpstreamPools;
import dev.nantian.gateway.proxy.upstream.UpstreamSettings;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.EventLoop;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.apache.pekko.actor.typed.ActorSystem;
import org.apache.pekko.actor.typed.javadsl.Behaviors;
import org.apache.pekko.stream.Materializer;
import org.jspecify.annotations.Nullable;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OperationsPerInvocation;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;

/**
 * A whole exchange on its event loop, without sockets and backend: head read, into the listener's
 * stream, through the rule's filters, answered by the innermost one, through the outer ones back.
 *
 * <p>What one more filter costs is the difference between two numbers of filters, divided by
 * theirs.
 */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
public class ExchangePath {
  private static final int BATCH = 1000;
  private static final HeaderName SEEN = HeaderName.of("X-Seen");

  /** Of the rule, the answering one included. */
  @Param({"1", "5", "17"})
  public int filters = 1;

  private final ByteBuf bytes =
      Unpooled.copiedBuffer(
          "GET /small HTTP/1.1\r\nHost: bench.test\r\n\r\n", StandardCharsets.US_ASCII);
  private final RequestHeadDecoder decoder =
      new RequestHeadDecoder(HttpLimits.DEFAULT, RequestRules.DEFAULT);

  private @Nullable ActorSystem<Void> system;
  private @Nullable EventLoops loops;
  private @Nullable Run run;

  private record Run(
      EventLoop loop, Worker worker, ListenerPipeline pipeline, SilentClient client) {}

  /** Starts one event loop and the stream of one socket on it. */
  @Setup
  public void start() throws Exception {
    ActorSystem<Void> actors =
        ActorSystem.create(
            Behaviors.empty(),
            "bench",
            LoopDispatchers.config(1).withFallback(ConfigFactory.load()));
    EventLoops one = EventLoops.start(actors.settings().config(), TransportChoice.NIO);
    EventLoop loop = one.loops().getFirst();
    DeadlineWheel wheel = new DeadlineWheel(loop);
    var pools =
        new UpstreamPools(
            loop, one.transport(), wheel, UpstreamSettings.DEFAULT, HttpLimits.DEFAULT, 1);
    var worker =
        new Worker(
            0, loop, wheel, pools, new LoopMetrics(), ForwardingSettings.DEFAULT, BATCH, null);
    var table = new OneRule(rule());
    Materializer materializer = Materializer.matFromSystem(actors);
    ListenerPipeline pipeline =
        CompletableFuture.supplyAsync(
                () -> new ListenerPipeline("bench", worker, materializer, table), loop)
            .get(20, TimeUnit.SECONDS);
    run = new Run(loop, worker, pipeline, new SilentClient(worker));
    system = actors;
    loops = one;
    // The stream starts by itself; from then on it runs on the caller's stack.
    long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(20);
    for (long answered = exchanges(); answered != BATCH; answered = exchanges()) {
      if (System.nanoTime() > deadline) {
        throw new IllegalStateException("answered " + answered + " (expected " + BATCH + ")");
      }
    }
  }

  private RuleAction rule() {
    List<ConfiguredFilter> chain = new ArrayList<>();
    for (int i = 1; i < filters; i++) {
      chain.add(new ConfiguredFilter("bench/edit-" + i, new Edit()));
    }
    chain.add(new ConfiguredFilter("bench/answer", new Answering()));
    return new RuleAction(
        0,
        HeaderEdits.NONE,
        HeaderEdits.NONE,
        null,
        null,
        0,
        0,
        new WeightedBackends(List.of(), List.of()),
        RuleTraffic.DEFAULT,
        chain);
  }

  /** Ends the loop. */
  @TearDown
  public void stop() throws Exception {
    if (run != null && loops != null && system != null) {
      CompletableFuture.supplyAsync(run.pipeline::stop, run.loop).get(20, TimeUnit.SECONDS);
      loops.stop().toCompletableFuture().get(20, TimeUnit.SECONDS);
      system.terminate();
    }
  }

  /** A thousand at a time, so that the way to the loop and back does not count. */
  @Benchmark
  @OperationsPerInvocation(BATCH)
  public long exchanges() throws Exception {
    Run on = run;
    if (on == null) {
      throw new IllegalStateException("not started");
    }
    return CompletableFuture.supplyAsync(() -> batch(on), on.loop).get(20, TimeUnit.SECONDS);
  }

  private long batch(Run on) {
    long before = on.client.answered();
    for (int i = 0; i < BATCH; i++) {
      Exchange exchange = on.worker.takeExchange();
      exchange.begin(on.client, on.pipeline);
      decoder.reset();
      bytes.readerIndex(0);
      var unused = decoder.decode(bytes, exchange.request());
      exchange.admit(false);
    }
    return on.client.answered() - before;
  }

  /** Looks at the request and adds a field to the response, as most filters do. */
  private static final class Edit implements Filter {
    @Override
    public ExchangeFilter begin(FilterExchange exchange) {
      return new ExchangeFilter() {
        @Override
        public Verdict onResponseHead() {
          exchange.response().add(SEEN, "1");
          return Verdict.CONTINUE;
        }
      };
    }
  }

  /** Stands for the backend. */
  private static final class Answering implements Filter {
    private static final Answer ANSWER = Answer.of(200).body(new byte[100]);

    @Override
    public ExchangeFilter begin(FilterExchange exchange) {
      return new ExchangeFilter() {
        @Override
        public Verdict onRequestHead() {
          exchange.answer(ANSWER);
          return Verdict.PAUSE;
        }
      };
    }
  }

  private record OneRule(ListenerEntry entry, RouteTarget target) implements ListenerTable {
    OneRule(RuleAction action) {
      this(
          new ListenerEntry("bench/gateway", "http", 80, null),
          new RouteTarget("bench/route", 0, 0, -1, action));
    }

    @Override
    public ListenerEntry listener(byte[] host, int offset, int length) {
      return entry;
    }

    @Override
    public RouteTarget match(ListenerEntry listener, RequestHead head) {
      return target;
    }
  }
}
