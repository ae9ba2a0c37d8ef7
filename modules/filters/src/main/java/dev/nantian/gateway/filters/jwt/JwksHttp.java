package dev.nantian.gateway.filters.jwt;

import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Executors;

/**
 * Fetches key sets over HTTP, away from the event loops. A fetch in minutes is worth no pool of
 * theirs, and issuers are mostly reached over TLS outside of the cluster.
 */
final class JwksHttp implements FetchedKeys.Fetch {
  private static final Duration TIMEOUT = Duration.ofSeconds(5);
  private static final int MAX_CHARS = 1 << 20;

  /** Last of the constants: it is made with them. */
  static final JwksHttp INSTANCE = new JwksHttp();

  private final HttpClient client =
      HttpClient.newBuilder()
          .connectTimeout(TIMEOUT)
          .followRedirects(HttpClient.Redirect.NEVER) // where keys come from is configured
          .executor(Executors.newVirtualThreadPerTaskExecutor())
          .build();

  private JwksHttp() {}

  @Override
  public CompletionStage<String> get(URI uri) {
    HttpRequest request =
        HttpRequest.newBuilder(uri).timeout(TIMEOUT).header("Accept", "application/json").build();
    CompletableFuture<HttpResponse<String>> response =
        client.sendAsync(request, BodyHandlers.ofString());
    return response.thenApply(
        got -> {
          if (got.statusCode() != 200 || got.body().length() > MAX_CHARS) {
            throw new CompletionException(
                new IOException(
                    "status " + got.statusCode() + ", " + got.body().length() + " characters"));
          }
          return got.body();
        });
  }
}
