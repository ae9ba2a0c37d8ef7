package dev.nantian.gateway.control.source.kubernetes;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.nantian.gateway.control.kubernetes.api.ApiClient;
import dev.nantian.gateway.control.kubernetes.api.ObjectObserver;
import dev.nantian.gateway.control.source.Kind;
import dev.nantian.gateway.control.source.ResourceKey;
import dev.nantian.gateway.control.source.ResourceSource;
import dev.nantian.gateway.control.source.SourceEvent;
import java.time.Duration;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executors;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledExecutorService;
import java.util.function.Consumer;
import java.util.random.RandomGenerator;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Watches every {@link Kind} of an API server.
 *
 * <p>{@link SourceEvent.Synced} follows when each kind has been listed or is known not to exist. A
 * server that cannot be reached only delays that: it is asked until it answers. A kind that may not
 * be read delays it too if serving without would be wrong, such as Secrets, whose certificates
 * would be taken away from proxies that have them; the others are done without until they may be
 * read.
 */
public final class KubernetesSource implements ResourceSource {
  private static final Logger LOG = LoggerFactory.getLogger(KubernetesSource.class);

  private final ApiClient api;
  private final List<ObjectObserver> observers;
  private final ScheduledExecutorService thread;
  private final List<KindWatch> watches = new ArrayList<>();
  private final Set<Kind> unlisted = ConcurrentHashMap.newKeySet();
  private final Map<Kind, String> forbidden = new ConcurrentHashMap<>();
  private final Duration belief;
  private final Set<ResourceKey> refused = new HashSet<>();
  private volatile boolean closed;

  /**
   * @param api not closed by this source
   * @param observers see whole objects
   */
  public KubernetesSource(ApiClient api, List<ObjectObserver> observers) {
    this(api, observers, KindWatch.ABSENCE_BELIEVED);
  }

  KubernetesSource(ApiClient api, List<ObjectObserver> observers, Duration belief) {
    this.api = api;
    this.belief = belief;
    unlisted.addAll(EnumSet.allOf(Kind.class));
    this.observers = List.copyOf(observers);
    this.thread =
        Executors.newSingleThreadScheduledExecutor(
            Thread.ofPlatform().name("kubernetes-source").daemon().factory());
  }

  @Override
  public void start(Consumer<SourceEvent> sink) {
    Consumer<SourceEvent> open =
        event -> {
          if (!closed) {
            sink.accept(event);
          }
        };
    for (Kind kind : Kind.values()) {
      watches.add(
          new KindWatch(
              kind, api, thread, RandomGenerator.getDefault(), belief, new Told(kind, open)));
    }
    LOG.info("event=source_started server={}", api.server());
    thread.execute(() -> watches.forEach(KindWatch::start));
  }

  @Override
  public List<String> missing() {
    return unlisted.stream()
        .sorted()
        .map(kind -> kind + ": " + forbidden.getOrDefault(kind, "not listed yet"))
        .toList();
  }

  @Override
  public void close() {
    if (closed) {
      return;
    }
    closed = true;
    try {
      thread.execute(() -> watches.forEach(KindWatch::close));
    } catch (RejectedExecutionException e) {
      LOG.debug("event=closed_twice");
    }
    thread.shutdown();
  }

  /** Turns what is told of one kind into events. */
  private final class Told implements KindWatch.Listener {
    private final Kind kind;
    private final Consumer<SourceEvent> sink;

    private Told(Kind kind, Consumer<SourceEvent> sink) {
      this.kind = kind;
      this.sink = sink;
    }

    @Override
    public void present(ResourceKey key, ObjectNode object) {
      observers.forEach(observer -> observer.present(key, object));
      switch (ApiObjects.read(key, object)) {
        case ApiObjects.Outcome.Good(var good) -> {
          recovered(key);
          sink.accept(new SourceEvent.Applied(good));
        }
        case ApiObjects.Outcome.Bad(var problems) -> {
          refused.add(key);
          sink.accept(new SourceEvent.Rejected(key.toString(), problems));
        }
      }
    }

    @Override
    public void absent(ResourceKey key) {
      observers.forEach(observer -> observer.absent(key));
      recovered(key);
      sink.accept(new SourceEvent.Deleted(key));
    }

    private void recovered(ResourceKey key) {
      if (refused.remove(key)) {
        sink.accept(new SourceEvent.Recovered(key.toString()));
      }
    }

    @Override
    public void forbidden(String message) {
      if (message.isEmpty()) {
        forbidden.remove(kind);
      } else {
        forbidden.put(kind, message);
      }
    }

    @Override
    public void listed() {
      if (unlisted.remove(kind) && unlisted.isEmpty()) {
        LOG.info("event=source_synced server={}", api.server());
        sink.accept(new SourceEvent.Synced());
      } else if (LOG.isDebugEnabled()) {
        LOG.debug("event=kind_listed kind={} waiting={}", kind, unlisted);
      }
    }
  }
}
