package dev.nantian.gateway.admin;

import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.stream.Collectors;
import org.apache.pekko.actor.typed.ActorSystem;
import org.apache.pekko.http.javadsl.Http;
import org.apache.pekko.http.javadsl.ServerBinding;
import org.apache.pekko.http.javadsl.model.ContentType;
import org.apache.pekko.http.javadsl.model.ContentTypes;
import org.apache.pekko.http.javadsl.model.HttpEntities;
import org.apache.pekko.http.javadsl.model.HttpMethods;
import org.apache.pekko.http.javadsl.model.HttpRequest;
import org.apache.pekko.http.javadsl.model.HttpResponse;
import org.apache.pekko.http.javadsl.model.StatusCodes;
import org.apache.pekko.http.javadsl.model.Uri;
import org.apache.pekko.http.javadsl.model.headers.RawHeader;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Serves a table of endpoints over HTTP. Lives on an existing actor system until {@link #stop}.
 *
 * <p>A request passes, in this order: the Host header ({@link HostGuard}), the path (404), the
 * method (405), the token if it changes something (401), the endpoint. Every error is JSON: {@code
 * {"status": 404, "error": "…"}}.
 */
public final class AdminServer {
  private static final Logger log = LoggerFactory.getLogger(AdminServer.class);

  private final ServerBinding binding;

  private AdminServer(ServerBinding binding) {
    this.binding = binding;
  }

  /** Binds; fails with the {@link java.net.BindException} as its cause if the port is taken. */
  public static CompletionStage<AdminServer> start(
      ActorSystem<?> system, AdminSettings settings, Endpoints endpoints) {
    var door = new Door(system, settings, endpoints);
    return Http.get(system)
        .newServerAt(settings.address().getAddress().getHostAddress(), settings.address().getPort())
        .bind(door::answer)
        .thenApply(AdminServer::new);
  }

  /** Where it listens; the port is the real one. */
  public InetSocketAddress address() {
    return binding.localAddress();
  }

  /** Stops accepting, so that another process can have the port; {@link #stop} follows. */
  public CompletionStage<Void> unbind() {
    return binding.unbind().thenAccept(done -> {});
  }

  /** Stops accepting, lets running requests finish within the grace period, then closes. */
  public CompletionStage<Void> stop(Duration grace) {
    return binding.terminate(grace).thenAccept(terminated -> {});
  }

  /** What every request goes through. */
  private record Door(
      ActorSystem<?> system, HostGuard hosts, AdminToken token, Endpoints endpoints) {
    Door(ActorSystem<?> system, AdminSettings settings, Endpoints endpoints) {
      this(system, new HostGuard(settings.allowedHosts()), settings.token(), endpoints);
    }

    CompletionStage<HttpResponse> answer(HttpRequest request) {
      request.discardEntityBytes(system);
      CompletionStage<Answer> answer;
      try {
        answer = find(request);
      } catch (RuntimeException e) {
        answer = CompletableFuture.failedFuture(e);
      }
      return answer.exceptionally(e -> failure(request, e)).thenApply(Door::render);
    }

    private CompletionStage<Answer> find(HttpRequest request) {
      String host = host(request);
      if (!hosts.allows(host)) {
        throw new RefusedException(
            403,
            "Host '"
                + host
                + "' is not served here (expected an IP address or localhost; --admin-allow-host adds names)");
      }
      Uri uri = request.getUri();
      List<Endpoints.Found> found = endpoints.at(segments(uri));
      if (found.isEmpty()) {
        throw new RefusedException(404, "no such path: " + uri.path() + " (GET / lists all)");
      }
      boolean post = request.method().equals(HttpMethods.POST);
      boolean get =
          request.method().equals(HttpMethods.GET) || request.method().equals(HttpMethods.HEAD);
      for (Endpoints.Found each : found) {
        if (each.endpoint().method() == Endpoint.Method.POST ? post : get) {
          if (post) {
            authorize(request);
          }
          Map<String, List<String>> query = query(uri);
          refuseUnknown(query, each.endpoint());
          return each.endpoint().handler().handle(new Call(each.parameters(), query));
        }
      }
      throw new RefusedException(
          405,
          request.method().name()
              + " is not for "
              + uri.path()
              + " (expected "
              + found.stream()
                  .map(f -> f.endpoint().method().name())
                  .collect(Collectors.joining(" or "))
              + ")");
    }

    /** HTTP/2 names it in {@code :authority} instead of a Host field (RFC 9113 section 8.3.1). */
    private static String host(HttpRequest request) {
      return request
          .getHeader("host")
          .map(h -> h.value())
          .orElseGet(() -> request.getUri().host().toString());
    }

    /** A typing error in a parameter's name must not pass for its absence. */
    private static void refuseUnknown(Map<String, List<String>> query, Endpoint endpoint) {
      for (String given : query.keySet()) {
        if (!endpoint.query().contains(given)) {
          throw new RefusedException(
              400,
              "unknown query parameter '"
                  + given
                  + "' (expected "
                  + (endpoint.query().isEmpty() ? "none" : String.join(", ", endpoint.query()))
                  + ")");
        }
      }
    }

    private void authorize(HttpRequest request) {
      String given = request.getHeader("authorization").map(h -> h.value()).orElse("");
      if (given.isEmpty()) {
        throw new RefusedException(
            401,
            "a change needs the header 'Authorization: Bearer TOKEN' (the log names the token's file)");
      }
      if (!token.allows(given)) {
        throw new RefusedException(401, "the bearer token is wrong");
      }
    }

    private static List<String> segments(Uri uri) {
      var segments = new ArrayList<String>();
      uri.pathSegments().forEach(segments::add);
      return segments;
    }

    private static Map<String, List<String>> query(Uri uri) {
      var query = new LinkedHashMap<String, List<String>>();
      uri.query()
          .toList()
          .forEach(p -> query.computeIfAbsent(p.first(), k -> new ArrayList<>()).add(p.second()));
      return query;
    }

    private static Answer failure(HttpRequest request, Throwable failure) {
      Throwable cause =
          failure instanceof CompletionException ce && ce.getCause() != null
              ? ce.getCause()
              : failure;
      if (cause instanceof RefusedException refused) {
        return error(refused.status(), String.valueOf(refused.getMessage()));
      }
      log.error(
          "event=admin_call_failed method={} path={}",
          request.method().name(),
          request.getUri().path(),
          cause);
      return error(500, "internal error: " + cause);
    }

    private static Answer error(int status, String message) {
      var body = new LinkedHashMap<String, Object>();
      body.put("status", status);
      body.put("error", message);
      return new Answer.Json(status, body);
    }

    private static HttpResponse render(Answer answer) {
      ContentType.NonBinary type;
      String text;
      switch (answer) {
        case Answer.Json(int ignored, Object value) -> {
          type = ContentTypes.APPLICATION_JSON;
          text = AdminJson.write(value);
        }
        case Answer.Text(int ignored, String contentType, String content) -> {
          type = (ContentType.NonBinary) ContentTypes.parse(contentType);
          text = content;
        }
      }
      HttpResponse response =
          HttpResponse.create()
              .withStatus(StatusCodes.get(answer.status()))
              .withEntity(HttpEntities.create(type, text))
              .addHeader(RawHeader.create("Cache-Control", "no-store"))
              .addHeader(RawHeader.create("X-Content-Type-Options", "nosniff"));
      return answer.status() == 401
          ? response.addHeader(RawHeader.create("WWW-Authenticate", "Bearer"))
          : response;
    }
  }
}
