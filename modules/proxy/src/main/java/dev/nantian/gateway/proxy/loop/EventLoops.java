package dev.nantian.gateway.proxy.loop;

import com.typesafe.config.Config;
import io.netty.channel.EventLoop;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.util.concurrent.DefaultThreadFactory;
import io.netty.util.concurrent.EventExecutor;
import io.netty.util.concurrent.Future;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.TimeUnit;

/**
 * The event loops of a data plane, each one thread, and the dispatchers of an ActorSystem that are
 * these loops.
 *
 * <p>Thread-safe. Stop it after every stream on it has ended and before the ActorSystem.
 */
public final class EventLoops {
  private final Config systemConfig;
  private final Transport transport;
  private final MultiThreadIoEventLoopGroup group;
  private final List<EventLoop> loops;

  private EventLoops(Config systemConfig, Transport transport, MultiThreadIoEventLoopGroup group) {
    this.systemConfig = systemConfig;
    this.transport = transport;
    this.group = group;
    List<EventLoop> all = new ArrayList<>();
    for (EventExecutor executor : group) {
      all.add((EventLoop) executor);
    }
    this.loops = List.copyOf(all);
  }

  /**
   * Starts as many loops as the ActorSystem's configuration has dispatchers for.
   *
   * @param systemConfig an ActorSystem's configuration, with {@link LoopDispatchers#config} in it
   */
  public static EventLoops start(Config systemConfig, TransportChoice choice) {
    int count = LoopDispatchers.count(systemConfig);
    Transport transport = Transport.choose(choice);
    var group =
        new MultiThreadIoEventLoopGroup(
            count, new DefaultThreadFactory("proxy-loop"), transport.ioHandlers().get());
    EventLoops started = new EventLoops(systemConfig, transport, group);
    LoopDispatchers.started(systemConfig, started.loops);
    return started;
  }

  /** The loops; the index is that of {@link LoopDispatchers#id}. */
  public List<EventLoop> loops() {
    return loops;
  }

  /** All loops as a group that hands channels round. */
  public EventLoopGroup group() {
    return group;
  }

  public Transport transport() {
    return transport;
  }

  /** Stops the loops; what is still open is closed. Completes when their threads have ended. */
  public CompletionStage<Void> stop() {
    CompletableFuture<Void> done = new CompletableFuture<>();
    var unused =
        group
            .shutdownGracefully(0, 5, TimeUnit.SECONDS)
            .addListener(
                (Future<Object> ignored) -> {
                  LoopDispatchers.stopped(systemConfig);
                  done.complete(null);
                });
    return done;
  }
}
