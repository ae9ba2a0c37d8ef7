package dev.nantian.gateway.proxy.loop;

import com.typesafe.config.Config;
import com.typesafe.config.ConfigFactory;
import io.netty.channel.EventLoop;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.ThreadFactory;
import java.util.concurrent.atomic.AtomicLong;
import org.apache.pekko.dispatch.DispatcherPrerequisites;
import org.apache.pekko.dispatch.ExecutorServiceConfigurator;
import org.apache.pekko.dispatch.ExecutorServiceFactory;

/**
 * Ties Pekko dispatchers {@code nantian.proxy.loop-N} to event loops.
 *
 * <p>Dispatchers are part of an ActorSystem's configuration, loops start after it: whoever makes
 * the ActorSystem merges {@link #config}, which carries a key, and {@link EventLoops#start} leaves
 * its loops under that key for the dispatchers to find when the first stream is materialised.
 */
public final class LoopDispatchers {
  private static final String KEY = "nantian.proxy.loop-dispatchers.key";
  private static final String COUNT = "nantian.proxy.loop-dispatchers.count";
  private static final AtomicLong KEYS = new AtomicLong();
  private static final Map<String, List<EventLoop>> STARTED = new ConcurrentHashMap<>();

  private LoopDispatchers() {}

  /** The configuration of the dispatchers for {@code loops} loops, for one ActorSystem. */
  public static Config config(int loops) {
    String key = "loops-" + KEYS.incrementAndGet();
    Map<String, Object> values = new LinkedHashMap<>();
    values.put(KEY, key);
    values.put(COUNT, loops);
    for (int i = 0; i < loops; i++) {
      values.put(
          id(i),
          Map.of(
              "type",
              "Dispatcher",
              "executor",
              Configurator.class.getName(),
              "loop-key",
              key,
              "loop-index",
              i,
              // One run of a graph takes all elements that are waiting.
              "throughput",
              100,
              "mailbox-type",
              "org.apache.pekko.dispatch.SingleConsumerOnlyUnboundedMailbox"));
    }
    return ConfigFactory.parseMap(values, "event loops as dispatchers");
  }

  /** Name of the dispatcher that is loop {@code index}. */
  public static String id(int index) {
    return "nantian.proxy.loop-" + index;
  }

  /** How many loops the ActorSystem's configuration was made for. */
  static int count(Config systemConfig) {
    if (!systemConfig.hasPath(COUNT)) {
      throw new IllegalStateException(
          "the ActorSystem's configuration lacks " + COUNT + " (merge LoopDispatchers.config)");
    }
    return systemConfig.getInt(COUNT);
  }

  static void started(Config systemConfig, List<EventLoop> loops) {
    if (STARTED.putIfAbsent(systemConfig.getString(KEY), List.copyOf(loops)) != null) {
      throw new IllegalStateException("event loops already started for this ActorSystem");
    }
  }

  static void stopped(Config systemConfig) {
    STARTED.remove(systemConfig.getString(KEY));
  }

  /** Made by Pekko, by name, for each {@code loop-N} dispatcher. */
  public static final class Configurator extends ExecutorServiceConfigurator {
    private final String key;
    private final int index;

    public Configurator(Config config, DispatcherPrerequisites prerequisites) {
      super(config, prerequisites);
      this.key = config.getString("loop-key");
      this.index = config.getInt("loop-index");
    }

    @Override
    public ExecutorServiceFactory createExecutorServiceFactory(
        String id, ThreadFactory threadFactory) {
      return new ExecutorServiceFactory() {
        @Override
        public ExecutorService createExecutorService() {
          List<EventLoop> loops = STARTED.get(key);
          if (loops == null) {
            throw new IllegalStateException("dispatcher " + id + ": event loops are not started");
          }
          return new LoopExecutor(loops.get(index));
        }
      };
    }
  }
}
