package dev.nantian.gateway.control.status;

import dev.nantian.gateway.control.mailbox.CountedBehavior;
import dev.nantian.gateway.control.mailbox.Mailbox;
import dev.nantian.gateway.control.source.Diagnostic;
import dev.nantian.gateway.control.source.ResourceKey;
import java.time.Clock;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicInteger;
import org.apache.pekko.actor.typed.Behavior;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Keeps the status and the problems of every object, and those of what the source refused. Created
 * once by the control plane; after a crash it goes on with the state it has.
 *
 * <p>Problems are logged when they appear and when they go. While the source is read for the first
 * time nothing is logged: most references do not resolve until both ends are there.
 */
public final class StatusActor extends CountedBehavior<StatusActor.Message> {
  private static final Logger LOG = LoggerFactory.getLogger(StatusActor.class);

  /** What this actor understands. */
  public sealed interface Message {}

  /**
   * The present status of an object; replaces the earlier one.
   *
   * @param status empty if there is none of ours to write
   */
  public record Put(
      ResourceKey key, long generation, Optional<Object> status, List<Diagnostic> problems)
      implements Message {}

  /** The object is gone. */
  public record Forget(ResourceKey key) implements Message {}

  /**
   * All that the source has to say of a file; an empty list means nothing.
   *
   * @param kept objects in force in a version that the file held before it could no longer be read
   */
  public record Subject(String subject, List<Diagnostic> diagnostics, Set<ResourceKey> kept)
      implements Message {}

  /** The first complete state is reached: log what is wrong, and from now on what changes. */
  public record Settled() implements Message {}

  /** Asks for the statuses of all objects that have one, or a problem. */
  public record Read(CompletableFuture<List<ObjectStatus>> reply) implements Message {}

  /** Asks for one status. */
  public record ReadOne(ResourceKey key, CompletableFuture<Optional<ObjectStatus>> reply)
      implements Message {}

  /** Asks for everything that is wrong, the source's first, then by object. */
  public record ReadDiagnostics(CompletableFuture<List<Diagnostic>> reply) implements Message {}

  private final Clock clock;
  private final AtomicInteger sourceErrors;
  private final StatusSink sink;
  private final Map<ResourceKey, ObjectStatus> objects = new TreeMap<>();
  private final Refusals refusals = new Refusals();
  private final Set<Diagnostic> logged = new HashSet<>();
  private boolean settled;

  /**
   * @param sourceErrors set to the number of errors that the source reports, for metrics
   * @param sink hears of every change
   */
  public StatusActor(
      Mailbox<Message> self, Clock clock, AtomicInteger sourceErrors, StatusSink sink) {
    super(self);
    this.sink = sink;
    this.clock = clock;
    this.sourceErrors = sourceErrors;
  }

  @Override
  protected Behavior<Message> onMessage(Message message) {
    switch (message) {
      case Put put -> put(put);
      case Forget(ResourceKey key) -> {
        ObjectStatus gone = objects.remove(key);
        sink.forget(key);
        log(gone == null ? List.of() : gone.problems(), List.of());
      }
      case Subject(String subject, List<Diagnostic> diagnostics, Set<ResourceKey> kept) -> {
        List<Diagnostic> before = refusals.put(subject, diagnostics, kept, clock.instant());
        sourceErrors.set(refusals.errors());
        tellRefused(before, diagnostics);
        log(before, diagnostics);
      }
      case Settled() -> {
        settled = true;
        log(List.of(), diagnostics());
      }
      case Read(CompletableFuture<List<ObjectStatus>> reply) -> reply.complete(statuses());
      case ReadOne(ResourceKey key, CompletableFuture<Optional<ObjectStatus>> reply) ->
          reply.complete(
              Optional.ofNullable(refusals.join(key, objects.get(key), clock.instant())));
      case ReadDiagnostics(CompletableFuture<List<Diagnostic>> reply) ->
          reply.complete(diagnostics());
    }
    return this;
  }

  private void put(Put put) {
    @Nullable ObjectStatus before = objects.get(put.key());
    @Nullable Object status =
        put.status()
            .map(
                unstamped ->
                    TransitionTimes.stamp(
                        before == null ? null : before.status(), unstamped, clock.instant()))
            .orElse(null);
    ObjectStatus after =
        new ObjectStatus(put.key(), put.generation(), status, put.problems(), clock.instant());
    objects.put(put.key(), after);
    sink.put(after);
    log(before == null ? List.of() : before.problems(), after.problems());
  }

  private void tellRefused(List<Diagnostic> before, List<Diagnostic> after) {
    Map<ResourceKey, List<Diagnostic>> now = new HashMap<>();
    for (Diagnostic diagnostic : before) {
      if (diagnostic.object() != null) {
        now.put(diagnostic.object(), List.of());
      }
    }
    for (Diagnostic diagnostic : after) {
      if (diagnostic.object() != null && diagnostic.severity() == Diagnostic.Severity.ERROR) {
        List<Diagnostic> problems =
            new ArrayList<>(now.getOrDefault(diagnostic.object(), List.of()));
        problems.add(diagnostic);
        now.put(diagnostic.object(), problems);
      }
    }
    now.forEach(sink::refused);
  }

  private List<ObjectStatus> statuses() {
    Set<ResourceKey> keys = new TreeSet<>(objects.keySet());
    keys.addAll(refusals.objects());
    List<ObjectStatus> statuses = new ArrayList<>();
    for (ResourceKey key : keys) {
      @Nullable ObjectStatus status = refusals.join(key, objects.get(key), clock.instant());
      if (status != null && (status.status() != null || !status.problems().isEmpty())) {
        statuses.add(status);
      }
    }
    return statuses;
  }

  private List<Diagnostic> diagnostics() {
    List<Diagnostic> all = new ArrayList<>(refusals.all());
    objects.values().forEach(status -> all.addAll(status.problems()));
    return all;
  }

  private void log(List<Diagnostic> before, List<Diagnostic> after) {
    if (!settled) {
      return;
    }
    for (Diagnostic problem : new LinkedHashSet<>(after)) {
      if (logged.add(problem)) {
        switch (problem.severity()) {
          case ERROR, WARNING -> LOG.warn("event=problem {}", keyValues(problem));
          case INFO -> LOG.info("event=notice {}", keyValues(problem));
        }
      }
    }
    for (Diagnostic problem : before) {
      if (!after.contains(problem) && logged.remove(problem)) {
        LOG.info("event=problem_solved {}", keyValues(problem));
      }
    }
  }

  private static String keyValues(Diagnostic problem) {
    ResourceKey key = problem.object();
    return (key == null
            ? ""
            : "kind=" + key.kind() + " namespace=" + key.namespace() + " name=" + key.name() + " ")
        + (problem.place() == null ? "" : "at=" + problem.place() + " ")
        + (problem.fieldPath().isEmpty() ? "" : "field=" + problem.fieldPath() + " ")
        + "message=\""
        + problem.message().replace("\"", "'")
        + "\"";
  }
}
