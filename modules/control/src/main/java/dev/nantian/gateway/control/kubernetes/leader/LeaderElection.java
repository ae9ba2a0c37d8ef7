package dev.nantian.gateway.control.kubernetes.leader;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.nantian.gateway.control.kubernetes.api.ApiClient;
import dev.nantian.gateway.control.kubernetes.api.ApiException;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executors;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Holds a Lease, or waits for it.
 *
 * <p>The holder renews every {@code duration / 4}; the others look as often and take it when it has
 * not changed for {@code duration}, or at once when its holder let it go. A holder that cannot
 * renew ceases to lead when its Lease could have been taken. Every write names the version it
 * replaces, so of two that take it at once one is refused.
 */
public final class LeaderElection implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(LeaderElection.class);
  // metav1.MicroTime
  private static final DateTimeFormatter MICROS =
      DateTimeFormatter.ofPattern("yyyy-MM-dd'T'HH:mm:ss.SSSSSS'Z'").withZone(ZoneOffset.UTC);

  // Address and port of the holder, with a space between.
  private static final String ADDRESS = "gateway.nantian.dev/peer-address";

  private final ApiClient api;
  private final String path;
  private final String name;
  private final String identity;
  private final Duration duration;
  private final Optional<InetSocketAddress> address;
  private final Consumer<Boolean> onChange;
  private final Consumer<Optional<InetSocketAddress>> onOther;
  private final LeaseState state;
  private final ScheduledExecutorService thread;
  private boolean leading;
  private String lastLeader = "";
  private volatile long holdsUntilNanos;
  private volatile boolean holds;
  private boolean asking;
  private boolean closed;
  private @Nullable ObjectNode lease;

  /**
   * @param name of the Lease, in the client's namespace
   * @param identity of this candidate, unlike all others
   * @param duration after which a silent holder has lost it
   * @param address where other candidates reach this one, written into the Lease
   * @param onChange called on a thread of this object when this candidate begins or ceases to lead
   * @param onOther called there when another candidate has become the leader, with its address if
   *     it says one
   */
  public LeaderElection(
      ApiClient api,
      String name,
      String identity,
      Duration duration,
      Optional<InetSocketAddress> address,
      Consumer<Boolean> onChange,
      Consumer<Optional<InetSocketAddress>> onOther) {
    this.api = api;
    this.path = "/apis/coordination.k8s.io/v1/namespaces/" + api.namespace() + "/leases";
    this.name = name;
    this.identity = identity;
    this.duration = duration;
    this.address = address;
    this.onChange = onChange;
    this.onOther = onOther;
    this.state = new LeaseState(identity, duration);
    this.thread =
        Executors.newSingleThreadScheduledExecutor(
            Thread.ofPlatform().name("leader-election").daemon().factory());
  }

  /** Begins. */
  public void start() {
    long everyMillis = duration.toMillis() / 4;
    var _ =
        thread.scheduleWithFixedDelay(
            this::step,
            ThreadLocalRandom.current().nextLong(Math.max(1, everyMillis / 4)),
            everyMillis,
            TimeUnit.MILLISECONDS);
  }

  /** Whether this candidate leads now for certain. Any thread. */
  public boolean leads() {
    return holds && System.nanoTime() - holdsUntilNanos < 0;
  }

  private void step() {
    try {
      judge();
      if (!asking && !closed) {
        asking = true;
        long asked = System.nanoTime();
        ObjectNode known = lease;
        if (leading && known != null) {
          write(known, asked);
        } else {
          then(api.get(path + "/" + name), (found, failure) -> read(found, failure, asked));
        }
      }
    } catch (RuntimeException e) {
      LOG.error("event=step_failed", e);
    }
  }

  private void read(@Nullable JsonNode found, @Nullable Throwable failure, long asked) {
    ApiException refused = failure == null ? null : ApiException.of(failure);
    if (refused != null && refused.notFound()) {
      ObjectNode created = JsonNodeFactory.instance.objectNode();
      created.put("apiVersion", "coordination.k8s.io/v1").put("kind", "Lease");
      created.putObject("metadata").put("name", name).put("namespace", api.namespace());
      sign(created);
      created.set("spec", spec(0, null));
      then(
          api.send("POST", path + "?fieldManager=nantian-gateway", "application/json", created),
          (made, refusal) -> written(made, refusal, asked));
    } else if (found instanceof ObjectNode object) {
      lease = object;
      state.seen(
          object.path("spec").path("holderIdentity").asText(""),
          version(object),
          System.nanoTime());
      if (state.mayTake(System.nanoTime())) {
        write(object, asked);
      } else {
        asking = false;
        judge();
      }
    } else {
      failed(failure);
    }
  }

  private void write(ObjectNode known, long asked) {
    ObjectNode next = known.deepCopy();
    JsonNode old = known.path("spec");
    boolean same = old.path("holderIdentity").asText("").equals(identity);
    int transitions = old.path("leaseTransitions").asInt(0) + (same ? 0 : 1);
    sign(next);
    next.set("spec", spec(transitions, same ? old.path("acquireTime").asText(null) : null));
    then(
        api.send(
            "PUT", path + "/" + name + "?fieldManager=nantian-gateway", "application/json", next),
        (made, refusal) -> written(made, refusal, asked));
  }

  private void sign(ObjectNode next) {
    ObjectNode metadata = next.withObjectProperty("metadata");
    ObjectNode annotations = metadata.withObjectProperty("annotations");
    address.ifPresentOrElse(
        here -> annotations.put(ADDRESS, here.getHostString() + " " + here.getPort()),
        () -> annotations.remove(ADDRESS));
  }

  /** Where the holder of the Lease that was last read says it is. */
  private Optional<InetSocketAddress> holderAddress() {
    ObjectNode known = lease;
    String[] written =
        known == null
            ? new String[0]
            : known.path("metadata").path("annotations").path(ADDRESS).asText("").split(" ", -1);
    try {
      return written.length == 2
          ? Optional.of(
              InetSocketAddress.createUnresolved(written[0], Integer.parseInt(written[1])))
          : Optional.empty();
    } catch (IllegalArgumentException e) {
      LOG.warn("event=bad_leader_address lease={} address=\"{}\"", name, written);
      return Optional.empty();
    }
  }

  private ObjectNode spec(int transitions, @Nullable String acquired) {
    String now = MICROS.format(Instant.now());
    return JsonNodeFactory.instance
        .objectNode()
        .put("holderIdentity", identity)
        .put("leaseDurationSeconds", (int) Math.max(1, duration.toSeconds()))
        .put("acquireTime", acquired == null ? now : acquired)
        .put("renewTime", now)
        .put("leaseTransitions", transitions);
  }

  private void written(@Nullable JsonNode made, @Nullable Throwable failure, long asked) {
    if (made instanceof ObjectNode object) {
      lease = object;
      state.taken(version(object), asked);
      asking = false;
      judge();
      return;
    }
    ApiException refused = failure == null ? null : ApiException.of(failure);
    if (refused != null && refused.conflict()) {
      // Somebody else was faster: look again.
      lease = null;
      then(
          api.get(path + "/" + name),
          (found, unreadable) -> {
            if (found instanceof ObjectNode object) {
              lease = object;
              state.seen(
                  object.path("spec").path("holderIdentity").asText(""),
                  version(object),
                  System.nanoTime());
              asking = false;
              judge();
            } else {
              failed(unreadable);
            }
          });
    } else {
      failed(failure);
    }
  }

  private void failed(@Nullable Throwable failure) {
    asking = false;
    ApiException refused = failure == null ? null : ApiException.of(failure);
    if (refused != null && refused.code() == 403) {
      LOG.warn("event=lease_refused lease={} message=\"{}\"", name, ApiException.line(refused));
    } else if (LOG.isDebugEnabled()) {
      LOG.debug(
          "event=lease_failed lease={} message=\"{}\"",
          name,
          failure == null ? "" : ApiException.line(failure));
    }
    judge();
  }

  private void judge() {
    long now = System.nanoTime();
    boolean leads = state.holds(now);
    holds = leads;
    if (leads) {
      holdsUntilNanos = state.heldUntilNanos();
    }
    if (leads != leading) {
      leading = leads;
      if (!leads) {
        lease = null;
      }
      LOG.info(
          "event={} lease={} identity={} holder={}",
          leads ? "leading" : "not_leading",
          name,
          identity,
          state.holder());
      onChange.accept(leads);
    }
    String holder = state.holder();
    if (!holder.isEmpty() && !holder.equals(lastLeader)) {
      lastLeader = holder;
      if (!holder.equals(identity)) {
        LOG.info("event=following lease={} holder={}", name, holder);
        onOther.accept(holderAddress());
      }
    }
  }

  private static String version(JsonNode object) {
    return object.path("metadata").path("resourceVersion").asText();
  }

  private interface Next {
    void take(@Nullable JsonNode object, @Nullable Throwable failure);
  }

  private void then(CompletableFuture<JsonNode> answer, Next next) {
    var _ =
        answer.handle(
            (object, failure) -> {
              try {
                thread.execute(() -> next.take(object, failure));
              } catch (RejectedExecutionException e) {
                LOG.debug("event=after_close lease={}", name);
              }
              return null;
            });
  }

  /** Ends; a Lease that is held is let go, so that another takes it at once. */
  public CompletableFuture<Void> release() {
    CompletableFuture<Void> released = new CompletableFuture<>();
    try {
      thread.execute(
          () -> {
            closed = true;
            ObjectNode known = lease;
            boolean held = state.holds(System.nanoTime());
            holds = false;
            if (!held || known == null) {
              released.complete(null);
              return;
            }
            ObjectNode next = known.deepCopy();
            ((ObjectNode) next.path("spec")).put("holderIdentity", "");
            var _ =
                api.send(
                        "PUT",
                        path + "/" + name + "?fieldManager=nantian-gateway",
                        "application/json",
                        next)
                    .handle((done, failure) -> released.complete(null));
          });
    } catch (RejectedExecutionException e) {
      released.complete(null);
    }
    return released;
  }

  @Override
  public void close() {
    thread.shutdownNow();
  }
}
