package dev.nantian.gateway.admin;

import java.util.List;
import java.util.concurrent.CompletionStage;

/**
 * One path of the admin API and what answers it.
 *
 * @param method {@link Method#GET} also answers HEAD
 * @param path a template such as {@code /v1/actors/{kind}/{namespace}/{name}}; a parameter is one
 *     segment
 * @param query names of the query parameters that it takes
 * @param handler called on a thread of the actor system; it must not block
 */
public record Endpoint(Method method, String path, List<String> query, Handler handler) {
  public Endpoint {
    query = List.copyOf(query);
  }

  /** The two methods of the API: the first only reads, the second changes and needs the token. */
  public enum Method {
    GET,
    POST
  }

  /** Answers a call; may throw or fail with a {@link RefusedException}. */
  @FunctionalInterface
  public interface Handler {
    CompletionStage<Answer> handle(Call call);
  }

  static Endpoint get(String path, Handler handler) {
    return new Endpoint(Method.GET, path, List.of(), handler);
  }

  static Endpoint get(String path, List<String> query, Handler handler) {
    return new Endpoint(Method.GET, path, query, handler);
  }

  static Endpoint post(String path, Handler handler) {
    return new Endpoint(Method.POST, path, List.of(), handler);
  }
}
