package dev.nantian.gateway.control.kubernetes.api;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.MissingNode;
import dev.nantian.gateway.control.source.SourceException;
import io.fabric8.kubernetes.client.Config;
import io.fabric8.kubernetes.client.ConfigBuilder;
import io.fabric8.kubernetes.client.http.AsyncBody;
import io.fabric8.kubernetes.client.http.HttpClient;
import io.fabric8.kubernetes.client.http.HttpRequest;
import io.fabric8.kubernetes.client.http.HttpResponse;
import io.fabric8.kubernetes.client.utils.HttpClientUtils;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.Executor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Requests to one API server. Safe for all threads; every method returns at once.
 *
 * <p>Watches and single requests use HTTP/1.1: each watch has a connection of its own, so that one
 * that stands still holds up nothing else.
 */
public final class ApiClient implements AutoCloseable {
  private static final ObjectMapper MAPPER = new ObjectMapper();
  private static final int REQUEST_TIMEOUT_MILLIS = 15_000;
  private static final int CONNECT_TIMEOUT_MILLIS = 5_000;
  // Kubernetes, "Configure Service Accounts for Pods": where a pod finds its credentials.
  private static final Path ACCOUNT = Path.of("/var/run/secrets/kubernetes.io/serviceaccount");

  private final HttpClient http;
  private final String server;
  private final String namespace;

  private ApiClient(Config config, String namespace) {
    HttpClient.Factory factory = HttpClientUtils.getHttpClientFactory();
    HttpClient.Builder builder = factory.newBuilder(config);
    this.http = builder.build();
    this.server = config.getMasterUrl().replaceFirst("/+$", "");
    this.namespace = namespace;
  }

  /**
   * Reads the credentials; does not connect.
   *
   * @param kubeconfig null: those of the pod that this process runs in, else {@code $KUBECONFIG} or
   *     {@code ~/.kube/config}
   * @throws SourceException if there are none
   */
  public static ApiClient open(@Nullable Path kubeconfig) {
    if (kubeconfig != null) {
      if (!Files.isReadable(kubeconfig)) {
        throw new SourceException("--kubeconfig " + kubeconfig + ": no file that can be read");
      }
      try {
        return of(Config.fromKubeconfig(kubeconfig.toFile()));
      } catch (RuntimeException e) {
        throw new SourceException(
            "--kubeconfig " + kubeconfig + ": " + e.getMessage() + " (expected a kubeconfig)", e);
      }
    }
    String host = System.getenv("KUBERNETES_SERVICE_HOST");
    if (host != null && Files.isReadable(ACCOUNT.resolve("token"))) {
      return inCluster(host, System.getenv().getOrDefault("KUBERNETES_SERVICE_PORT", "443"));
    }
    if (Config.getKubeconfigFilenames().stream()
        .noneMatch(name -> Files.isReadable(Path.of(name)))) {
      throw new SourceException(
          "no Kubernetes API server: not in a pod with a ServiceAccount, and none of "
              + Config.getKubeconfigFilenames()
              + " can be read (choose a file with --kubeconfig)");
    }
    return of(Config.autoConfigure(null));
  }

  private static ApiClient inCluster(String host, String port) {
    var token = new AccountToken(ACCOUNT.resolve("token"));
    Config config =
        new ConfigBuilder(Config.empty())
            .withMasterUrl(
                "https://" + (host.indexOf(':') >= 0 ? "[" + host + "]" : host) + ":" + port)
            .withCaCertFile(ACCOUNT.resolve("ca.crt").toString())
            .withOauthTokenProvider(token::get)
            .build();
    try {
      String namespace = Files.readString(ACCOUNT.resolve("namespace")).strip();
      return new ApiClient(tuned(config), namespace);
    } catch (IOException e) {
      throw new SourceException(ACCOUNT + "/namespace: " + e.getMessage(), e);
    }
  }

  private static ApiClient of(Config config) {
    String namespace = config.getNamespace();
    return new ApiClient(tuned(config), namespace == null ? "default" : namespace);
  }

  // What is retried and when is decided by who asks, not by the HTTP client.
  private static Config tuned(Config config) {
    return new ConfigBuilder(config)
        .withHttp2Disable(true)
        .withConnectionTimeout(CONNECT_TIMEOUT_MILLIS)
        .withRequestTimeout(REQUEST_TIMEOUT_MILLIS)
        .withRequestRetryBackoffLimit(0)
        .build();
  }

  /** Where the server is, for messages. */
  public String server() {
    return server;
  }

  /** The namespace that this process belongs to. */
  public String namespace() {
    return namespace;
  }

  /** Gets an object or a list. Fails with an {@link ApiException} if the server refuses. */
  public CompletableFuture<JsonNode> get(String path) {
    return send(request(path).build());
  }

  /**
   * Sends a body.
   *
   * @param method such as {@code PATCH}
   * @param type its media type
   * @return the object as it is after that; fails with an {@link ApiException} if the server
   *     refuses
   */
  public CompletableFuture<JsonNode> send(String method, String path, String type, JsonNode body) {
    return send(request(path).method(method, type, body.toString()).build());
  }

  /** Deletes an object. */
  public CompletableFuture<JsonNode> delete(String path) {
    return send(request(path).delete("application/json", "{}").build());
  }

  private HttpRequest.Builder request(String path) {
    return http.newHttpRequestBuilder()
        .uri(server + path)
        .header("Accept", "application/json")
        .timeout(REQUEST_TIMEOUT_MILLIS, TimeUnit.MILLISECONDS);
  }

  private CompletableFuture<JsonNode> send(HttpRequest request) {
    return http.sendAsync(request, byte[].class).thenApply(ApiClient::answer);
  }

  private static JsonNode answer(HttpResponse<byte[]> response) {
    byte[] body = response.body() == null ? new byte[0] : response.body();
    if (!response.isSuccessful()) {
      throw refusal(response, body);
    }
    try {
      return body.length == 0 ? MissingNode.getInstance() : MAPPER.readTree(body);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static ApiException refusal(HttpResponse<?> response, byte[] body) {
    String message = new String(body, StandardCharsets.UTF_8);
    try {
      JsonNode status = MAPPER.readTree(body);
      if (status.path("message").isTextual()) {
        message = status.path("message").textValue();
      }
    } catch (IOException e) {
      // A proxy on the way may answer in plain text, which then is the message.
      message = message.lines().findFirst().orElse("");
    }
    Duration retryAfter = Duration.ZERO;
    String header = response.header("Retry-After");
    if (header != null && header.length() < 6 && header.chars().allMatch(Character::isDigit)) {
      retryAfter = Duration.ofSeconds(Long.parseLong("0" + header));
    }
    return new ApiException(response.code(), message, retryAfter);
  }

  /**
   * Watches.
   *
   * @param path with all its query
   * @param executor where the events are taken; the next bytes are read when those before have been
   * @param event gets one watch event after the other
   */
  public WatchCall watch(String path, Executor executor, Consumer<JsonNode> event) {
    CompletableFuture<Void> ended = new CompletableFuture<>();
    AtomicBoolean cancelled = new AtomicBoolean();
    AtomicReference<@Nullable AsyncBody> open = new AtomicReference<>();
    Lines lines = new Lines();
    HttpRequest request =
        http.newHttpRequestBuilder()
            .uri(server + path)
            .header("Accept", "application/json")
            .forStreaming()
            .build();
    CompletableFuture<HttpResponse<AsyncBody>> call =
        http.consumeBytes(
            request,
            (buffers, body) ->
                executor.execute(
                    () -> {
                      if (cancelled.get()) {
                        return;
                      }
                      try {
                        lines.take(buffers, event);
                        body.consume();
                      } catch (IOException | RuntimeException e) {
                        ended.completeExceptionally(e);
                        body.cancel();
                      }
                    }));
    var _ =
        call.whenComplete(
            (response, failure) -> {
              if (failure != null) {
                ended.completeExceptionally(failure);
                return;
              }
              AsyncBody body = response.body();
              open.set(body);
              if (cancelled.get()) {
                body.cancel();
                return;
              }
              if (!response.isSuccessful()) {
                body.cancel();
                ended.completeExceptionally(
                    new ApiException(response.code(), "watch refused", Duration.ZERO));
                return;
              }
              var _ =
                  body.done()
                      .whenComplete(
                          (done, broken) -> {
                            if (broken == null) {
                              ended.complete(null);
                            } else {
                              ended.completeExceptionally(broken);
                            }
                          });
              body.consume();
            });
    Runnable cancel =
        () -> {
          if (!cancelled.getAndSet(true)) {
            AsyncBody body = open.get();
            if (body != null) {
              body.cancel();
            }
            call.cancel(true);
            ended.completeExceptionally(new CancellationException("cancelled"));
          }
        };
    return new WatchCall(ended, cancel);
  }

  @Override
  public void close() {
    http.close();
  }

  /** Cuts the body of a watch into its events, one JSON object a line. One thread at a time. */
  private static final class Lines {
    private final ByteArrayOutputStream partial = new ByteArrayOutputStream();

    void take(List<ByteBuffer> buffers, Consumer<JsonNode> event) throws IOException {
      for (ByteBuffer buffer : buffers) {
        byte[] bytes = new byte[buffer.remaining()];
        buffer.get(bytes);
        int from = 0;
        for (int i = 0; i < bytes.length; i++) {
          if (bytes[i] == '\n') {
            partial.write(bytes, from, i - from);
            from = i + 1;
            if (partial.size() > 0) {
              JsonNode read = MAPPER.readTree(partial.toByteArray());
              partial.reset();
              event.accept(read);
            }
          }
        }
        partial.write(bytes, from, bytes.length - from);
      }
    }
  }

  /**
   * The ServiceAccount's token, which the kubelet renews in its file (Kubernetes, "Bound service
   * account tokens"): read again once a minute.
   */
  private static final class AccountToken {
    private static final long KEPT_NANOS = Duration.ofMinutes(1).toNanos();

    private final Path file;
    private volatile Map.@Nullable Entry<Long, String> read;

    AccountToken(Path file) {
      this.file = file;
    }

    String get() {
      Map.Entry<Long, String> known = read;
      long now = System.nanoTime();
      if (known != null && now - known.getKey() < KEPT_NANOS) {
        return known.getValue();
      }
      try {
        String token = Files.readString(file).strip();
        read = Map.entry(now, token);
        return token;
      } catch (IOException e) {
        if (known != null) {
          return known.getValue();
        }
        throw new CompletionException(e);
      }
    }
  }
}
