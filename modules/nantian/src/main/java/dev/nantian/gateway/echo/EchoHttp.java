package dev.nantian.gateway.echo;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.util.DefaultIndenter;
import com.fasterxml.jackson.core.util.DefaultPrettyPrinter;
import com.fasterxml.jackson.core.util.Separators;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.ObjectWriter;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import org.apache.pekko.NotUsed;
import org.apache.pekko.actor.typed.ActorSystem;
import org.apache.pekko.http.javadsl.model.AttributeKeys;
import org.apache.pekko.http.javadsl.model.ContentTypes;
import org.apache.pekko.http.javadsl.model.HttpEntities;
import org.apache.pekko.http.javadsl.model.HttpHeader;
import org.apache.pekko.http.javadsl.model.HttpRequest;
import org.apache.pekko.http.javadsl.model.HttpResponse;
import org.apache.pekko.http.javadsl.model.MediaTypes;
import org.apache.pekko.http.javadsl.model.ResponseEntity;
import org.apache.pekko.http.javadsl.model.StatusCodes;
import org.apache.pekko.http.javadsl.model.headers.RawHeader;
import org.apache.pekko.http.javadsl.model.headers.RawRequestURI;
import org.apache.pekko.http.javadsl.model.ws.Message;
import org.apache.pekko.http.javadsl.model.ws.WebSocketUpgrade;
import org.apache.pekko.pattern.Patterns;
import org.apache.pekko.stream.javadsl.Flow;
import org.apache.pekko.stream.javadsl.Source;
import org.apache.pekko.util.ByteString;

/**
 * Answers everything that is not gRPC. One instance serves all connections of a backend, from any
 * thread; it holds no state.
 */
final class EchoHttp {
  private static final int TEXT_LIMIT = 64 * 1024;
  private static final int CHUNK = 16 * 1024;
  private static final ByteString PATTERN =
      ByteString.fromString("0123456789abcdef".repeat(CHUNK / 16));
  private static final ObjectWriter JSON =
      new ObjectMapper()
          .writer(
              new DefaultPrettyPrinter()
                  .withObjectIndenter(new DefaultIndenter("  ", "\n"))
                  .withSeparators(
                      DefaultPrettyPrinter.DEFAULT_SEPARATORS.withObjectFieldValueSpacing(
                          Separators.Spacing.AFTER)));

  private final EchoOptions options;
  private final ActorSystem<?> system;

  EchoHttp(EchoOptions options, ActorSystem<?> system) {
    this.options = options;
    this.system = system;
  }

  CompletionStage<HttpResponse> handle(HttpRequest request) {
    var upgrade = request.getAttribute(AttributeKeys.webSocketUpgrade);
    if (upgrade.isPresent()) {
      request.discardEntityBytes(system);
      return CompletableFuture.completedFuture(named(webSocket(upgrade.get())));
    }
    String target = target(request);
    int question = target.indexOf('?');
    String path = question < 0 ? target : target.substring(0, question);
    String query = question < 0 ? "" : target.substring(question + 1);
    PathControls controls = PathControls.of(path);
    Duration delay = controls.delay().orElse(options.delay());
    CompletionStage<HttpResponse> answer =
        answer(request, path, query, controls)
            .thenApply(
                r -> r.withStatus(StatusCodes.get(controls.status().orElse(options.status()))));
    if (delay.isZero()) {
      return answer.thenApply(this::named);
    }
    return Patterns.after(delay, system.classicSystem(), () -> answer.thenApply(this::named));
  }

  private CompletionStage<HttpResponse> answer(
      HttpRequest request, String path, String query, PathControls controls) {
    if (controls.mirror()) {
      return done(
          HttpEntities.create(request.entity().getContentType(), request.entity().getDataBytes()));
    }
    if (controls.bytes().isPresent()) {
      request.discardEntityBytes(system);
      return done(bytes(controls.bytes().getAsLong()));
    }
    if (controls.ticks().isPresent()) {
      request.discardEntityBytes(system);
      return done(ticks(controls.ticks().getAsInt(), controls.every()));
    }
    return request
        .entity()
        .getDataBytes()
        .runFold(new Received(), Received::add, system)
        .thenApply(
            received -> {
              var report =
                  new EchoReport(
                      options.name(),
                      request.method().name(),
                      path,
                      query,
                      request.protocol().value(),
                      headers(request),
                      new EchoReport.Body(received.size, received.text()));
              return HttpResponse.create().withEntity(render(request, report));
            });
  }

  private static ResponseEntity render(HttpRequest request, EchoReport report) {
    boolean plain =
        request.getHeader("accept").map(a -> a.value().startsWith("text/plain")).orElse(false);
    if (plain) {
      return HttpEntities.create(ContentTypes.TEXT_PLAIN_UTF8, report.summary());
    }
    try {
      return HttpEntities.create(
          ContentTypes.APPLICATION_JSON, JSON.writeValueAsString(report) + "\n");
    } catch (JsonProcessingException e) {
      throw new IllegalStateException("a report of strings and numbers is always JSON", e);
    }
  }

  /** The target as it came: the model's URI is decoded and normalised. */
  private static String target(HttpRequest request) {
    return request
        .getHeader(RawRequestURI.class)
        .map(RawRequestURI::uri)
        .orElseGet(
            () ->
                request.getUri().getPathString()
                    + request.getUri().rawQueryString().map(q -> "?" + q).orElse(""));
  }

  private static Map<String, List<String>> headers(HttpRequest request) {
    var headers = new LinkedHashMap<String, List<String>>();
    if (request.getHeader("host").isEmpty()) {
      String authority = request.getUri().asScala().authority().toString();
      headers.put(":authority", new ArrayList<>(List.of(authority)));
    }
    for (HttpHeader header : request.getHeaders()) {
      if (header.renderInRequests()) {
        headers
            .computeIfAbsent(header.name().toLowerCase(Locale.ROOT), k -> new ArrayList<>())
            .add(header.value());
      }
    }
    // pekko-http keeps these two with the body.
    if (!request.entity().getContentType().equals(ContentTypes.NO_CONTENT_TYPE)
        && request.entity().getContentLengthOption().orElse(1) > 0) {
      headers.putIfAbsent("content-type", List.of(request.entity().getContentType().toString()));
    }
    var length = request.entity().getContentLengthOption();
    if (length.isPresent() && length.getAsLong() > 0) {
      headers.putIfAbsent("content-length", List.of(Long.toString(length.getAsLong())));
    }
    return headers;
  }

  private static ResponseEntity bytes(long size) {
    if (size == 0) {
      return HttpEntities.EMPTY;
    }
    Source<ByteString, NotUsed> chunks =
        Source.range(0, (int) Math.min(Integer.MAX_VALUE - 1, (size - 1) / CHUNK))
            .map(i -> PATTERN.take((int) Math.min(CHUNK, size - (long) i * CHUNK)));
    return HttpEntities.create(ContentTypes.APPLICATION_OCTET_STREAM, size, chunks);
  }

  private ResponseEntity ticks(int count, Duration every) {
    Source<ByteString, ?> events =
        Source.tick(Duration.ZERO, every, "tick")
            .zipWithIndex()
            .take(count)
            .map(
                tick ->
                    ByteString.fromString(
                        "id: "
                            + (tick.second() + 1)
                            + "\nevent: tick\ndata: "
                            + options.name()
                            + "\n\n"));
    return HttpEntities.create(MediaTypes.TEXT_EVENT_STREAM.toContentType(), events);
  }

  private static HttpResponse webSocket(WebSocketUpgrade upgrade) {
    Flow<Message, Message, NotUsed> echo = Flow.create();
    var offered = upgrade.getRequestedProtocols().iterator();
    return offered.hasNext()
        ? upgrade.handleMessagesWith(echo, offered.next())
        : upgrade.handleMessagesWith(echo);
  }

  private HttpResponse named(HttpResponse response) {
    return response.addHeader(RawHeader.create("x-echo-name", options.name()));
  }

  private static CompletionStage<HttpResponse> done(ResponseEntity entity) {
    return CompletableFuture.completedFuture(HttpResponse.create().withEntity(entity));
  }

  /** Counts a body and keeps its beginning; used by one stream. */
  private static final class Received {
    private final ByteArrayOutputStream beginning = new ByteArrayOutputStream();
    private long size;

    Received add(ByteString chunk) {
      size += chunk.size();
      int keep = Math.min(TEXT_LIMIT - beginning.size(), chunk.size());
      beginning.writeBytes(chunk.take(keep).toArray());
      return this;
    }

    String text() {
      return beginning.toString(StandardCharsets.UTF_8);
    }
  }
}
