package dev.nantian.gateway.proxy;

import dev.nantian.gateway.proxy.config.RuntimeConfig;
import dev.nantian.gateway.proxy.listener.BindFailure;
import dev.nantian.gateway.proxy.listener.Listeners;
import dev.nantian.gateway.proxy.loop.DeadlineWheel;
import dev.nantian.gateway.proxy.loop.EventLoops;
import dev.nantian.gateway.proxy.metrics.LoopMetrics;
import dev.nantian.gateway.proxy.pipeline.Worker;
import dev.nantian.gateway.proxy.upstream.UpstreamPools;
import io.netty.channel.EventLoop;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.TimeUnit;
import org.apache.pekko.actor.typed.ActorSystem;
import org.apache.pekko.stream.Materializer;

/**
 * The part of a proxy that serves traffic: event loops, listening sockets, streams and upstream
 * pools.
 *
 * <p>It serves what {@link #apply} gave it last and knows nothing of where that comes from.
 * Thread-safe.
 */
public final class DataPlane {
  private final EventLoops loops;
  private final List<Worker> workers;
  private final Listeners listeners;

  private DataPlane(EventLoops loops, List<Worker> workers, Listeners listeners) {
    this.loops = loops;
    this.workers = workers;
    this.listeners = listeners;
  }

  /**
   * Starts the loops; nothing is listened on yet.
   *
   * @param system its configuration holds {@link
   *     dev.nantian.gateway.proxy.loop.LoopDispatchers#config}, which also says how many loops
   */
  public static DataPlane start(ActorSystem<?> system, DataPlaneSettings settings) {
    EventLoops loops = EventLoops.start(system.settings().config(), settings.transport());
    List<Worker> workers = new ArrayList<>();
    for (EventLoop loop : loops.loops()) {
      workers.add(worker(workers.size(), loop, loops, settings));
    }
    Listeners listeners =
        new Listeners(
            loops.transport(),
            loops.group(),
            workers,
            Materializer.matFromSystem(system),
            settings.connections());
    return new DataPlane(loops, List.copyOf(workers), listeners);
  }

  private static Worker worker(
      int index, EventLoop loop, EventLoops loops, DataPlaneSettings settings) {
    DeadlineWheel wheel = new DeadlineWheel(loop);
    UpstreamPools pools =
        new UpstreamPools(
            loop, loops.transport(), wheel, settings.upstreams(), settings.responseLimits());
    var unused =
        loop.scheduleAtFixedRate(
            pools::sweep,
            pools.sweepIntervalMillis(),
            pools.sweepIntervalMillis(),
            TimeUnit.MILLISECONDS);
    return new Worker(
        index,
        loop,
        wheel,
        pools,
        new LoopMetrics(),
        settings.forwarding(),
        settings.maxRequestsPerLoop());
  }

  /**
   * Serves {@code config} from now on.
   *
   * @return completes when all loops do, with the sockets that could not be opened
   */
  public CompletionStage<List<BindFailure>> apply(RuntimeConfig config) {
    return listeners.apply(config);
  }

  /**
   * Stops listening, lets requests under way end until the deadline, then stops the loops.
   *
   * @return completes with the number of requests that were cut
   */
  public CompletionStage<Integer> drainAndStop(Duration deadline) {
    return listeners.drainAndStop(deadline).thenCompose(cut -> loops.stop().thenApply(done -> cut));
  }

  /** The listening sockets. */
  public List<Listeners.View> listenerViews() {
    return listeners.view();
  }

  List<Worker> workers() {
    return workers;
  }
}
