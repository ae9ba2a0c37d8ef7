package dev.nantian.gateway.admin;

import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;

/** What an endpoint answers. */
public sealed interface Answer {
  /** HTTP status, 200 to 599. */
  int status();

  /** A value that Jackson makes JSON of. */
  record Json(int status, Object value) implements Answer {}

  /** A text as it is. */
  record Text(int status, String contentType, String text) implements Answer {}

  static Answer json(Object value) {
    return new Json(200, value);
  }

  static CompletionStage<Answer> now(Object value) {
    return CompletableFuture.completedFuture(json(value));
  }
}
