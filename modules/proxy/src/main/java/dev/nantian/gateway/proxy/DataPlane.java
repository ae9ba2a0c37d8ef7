package dev.nantian.gateway.proxy;

import dev.nantian.gateway.proxy.config.RuntimeConfig;
import dev.nantian.gateway.proxy.listener.BindFailure;
import dev.nantian.gateway.proxy.listener.Listeners;
import dev.nantian.gateway.proxy.log.AccessLog;
import dev.nantian.gateway.proxy.log.AccessLogSettings;
import dev.nantian.gateway.proxy.loop.DeadlineWheel;
import dev.nantian.gateway.proxy.loop.EventLoops;
import dev.nantian.gateway.proxy.loop.Transport;
import dev.nantian.gateway.proxy.metrics.LoopMetrics;
import dev.nantian.gateway.proxy.metrics.MetricsBinder;
import dev.nantian.gateway.proxy.pipeline.Worker;
import dev.nantian.gateway.proxy.takeover.InheritedSockets;
import dev.nantian.gateway.proxy.takeover.LentSocket;
import dev.nantian.gateway.proxy.upstream.UpstreamCounts;
import dev.nantian.gateway.proxy.upstream.UpstreamPools;
import io.micrometer.core.instrument.MeterRegistry;
import io.netty.buffer.PooledByteBufAllocator;
import io.netty.channel.EventLoop;
import io.netty.util.internal.PlatformDependent;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.TimeUnit;
import org.apache.pekko.actor.typed.ActorSystem;
import org.apache.pekko.stream.Materializer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The part of a proxy that serves traffic: event loops, listening sockets, streams and upstream
 * pools.
 *
 * <p>It serves what {@link #apply} gave it last and knows nothing of where that comes from.
 * Thread-safe.
 */
public final class DataPlane {
  private static final Logger LOG = LoggerFactory.getLogger(DataPlane.class);

  private final EventLoops loops;
  private final List<Worker> workers;
  private final Listeners listeners;
  private final @Nullable AccessLog accessLog;

  private DataPlane(
      EventLoops loops, List<Worker> workers, Listeners listeners, @Nullable AccessLog accessLog) {
    this.loops = loops;
    this.workers = workers;
    this.listeners = listeners;
    this.accessLog = accessLog;
  }

  /**
   * Starts the loops; nothing is listened on yet.
   *
   * @param system its configuration holds {@link
   *     dev.nantian.gateway.proxy.loop.LoopDispatchers#config}, which also says how many loops
   * @param meters gets the meters of docs/metrics.md
   * @throws UncheckedIOException if the access log's file cannot be opened
   */
  public static DataPlane start(
      ActorSystem<?> system, DataPlaneSettings settings, MeterRegistry meters) {
    return start(system, settings, meters, null);
  }

  /**
   * As {@link #start(ActorSystem, DataPlaneSettings, MeterRegistry)}, after another process.
   *
   * @param inherited its sockets, on which nothing is accepted until {@link #accept}; null for none
   */
  static DataPlane start(
      ActorSystem<?> system,
      DataPlaneSettings settings,
      MeterRegistry meters,
      @Nullable InheritedSockets inherited) {
    AccessLog log = open(settings.accessLog());
    EventLoops loops = EventLoops.start(system.settings().config(), settings.transport());
    List<Worker> workers = new ArrayList<>();
    for (EventLoop loop : loops.loops()) {
      workers.add(worker(workers.size(), loop, loops, settings, log));
    }
    Listeners listeners =
        new Listeners(
            loops.transport(),
            loops.group(),
            workers,
            Materializer.matFromSystem(system),
            settings.connections(),
            settings.l4(),
            inherited == null ? InheritedSockets.none() : inherited,
            inherited != null);
    MemoryWatch memory = watch(loops, workers, settings.memoryWatermarkPercent());
    MetricsBinder binder =
        MetricsBinder.bind(meters, workers.stream().map(Worker::metrics).toList());
    binder.counter(
        "nantian.listener.binds", "Sockets opened or tried", listeners, Listeners::binds);
    binder.counter(
        "nantian.listener.bind.failures",
        "Sockets that could not be opened",
        listeners,
        Listeners::bindFailures);
    if (log != null) {
      binder.counter("nantian.access.log.dropped", "Lines dropped", log, AccessLog::dropped);
    }
    binder.gauge(
        "nantian.overload.buffer.bytes",
        "Direct memory that buffers in use occupy",
        memory,
        MemoryWatch::usedBytes);
    for (Worker worker : workers) {
      UpstreamCounts counts = worker.pools().counts();
      String loop = Integer.toString(worker.index());
      binder.counter(
          "nantian.upstream.connects", "Connections tried", loop, counts, UpstreamCounts::connects);
      binder.counter(
          "nantian.upstream.connect.failures",
          "Connections that failed",
          loop,
          counts,
          UpstreamCounts::connectFailures);
      binder.counter(
          "nantian.upstream.reuses",
          "Requests on a kept connection",
          loop,
          counts,
          UpstreamCounts::reuses);
      binder.counter(
          "nantian.upstream.pending.overflows",
          "Requests refused since too many waited for a connection",
          loop,
          counts,
          UpstreamCounts::pendingOverflows);
      binder.counter(
          "nantian.upstream.request.overflows",
          "Requests refused since too many were under way at an endpoint",
          loop,
          counts,
          UpstreamCounts::requestOverflows);
      binder.counter(
          "nantian.upstream.protocol.failures",
          "HTTP/2 connections and streams that broke its rules or did not answer a PING",
          loop,
          counts,
          UpstreamCounts::protocolFailures);
      binder.counter(
          "nantian.upstream.tls.failures",
          "Connections to backends whose handshake failed or whose certificate did not verify",
          loop,
          counts,
          UpstreamCounts::tlsFailures);
      binder.counter(
          "nantian.upstream.handler.failures",
          "Connections ended by an error inside the proxy",
          loop,
          counts,
          UpstreamCounts::handlerFailures);
    }
    return new DataPlane(loops, List.copyOf(workers), listeners, log);
  }

  /** Watches the buffers of all loops; the first one's thread does it. */
  private static MemoryWatch watch(EventLoops loops, List<Worker> workers, int percent) {
    long watermark =
        percent == 0 ? Long.MAX_VALUE : PlatformDependent.maxDirectMemory() / 100 * percent;
    MemoryWatch watch =
        new MemoryWatch(
            PooledByteBufAllocator.DEFAULT::pinnedDirectMemory, watermark, List.copyOf(workers));
    var unused =
        loops
            .loops()
            .getFirst()
            .scheduleAtFixedRate(
                watch::check,
                MemoryWatch.CHECK_MILLIS,
                MemoryWatch.CHECK_MILLIS,
                TimeUnit.MILLISECONDS);
    return watch;
  }

  private static @Nullable AccessLog open(@Nullable AccessLogSettings settings) {
    if (settings == null) {
      return null;
    }
    try {
      return AccessLog.open(settings);
    } catch (IOException e) {
      throw new UncheckedIOException("cannot open access log " + settings.file(), e);
    }
  }

  private static Worker worker(
      int index,
      EventLoop loop,
      EventLoops loops,
      DataPlaneSettings settings,
      @Nullable AccessLog log) {
    DeadlineWheel wheel = new DeadlineWheel(loop);
    UpstreamPools pools =
        new UpstreamPools(
            loop,
            loops.transport(),
            wheel,
            settings.upstreams(),
            settings.responseLimits(),
            loops.loops().size());
    var unused =
        loop.scheduleAtFixedRate(
            pools::sweep,
            UpstreamPools.SWEEP_MILLIS,
            UpstreamPools.SWEEP_MILLIS,
            TimeUnit.MILLISECONDS);
    return new Worker(
        index,
        loop,
        wheel,
        pools,
        new LoopMetrics(),
        settings.forwarding(),
        settings.maxRequestsPerLoop(),
        log);
  }

  /**
   * Serves {@code config} from now on.
   *
   * @return completes when all loops do, with the sockets that could not be opened
   */
  public CompletionStage<List<BindFailure>> apply(RuntimeConfig config) {
    return listeners.apply(config);
  }

  Transport transport() {
    return loops.transport();
  }

  /** The listening sockets, for another process; they stay open here. */
  List<LentSocket> lend() {
    return listeners.lend();
  }

  /** Accepts on inherited sockets from now on. */
  CompletionStage<Void> accept() {
    return listeners.accept();
  }

  /** Another process accepts on the lent sockets now; {@link #drainAndStop} follows. */
  CompletionStage<Void> handedOver() {
    return listeners.handedOver();
  }

  /**
   * Stops listening, lets requests under way end until the deadline, then stops the loops.
   *
   * @return completes with the number of requests that were cut
   */
  public CompletionStage<Integer> drainAndStop(Duration deadline) {
    return listeners
        .drainAndStop(deadline)
        .thenCompose(cut -> loops.stop().thenApply(done -> cut))
        .whenComplete((_, _) -> closeLog());
  }

  private void closeLog() {
    if (accessLog != null) {
      try {
        accessLog.close();
      } catch (IOException e) {
        LOG.error("access log cannot be closed: {}", e.getMessage());
      }
    }
  }

  /** The listening sockets. */
  public List<Listeners.View> listenerViews() {
    return listeners.view();
  }

  List<Worker> workers() {
    return workers;
  }
}
