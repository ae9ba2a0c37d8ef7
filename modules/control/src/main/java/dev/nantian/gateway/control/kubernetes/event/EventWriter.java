package dev.nantian.gateway.control.kubernetes.event;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.nantian.gateway.control.kubernetes.api.ApiClient;
import dev.nantian.gateway.control.kubernetes.api.ApiException;
import dev.nantian.gateway.control.source.ResourceKey;
import java.nio.charset.StandardCharsets;
import java.time.Clock;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Writes an Event about each change of a status that concerns its users. One that the server does
 * not take is not tried again: the status says the same. One thread at a time.
 *
 * @see <a href="https://kubernetes.io/docs/reference/kubernetes-api/cluster-resources/event-v1/">
 *     Kubernetes API, events.k8s.io/v1</a>
 */
public final class EventWriter {
  private static final Logger LOG = LoggerFactory.getLogger(EventWriter.class);
  // metav1.MicroTime
  private static final DateTimeFormatter MICROS =
      DateTimeFormatter.ofPattern("yyyy-MM-dd'T'HH:mm:ss.SSSSSS'Z'").withZone(ZoneOffset.UTC);
  // What the API server takes in Event.note and Event.reportingInstance.
  private static final int MAX_NOTE_BYTES = 1024;
  private static final int MAX_INSTANCE = 128;
  // Requests at once: a thousand routes that fail together must not hold up their statuses.
  private static final int MAX_UNDER_WAY = 8;

  private final ApiClient api;
  private final String controllerName;
  private final String instance;
  private final Clock clock;
  private final EventBook book;
  private final AtomicInteger underWay = new AtomicInteger();
  private final AtomicBoolean complained = new AtomicBoolean();

  /**
   * @param instance of this replica, unlike all others
   */
  public EventWriter(ApiClient api, String controllerName, String instance, Clock clock) {
    this.api = api;
    this.controllerName = controllerName;
    this.instance = instance.substring(0, Math.min(instance.length(), MAX_INSTANCE));
    this.clock = clock;
    this.book = new EventBook(Long.toHexString(clock.millis()));
  }

  /**
   * A status has been written.
   *
   * @param before the status that the object had
   * @param written the object with its new one
   */
  public void statusChanged(ResourceKey key, JsonNode before, JsonNode written) {
    String uid = written.path("metadata").path("uid").asText();
    for (ConditionChanges.Change change :
        ConditionChanges.between(before, written.path("status"), controllerName)) {
      if (underWay.get() >= MAX_UNDER_WAY) {
        LOG.debug(
            "event=event_dropped kind={} name={} reason={}", key.kind(), key, change.reason());
        return;
      }
      book.say(key.name(), uid, change, System.nanoTime())
          .ifPresent(entry -> send(key, uid, written, change, entry));
    }
  }

  private void send(
      ResourceKey key,
      String uid,
      JsonNode written,
      ConditionChanges.Change change,
      EventBook.Entry entry) {
    // Events about objects without a namespace are in this one.
    String namespace = key.namespace().isEmpty() ? "default" : key.namespace();
    String path = "/apis/events.k8s.io/v1/namespaces/" + namespace + "/events";
    String query = "?fieldManager=nantian-gateway";
    String now = MICROS.format(Instant.now(clock));
    underWay.incrementAndGet();
    CompletableFuture<JsonNode> answer;
    if (entry.count() == 1) {
      answer =
          api.send(
              "POST",
              path + query,
              "application/json",
              event(key, namespace, uid, written, change, entry.event(), now));
    } else {
      ObjectNode patch = JsonNodeFactory.instance.objectNode();
      patch.putObject("series").put("count", entry.count()).put("lastObservedTime", now);
      answer =
          api.send(
              "PATCH", path + "/" + entry.event() + query, "application/merge-patch+json", patch);
    }
    var _ =
        answer.whenComplete(
            (object, failure) -> {
              underWay.decrementAndGet();
              if (failure == null) {
                complained.set(false);
              } else if (!complained.getAndSet(true)) {
                LOG.warn(
                    "event=event_not_written kind={} namespace={} name={} reason={} message=\"{}\"",
                    key.kind(),
                    key.namespace(),
                    key.name(),
                    change.reason(),
                    ApiException.line(failure));
              }
            });
  }

  private ObjectNode event(
      ResourceKey key,
      String namespace,
      String uid,
      JsonNode written,
      ConditionChanges.Change change,
      String name,
      String now) {
    ObjectNode event =
        JsonNodeFactory.instance
            .objectNode()
            .put("apiVersion", "events.k8s.io/v1")
            .put("kind", "Event")
            .put("eventTime", now)
            .put("reportingController", controllerName)
            .put("reportingInstance", instance)
            .put("action", "Reconcile")
            .put("reason", change.reason())
            .put("type", change.warning() ? "Warning" : "Normal")
            .put("note", shortened(change.note()));
    event.putObject("metadata").put("name", name).put("namespace", namespace);
    ObjectNode regarding = event.putObject("regarding");
    regarding
        .put("apiVersion", key.kind().apiVersions().getFirst())
        .put("kind", key.kind().kindName())
        .put("name", key.name())
        .put("uid", uid)
        .put("resourceVersion", written.path("metadata").path("resourceVersion").asText());
    if (!key.namespace().isEmpty()) {
      regarding.put("namespace", key.namespace());
    }
    return event;
  }

  private static String shortened(String note) {
    String cut = note;
    while (cut.getBytes(StandardCharsets.UTF_8).length > MAX_NOTE_BYTES) {
      cut = cut.substring(0, Math.min(cut.length() - 1, MAX_NOTE_BYTES));
    }
    return cut;
  }
}
