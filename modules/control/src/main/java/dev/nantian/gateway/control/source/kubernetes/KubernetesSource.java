package dev.nantian.gateway.control.source.kubernetes;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.nantian.gateway.control.kubernetes.api.ApiClient;
import dev.nantian.gateway.control.kubernetes.api.NodeObserver;
import dev.nantian.gateway.control.kubernetes.api.ObjectObserver;
import dev.nantian.gateway.control.source.Kind;
import dev.nantian.gateway.control.source.ResourceKey;
import dev.nantian.gateway.control.source.ResourceSource;
import dev.nantian.gateway.control.source.SourceEvent;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
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
 * Watches every {@link Kind} of an API server, and its Nodes if somebody wants to know of them.
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
  private final List<WatchedKind> kinds = new ArrayList<>();
  private final Set<WatchedKind> unlisted = ConcurrentHashMap.newKeySet();
  private final Map<WatchedKind, String> forbidden = new ConcurrentHashMap<>();
  private final Optional<NodeObserver> nodes;
  private final Duration belief;
  private final Set<ResourceKey> refused = new HashSet<>();
  private volatile boolean closed;

  /**
   * @param api not closed by this source
   * @param observers see whole objects
   * @param nodes sees the cluster's Nodes; empty: they are not asked for
   */
  public KubernetesSource(
      ApiClient api, List<ObjectObserver> observers, Optional<NodeObserver> nodes) {
    this(api, observers, nodes, KindWatch.ABSENCE_BELIEVED);
  }

  KubernetesSource(
      ApiClient api,
      List<ObjectObserver> observers,
      Optional<NodeObserver> nodes,
      Duration belief) {
    this.api = api;
    this.belief = belief;
    this.nodes = nodes;
    for (Kind kind : Kind.values()) {
      kinds.add(WatchedKind.of(kind));
    }
    nodes.ifPresent(observer -> kinds.add(WatchedKind.NODES));
    unlisted.addAll(kinds);
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
      watch(WatchedKind.of(kind), new ToldOfObjects(kind, WatchedKind.of(kind), open));
    }
    nodes.ifPresent(observer -> watch(WatchedKind.NODES, new ToldOfNodes(observer, open)));
    LOG.info("event=source_started server={}", api.server());
    thread.execute(() -> watches.forEach(KindWatch::start));
  }

  private void watch(WatchedKind kind, KindWatch.Listener listener) {
    watches.add(new KindWatch(kind, api, thread, RandomGenerator.getDefault(), belief, listener));
  }

  @Override
  public List<String> missing() {
    return kinds.stream()
        .filter(unlisted::contains)
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

  /** How far the reading of one kind is. */
  private abstract class Told implements KindWatch.Listener {
    private final WatchedKind kind;
    final Consumer<SourceEvent> sink;

    private Told(WatchedKind kind, Consumer<SourceEvent> sink) {
      this.kind = kind;
      this.sink = sink;
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

  /** Turns what is told of one kind into events. */
  private final class ToldOfObjects extends Told {
    private final Kind kind;

    private ToldOfObjects(Kind kind, WatchedKind watched, Consumer<SourceEvent> sink) {
      super(watched, sink);
      this.kind = kind;
    }

    private ResourceKey key(KindWatch.Name name) {
      return new ResourceKey(kind, kind.namespaced() ? name.namespace() : "", name.name());
    }

    @Override
    public void present(KindWatch.Name name, ObjectNode object) {
      ResourceKey key = key(name);
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
    public void absent(KindWatch.Name name) {
      ResourceKey key = key(name);
      observers.forEach(observer -> observer.absent(key));
      recovered(key);
      sink.accept(new SourceEvent.Deleted(key));
    }

    private void recovered(ResourceKey key) {
      if (refused.remove(key)) {
        sink.accept(new SourceEvent.Recovered(key.toString()));
      }
    }
  }

  /** Nodes are no objects of the configuration: only their observer learns of them. */
  private final class ToldOfNodes extends Told {
    private final NodeObserver observer;

    private ToldOfNodes(NodeObserver observer, Consumer<SourceEvent> sink) {
      super(WatchedKind.NODES, sink);
      this.observer = observer;
    }

    @Override
    public void present(KindWatch.Name name, ObjectNode node) {
      observer.nodePresent(name.name(), node);
    }

    @Override
    public void absent(KindWatch.Name name) {
      observer.nodeAbsent(name.name());
    }
  }
}
