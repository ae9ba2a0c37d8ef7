package dev.nantian.gateway.proxy.pipeline;

import dev.nantian.gateway.proxy.filter.FilterLoop;
import dev.nantian.gateway.proxy.log.AccessLog;
import dev.nantian.gateway.proxy.log.LoopAccessLog;
import dev.nantian.gateway.proxy.loop.DeadlineWheel;
import dev.nantian.gateway.proxy.metrics.LoopMetrics;
import dev.nantian.gateway.proxy.upstream.UpstreamPools;
import io.netty.channel.EventLoop;
import java.util.ArrayDeque;
import org.jspecify.annotations.Nullable;

/**
 * What one event loop owns and shares with no other: pools, timers, counters, spare exchanges.
 *
 * <p>Touched by its event loop only.
 */
public final class Worker {
  private static final int MAX_SPARE = 1024;

  private final int index;
  private final EventLoop loop;
  private final DeadlineWheel wheel;
  private final UpstreamPools pools;
  private final LoopMetrics metrics;
  private final ForwardingSettings forwarding;
  private final int maxRequests;
  private final @Nullable LoopAccessLog accessLog;
  private final RequestIds requestIds = new RequestIds();
  private volatile boolean memoryShort;
  private final FilterLoop filterLoop;
  private final ArrayDeque<Exchange> spare = new ArrayDeque<>();

  /**
   * @param maxRequests requests in flight on this loop at most; more get 503
   * @param accessLog null for none
   */
  public Worker(
      int index,
      EventLoop loop,
      DeadlineWheel wheel,
      UpstreamPools pools,
      LoopMetrics metrics,
      ForwardingSettings forwarding,
      int maxRequests,
      @Nullable AccessLog accessLog) {
    this.index = index;
    this.loop = loop;
    this.wheel = wheel;
    this.pools = pools;
    this.metrics = metrics;
    this.forwarding = forwarding;
    this.maxRequests = maxRequests;
    this.accessLog = accessLog == null ? null : accessLog.forLoop(wheel);
    this.filterLoop =
        new LoopForFilters(
            index, new UpstreamCalls(pools, wheel), new SideCopies(pools, wheel, metrics));
  }

  public int index() {
    return index;
  }

  public EventLoop loop() {
    return loop;
  }

  public DeadlineWheel wheel() {
    return wheel;
  }

  public UpstreamPools pools() {
    return pools;
  }

  public LoopMetrics metrics() {
    return metrics;
  }

  public ForwardingSettings forwarding() {
    return forwarding;
  }

  FilterLoop filterLoop() {
    return filterLoop;
  }

  RequestIds requestIds() {
    return requestIds;
  }

  @Nullable LoopAccessLog accessLog() {
    return accessLog;
  }

  /** Why no further request can be taken in now; null if one can. Counts the refusal. */
  @Nullable LocalAnswer overload() {
    if (memoryShort) {
      metrics.shed(true);
      return LocalAnswer.MEMORY_SHORT;
    }
    if (metrics.requestsActive() > maxRequests) {
      metrics.shed(false);
      return LocalAnswer.OVERLOADED;
    }
    return null;
  }

  /** Says whether buffers are so short that requests must be shed. Any thread. */
  public void memoryShort(boolean isShort) {
    memoryShort = isShort;
  }

  /** An exchange to fill: a spare one saves about 3 KiB of garbage for each request. */
  public Exchange takeExchange() {
    Exchange exchange = spare.pollLast();
    return exchange == null ? new Exchange(this) : exchange;
  }

  /** Takes back an exchange that nothing refers to any more. */
  public void giveBack(Exchange exchange) {
    if (spare.size() < MAX_SPARE) {
      spare.addLast(exchange);
    }
  }
}
