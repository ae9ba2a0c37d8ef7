package dev.nantian.gateway.control.kubernetes.status;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.nantian.gateway.control.kubernetes.api.ApiClient;
import dev.nantian.gateway.control.kubernetes.api.ApiException;
import dev.nantian.gateway.control.kubernetes.api.Backoff;
import dev.nantian.gateway.control.kubernetes.api.ResourcePath;
import dev.nantian.gateway.control.kubernetes.event.EventWriter;
import dev.nantian.gateway.control.source.Diagnostic;
import dev.nantian.gateway.control.source.Kind;
import dev.nantian.gateway.control.source.ResourceKey;
import dev.nantian.gateway.control.status.ObjectStatus;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.BooleanSupplier;
import java.util.random.RandomGenerator;
import org.apache.pekko.actor.typed.Behavior;
import org.apache.pekko.actor.typed.SupervisorStrategy;
import org.apache.pekko.actor.typed.javadsl.AbstractBehavior;
import org.apache.pekko.actor.typed.javadsl.ActorContext;
import org.apache.pekko.actor.typed.javadsl.Behaviors;
import org.apache.pekko.actor.typed.javadsl.Receive;
import org.apache.pekko.actor.typed.javadsl.TimerScheduler;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Brings the statuses in the API server to what the control plane has found, while this process
 * leads.
 *
 * <p>Created once by the Kubernetes backing. It knows the last status that the API server told of
 * each object, so an equal status costs no request. A write names the version that it was made
 * from: if the object has changed in between the server refuses, and it is read and merged anew. A
 * fault of ours in one message leaves the state as it is.
 */
public final class StatusWriter extends AbstractBehavior<StatusWriter.Message> {
  private static final Logger LOG = LoggerFactory.getLogger(StatusWriter.class);
  private static final ObjectMapper MAPPER =
      new ObjectMapper().setDefaultPropertyInclusion(JsonInclude.Include.NON_NULL);
  private static final String MERGE_PATCH = "application/merge-patch+json";
  private static final int MAX_IN_FLIGHT = 16;
  private static final Duration SPACING = Duration.ofMillis(200);
  // How long proxies take to confirm a listener, and a load balancer to give an address.
  private static final Duration PATIENCE = Duration.ofMillis(1500);
  // How long proxies take to find a new leader.
  private static final Duration TAKEOVER_GRACE = Duration.ofSeconds(5);
  private static final Duration TICK = Duration.ofMillis(25);

  /** What this actor understands. */
  public sealed interface Message {}

  /** What the status of an object should say. */
  public record Wanted(ObjectStatus status) implements Message {}

  /** The object is gone. */
  public record Forgotten(ResourceKey key) implements Message {}

  /** The present version of an object was refused; an empty list: it no longer is. */
  public record Refused(ResourceKey key, List<Diagnostic> problems) implements Message {}

  /**
   * What the API server holds.
   *
   * @param object with metadata and status; not changed
   */
  public record Held(ResourceKey key, ObjectNode object) implements Message {}

  /** This process has begun or ceased to lead. */
  public record Leading(boolean leading) implements Message {}

  private record Due() implements Message {}

  private record Answered(
      ResourceKey key, @Nullable JsonNode object, @Nullable Throwable failure, boolean write)
      implements Message {}

  /** Counts, for metrics; read by any thread. */
  public static final class Counts {
    private final LongAdder writes = new LongAdder();
    private final LongAdder conflicts = new LongAdder();
    private final LongAdder failures = new LongAdder();

    /** Statuses written. */
    public long writes() {
      return writes.sum();
    }

    /** Writes refused because the object had changed. */
    public long conflicts() {
      return conflicts.sum();
    }

    /** Writes that failed otherwise. */
    public long failures() {
      return failures.sum();
    }
  }

  private static final class Entry {
    private String uid = "";
    private String version = "";
    private long generation;
    private ObjectNode present = JsonNodeFactory.instance.objectNode();
    private JsonNode parentRefs = JsonNodeFactory.instance.arrayNode();
    private boolean held;
    private boolean known;
    private long wantedGeneration;
    private @Nullable JsonNode wanted;
    private List<Diagnostic> refusals = List.of();
    private boolean inFlight;
    // The status that a write under way replaces.
    private JsonNode replaced = JsonNodeFactory.instance.objectNode();
    private @Nullable Backoff backoff;
  }

  private final ApiClient api;
  private final TimerScheduler<Message> timers;
  private final BooleanSupplier maySend;
  private final StatusMerge merge;
  private final String controllerName;
  private final Counts counts;
  private final EventWriter events;
  private final StatusQueue queue = new StatusQueue(SPACING, PATIENCE);
  private final Map<ResourceKey, Entry> entries = new HashMap<>();
  private boolean leading;
  private int inFlight;

  private StatusWriter(
      ActorContext<Message> context,
      TimerScheduler<Message> timers,
      ApiClient api,
      String controllerName,
      BooleanSupplier maySend,
      Counts counts,
      EventWriter events) {
    super(context);
    this.events = events;
    this.timers = timers;
    this.api = api;
    this.controllerName = controllerName;
    this.maySend = maySend;
    this.merge = new StatusMerge(controllerName);
    this.counts = counts;
  }

  /**
   * @param maySend asked before each write, on this actor's thread: whether this process still
   *     leads for certain
   * @param events hears of every write
   */
  public static Behavior<Message> create(
      ApiClient api,
      String controllerName,
      BooleanSupplier maySend,
      Counts counts,
      EventWriter events) {
    return Behaviors.<Message>supervise(
            Behaviors.setup(
                context ->
                    Behaviors.withTimers(
                        timers ->
                            new StatusWriter(
                                context, timers, api, controllerName, maySend, counts, events))))
        .onFailure(SupervisorStrategy.resume());
  }

  /** Whether objects of a kind have a status that we write. */
  public static boolean writes(Kind kind) {
    return kind.group().contains("gateway") && kind != Kind.REFERENCE_GRANT;
  }

  @Override
  public Receive<Message> createReceive() {
    return newReceiveBuilder().onMessage(Message.class, this::on).build();
  }

  private Behavior<Message> on(Message message) {
    switch (message) {
      case Wanted(ObjectStatus status) -> wanted(status);
      case Refused(ResourceKey key, List<Diagnostic> problems) -> {
        Entry entry = entry(key);
        entry.refusals = problems;
        due(key, entry);
      }
      case Held(ResourceKey key, ObjectNode object) -> {
        Entry entry = entry(key);
        if (hold(entry, object)) {
          due(key, entry);
        }
      }
      case Forgotten(ResourceKey key) -> {
        entries.remove(key);
        queue.remove(key);
      }
      case Leading(boolean leads) -> {
        leading = leads;
        if (leads) {
          queue.takeOver(TAKEOVER_GRACE, System.nanoTime());
          entries.forEach(this::due);
        }
      }
      case Due() -> {}
      case Answered answered -> answered(answered);
    }
    send();
    return this;
  }

  // By way of text: a tree made directly has other number classes than one that was read, and the
  // two would never be equal.
  private static JsonNode tree(Object status) {
    try {
      return MAPPER.readTree(MAPPER.writeValueAsBytes(status));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private Entry entry(ResourceKey key) {
    return entries.computeIfAbsent(key, ignored -> new Entry());
  }

  private void wanted(ObjectStatus status) {
    if (!writes(status.key().kind())) {
      return;
    }
    Entry entry = entry(status.key());
    entry.known = true;
    entry.wantedGeneration = status.generation();
    entry.wanted = status.status() == null ? null : tree(status.status());
    due(status.key(), entry);
  }

  /** Takes note of what the server holds; returns whether that is news. */
  private static boolean hold(Entry entry, ObjectNode object) {
    JsonNode metadata = object.path("metadata");
    String version = metadata.path("resourceVersion").asText();
    String uid = metadata.path("uid").asText();
    if (entry.held && uid.equals(entry.uid) && older(version, entry.version)) {
      return false;
    }
    entry.held = true;
    entry.uid = uid;
    entry.version = version;
    entry.generation = metadata.path("generation").asLong();
    entry.parentRefs = object.path("spec").path("parentRefs").deepCopy();
    entry.present =
        object.get("status") instanceof ObjectNode status
            ? status
            : JsonNodeFactory.instance.objectNode();
    return true;
  }

  // Our own writes come back by the watch after later ones have been answered. Versions of one kind
  // are numbers that grow (Kubernetes, KEP-5504); of a server that has others none is older.
  private static boolean older(String version, String than) {
    try {
      return Long.parseLong(version) < Long.parseLong(than);
    } catch (NumberFormatException e) {
      return false;
    }
  }

  private void due(ResourceKey key, Entry entry) {
    queue.add(key, isPassing(entry.wanted), System.nanoTime());
  }

  /** Whether a status says that something is under way. */
  private static boolean isPassing(@Nullable JsonNode status) {
    if (status == null) {
      return false;
    }
    for (JsonNode condition : status.path("conditions")) {
      if (condition.path("type").asText().equals("Programmed")
          && condition.path("status").asText().equals("False")) {
        return switch (condition.path("reason").asText()) {
          case "Pending", "AddressNotAssigned", "AddressNotUsable" -> true;
          default -> false;
        };
      }
    }
    return false;
  }

  private void send() {
    if (leading && maySend.getAsBoolean()) {
      for (ResourceKey key : queue.take(MAX_IN_FLIGHT - inFlight, System.nanoTime())) {
        Entry entry = entries.get(key);
        if (entry != null) {
          write(key, entry);
        }
      }
    }
    if (!queue.isEmpty()) {
      timers.startSingleTimer("due", new Due(), TICK);
    }
  }

  private void write(ResourceKey key, Entry entry) {
    // A newer version is about to be translated; writing about the one before helps nobody.
    boolean behind = entry.refusals.isEmpty() && entry.generation > entry.wantedGeneration;
    if (entry.inFlight || !entry.held || (!entry.known && entry.refusals.isEmpty()) || behind) {
      return;
    }
    JsonNode wanted = entry.wanted;
    if (!entry.refusals.isEmpty()) {
      wanted = refusal(key, entry);
    }
    Optional<ObjectNode> patch = merge.patch(entry.present, wanted);
    if (patch.isEmpty()) {
      return;
    }
    ObjectNode body = JsonNodeFactory.instance.objectNode();
    body.putObject("metadata").put("resourceVersion", entry.version);
    body.set("status", patch.get());
    entry.inFlight = true;
    entry.replaced = entry.present;
    inFlight++;
    ask(
        key,
        true,
        api.send(
            "PATCH",
            ResourcePath.of(key) + "/status?fieldManager=nantian-gateway",
            MERGE_PATCH,
            body));
  }

  private @Nullable JsonNode refusal(ResourceKey key, Entry entry) {
    JsonNode status =
        RefusedStatus.of(
            key.kind(),
            entry.refusals,
            entry.generation,
            entry.wanted,
            entry.parentRefs,
            controllerName);
    return status == null ? null : tree(status);
  }

  private void ask(ResourceKey key, boolean write, CompletableFuture<JsonNode> answer) {
    getContext().pipeToSelf(answer, (object, failure) -> new Answered(key, object, failure, write));
  }

  private void answered(Answered answered) {
    inFlight--;
    Entry entry = entries.get(answered.key());
    if (entry == null) {
      return;
    }
    entry.inFlight = false;
    long now = System.nanoTime();
    if (answered.object() instanceof ObjectNode object) {
      entry.backoff = null;
      if (answered.write()) {
        counts.writes.increment();
        queue.written(answered.key(), now);
        events.statusChanged(answered.key(), entry.replaced, object);
      }
      hold(entry, object);
      due(answered.key(), entry);
      return;
    }
    Throwable failure = answered.failure();
    ApiException refused = failure == null ? null : ApiException.of(failure);
    if (refused != null && refused.conflict()) {
      counts.conflicts.increment();
      entry.inFlight = true;
      inFlight++;
      // What made the conflict may be older than the watch's news, or newer.
      ask(answered.key(), false, api.get(ResourcePath.of(answered.key())));
    } else if (refused == null || !refused.notFound()) {
      counts.failures.increment();
      Backoff backoff = entry.backoff;
      if (backoff == null) {
        backoff =
            new Backoff(
                Duration.ofMillis(200), Duration.ofSeconds(30), RandomGenerator.getDefault());
        entry.backoff = backoff;
      }
      Duration wait = backoff.next();
      if (refused != null && refused.retryAfter().compareTo(wait) > 0) {
        wait = refused.retryAfter();
      }
      // One that the server will never take must not fill the log.
      if (backoff.failures() == 3) {
        LOG.warn(
            "event=status_write_failed kind={} namespace={} name={} message=\"{}\"",
            answered.key().kind(),
            answered.key().namespace(),
            answered.key().name(),
            failure == null ? "no answer" : ApiException.line(failure));
      }
      queue.retry(answered.key(), wait, now);
    }
  }
}
