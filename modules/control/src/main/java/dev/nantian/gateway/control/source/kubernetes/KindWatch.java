package dev.nantian.gateway.control.source.kubernetes;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.nantian.gateway.control.kubernetes.api.ApiClient;
import dev.nantian.gateway.control.kubernetes.api.ApiException;
import dev.nantian.gateway.control.kubernetes.api.Backoff;
import dev.nantian.gateway.control.kubernetes.api.WatchCall;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Future;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * All objects of one kind: listed in pages, then watched from the version of the list.
 *
 * <pre>
 *   list ──pages──► watch ──ends, breaks──► watch again from the last version seen
 *    ▲ ▲              │
 *    │ └── 410 Gone ──┘      (the server no longer keeps that version)
 *    ├── 404: no such kind yet; asked again until its definition is installed
 *    └── 403: it may not be read; asked again until it may
 * </pre>
 *
 * <p>A second list tells only what differs from what is known, so nothing is lost and nothing told
 * twice, however long the server was away. Every attempt after a failure waits, ever longer. All
 * state belongs to one thread, on which answers are taken too.
 *
 * @see <a href="https://kubernetes.io/docs/reference/using-api/api-concepts/">Kubernetes API
 *     concepts, "Efficient detection of changes"</a>
 */
final class KindWatch {
  private static final Logger LOG = LoggerFactory.getLogger(KindWatch.class);
  private static final int PAGE = 500;
  private static final Duration FIRST_WAIT = Duration.ofMillis(200);
  // Longer would be kinder to a server that is down, and slower to notice that it is back.
  private static final Duration LONGEST_WAIT = Duration.ofSeconds(5);
  // A connection that is dead without a word is noticed when the server should have ended the
  // watch: no change stays unseen for longer than this.
  private static final int WATCH_SECONDS = 75;
  private static final Duration WATCH_GRACE = Duration.ofSeconds(15);

  /**
   * A server that is just starting may not know the kind of objects that it holds, or the rights.
   */
  static final Duration ABSENCE_BELIEVED = Duration.ofSeconds(15);

  /** What is told of a kind, on the source's thread. */
  interface Listener {
    void present(Name name, ObjectNode object);

    void absent(Name name);

    /** The first list is complete, or the kind does not exist or is done without. Called once. */
    void listed();

    /**
     * Reading the kind is not permitted, or now is.
     *
     * @param message the server's words; empty if it is permitted
     */
    void forbidden(String message);
  }

  /** An object's name; the namespace is empty if its kind has none. */
  record Name(String namespace, String name) {}

  private final WatchedKind kind;
  private final ApiClient api;
  private final ScheduledExecutorService thread;
  private final Listener listener;
  private final RandomGenerator random;
  private final Backoff backoff;
  private final Duration belief;
  private final Map<Name, String> versions = new HashMap<>();
  private int apiVersion;
  private String resourceVersion = "";
  private boolean listed;
  private boolean failing;
  private boolean closed;
  private long absentSinceNanos;
  private boolean absent;
  private boolean forbidden;
  private long forbiddenSinceNanos;
  private @Nullable WatchCall watch;

  /**
   * @param belief how long an answer that a kind is not there or may not be read must stand before
   *     it is believed
   */
  KindWatch(
      WatchedKind kind,
      ApiClient api,
      ScheduledExecutorService thread,
      RandomGenerator random,
      Duration belief,
      Listener listener) {
    this.kind = kind;
    this.belief = belief;
    this.api = api;
    this.thread = thread;
    this.listener = listener;
    this.random = random;
    this.backoff = new Backoff(FIRST_WAIT, LONGEST_WAIT, random);
  }

  void start() {
    page(new HashMap<>(), "");
  }

  /** Ends it; call on the thread. */
  void close() {
    closed = true;
    WatchCall open = watch;
    if (open != null) {
      open.cancel().run();
    }
  }

  private String path() {
    return kind.paths().get(apiVersion);
  }

  private String selector() {
    return kind.fieldSelector().isEmpty()
        ? ""
        : "&fieldSelector=" + URLEncoder.encode(kind.fieldSelector(), StandardCharsets.UTF_8);
  }

  /**
   * @param seen versions of the pages before
   * @param token where the next page begins, empty for the first
   */
  private void page(Map<Name, String> seen, String token) {
    if (closed) {
      return;
    }
    String query =
        "?limit="
            + PAGE
            + selector()
            + (token.isEmpty()
                ? ""
                : "&continue=" + URLEncoder.encode(token, StandardCharsets.UTF_8));
    on(
        api.get(path() + query).handle(Answer::new),
        answer -> {
          if (answer.failure != null) {
            listFailed(answer.failure);
          } else if (answer.body != null) {
            page(seen, answer.body);
          }
        });
  }

  private record Answer(@Nullable JsonNode body, @Nullable Throwable failure) {}

  private void page(Map<Name, String> seen, JsonNode list) {
    absent = false;
    for (JsonNode item : list.path("items")) {
      if (item instanceof ObjectNode object) {
        seen.put(key(object), version(object));
        present(object);
      }
    }
    String token = list.path("metadata").path("continue").asText("");
    if (!token.isEmpty()) {
      page(seen, token);
      return;
    }
    Set<Name> gone = new HashSet<>(versions.keySet());
    gone.removeAll(seen.keySet());
    gone.forEach(this::gone);
    resourceVersion = list.path("metadata").path("resourceVersion").asText("");
    succeeded();
    reportListed();
    watch();
  }

  private void listFailed(Throwable failure) {
    ApiException refused = ApiException.of(failure);
    if (refused != null && refused.notFound()) {
      if (apiVersion + 1 < kind.paths().size()) {
        apiVersion++;
        page(new HashMap<>(), "");
        return;
      }
      apiVersion = 0;
      notThere();
      return;
    }
    if (refused != null && refused.code() == 403) {
      forbidden(refused);
      return;
    }
    // An expired continuation begins anew like everything else.
    failed("list", failure);
    var _ = later(wait(refused), this::start);
  }

  private Duration wait(@Nullable ApiException refused) {
    Duration own = backoff.next();
    return refused == null || refused.retryAfter().compareTo(own) < 0 ? own : refused.retryAfter();
  }

  private void notThere() {
    if (!absent) {
      absent = true;
      absentSinceNanos = System.nanoTime();
      if (!listed || !versions.isEmpty()) {
        LOG.info(
            "event=kind_absent kind={} message=\"the API server does not know {}; it is asked again\"",
            kind,
            path());
      }
    }
    if (!versions.isEmpty() && System.nanoTime() - absentSinceNanos >= belief.toNanos()) {
      Set.copyOf(versions.keySet()).forEach(this::gone);
    }
    if (versions.isEmpty()) {
      reportListed();
    }
    var _ = later(Duration.ofMillis(2000 + random.nextLong(1000)), this::start);
  }

  // What is known of the kind stays in force. Rights may be on their way, or have been forgotten.
  private void forbidden(ApiException refused) {
    if (!forbidden) {
      forbidden = true;
      forbiddenSinceNanos = System.nanoTime();
      LOG.warn(
          "event=kind_forbidden kind={} path={} message=\"{}\"",
          kind,
          path(),
          ApiException.line(refused)
              + " (expected the rights to get, list and watch it; "
              + (kind.dispensable()
                  ? "objects of this kind are not served until then)"
                  : listed
                      ? "what is known of it stays in force until then)"
                      : "nothing new is served until then)"));
      listener.forbidden(ApiException.line(refused));
    }
    if (kind.dispensable() && System.nanoTime() - forbiddenSinceNanos >= belief.toNanos()) {
      reportListed();
    }
    var _ = later(wait(refused), this::start);
  }

  private void reportListed() {
    if (!listed) {
      listed = true;
      listener.listed();
    }
  }

  private void watch() {
    if (closed) {
      return;
    }
    int seconds = WATCH_SECONDS / 2 + random.nextInt(WATCH_SECONDS / 2);
    long begun = System.nanoTime();
    WatchCall call =
        api.watch(
            path()
                + "?watch=1&allowWatchBookmarks=true&resourceVersion="
                + resourceVersion
                + "&timeoutSeconds="
                + seconds
                + selector(),
            this::execute,
            this::event);
    watch = call;
    Future<?> overdue = later(WATCH_GRACE.plusSeconds(seconds), () -> call.cancel().run());
    on(
        call.ended().handle((done, failure) -> new Answer(null, failure)),
        answer -> {
          overdue.cancel(false);
          watchEnded(answer.failure, System.nanoTime() - begun);
        });
  }

  private void watchEnded(@Nullable Throwable failure, long lastedNanos) {
    watch = null;
    if (closed) {
      return;
    }
    ApiException refused = failure == null ? null : ApiException.of(failure);
    if (refused != null && (refused.gone() || refused.notFound())) {
      LOG.info("event=list_again kind={} code={}", kind, refused.code());
      var _ = later(Duration.ofMillis(random.nextLong(200)), this::start);
    } else if (failure == null && lastedNanos > TimeUnit.SECONDS.toNanos(5)) {
      succeeded();
      watch();
    } else {
      if (failure != null) {
        failed("watch", failure);
      }
      var _ = later(wait(refused), this::watch);
    }
  }

  private void event(JsonNode event) {
    if (closed) {
      return;
    }
    JsonNode object = event.path("object");
    String version = object.path("metadata").path("resourceVersion").asText("");
    switch (event.path("type").asText()) {
      case "ADDED", "MODIFIED" -> present((ObjectNode) object);
      case "DELETED" -> gone(key(object));
      case "BOOKMARK" -> {}
      case "ERROR" ->
          throw new ApiException(
              object.path("code").asInt(500),
              object.path("message").asText("the watch ended"),
              Duration.ZERO);
      default -> LOG.warn("event=unknown_watch_event kind={} type={}", kind, event.path("type"));
    }
    if (!version.isEmpty()) {
      resourceVersion = version;
    }
    succeeded();
  }

  private void present(ObjectNode object) {
    Name key = key(object);
    String version = version(object);
    if (!version.equals(versions.put(key, version))) {
      listener.present(key, object);
    }
  }

  private void gone(Name key) {
    if (versions.remove(key) != null) {
      listener.absent(key);
    }
  }

  private static Name key(JsonNode object) {
    JsonNode metadata = object.path("metadata");
    return new Name(metadata.path("namespace").asText(), metadata.path("name").asText());
  }

  private static String version(JsonNode object) {
    return object.path("metadata").path("resourceVersion").asText();
  }

  private void succeeded() {
    backoff.reset();
    if (forbidden) {
      forbidden = false;
      LOG.info("event=kind_permitted kind={}", kind);
      listener.forbidden("");
    }
    if (failing) {
      failing = false;
      LOG.info("event=api_server_back kind={}", kind);
    }
  }

  /** Says so once until it works again. */
  private void failed(String what, Throwable failure) {
    if (!failing && (backoff.failures() > 0 || ApiException.of(failure) != null)) {
      failing = true;
      LOG.warn(
          "event=api_server_failed kind={} call={} path={} message=\"{}\"",
          kind,
          what,
          path(),
          ApiException.line(failure));
    }
  }

  private <T> void on(CompletableFuture<T> future, Consumer<T> next) {
    var _ = future.thenAccept(answer -> execute(() -> next.accept(answer)));
  }

  private Future<?> later(Duration wait, Runnable step) {
    if (!closed) {
      try {
        return thread.schedule(guarded(step), wait.toMillis(), TimeUnit.MILLISECONDS);
      } catch (RejectedExecutionException e) {
        closed = true;
      }
    }
    return CompletableFuture.completedFuture(null);
  }

  private void execute(Runnable step) {
    try {
      thread.execute(guarded(step));
    } catch (RejectedExecutionException e) {
      // The source was closed in the meantime.
      LOG.debug("event=after_close kind={}", kind);
    }
  }

  /** A fault of ours in one step must not end the kind: it is listed again. */
  private Runnable guarded(Runnable step) {
    return () -> {
      try {
        step.run();
      } catch (RuntimeException e) {
        LOG.error("event=step_failed kind={}", kind, e);
        var _ = later(backoff.next(), this::start);
      }
    };
  }
}
