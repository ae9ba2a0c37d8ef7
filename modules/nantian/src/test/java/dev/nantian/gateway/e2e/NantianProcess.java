package dev.nantian.gateway.e2e;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;

/**
 * The packaged program as a process of its own, with its admin endpoint and what it wrote to
 * standard error.
 */
final class NantianProcess implements AutoCloseable {
  private static final Path DIST = Path.of("target", "nantian").toAbsolutePath();
  private static final long POLL_NANOS = 1_000_000;
  private static final Duration PATIENCE = Duration.ofMinutes(2);
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final HttpClient HTTP =
      HttpClient.newBuilder()
          .version(HttpClient.Version.HTTP_1_1)
          .connectTimeout(Duration.ofSeconds(5))
          .build();

  private final Process process;
  private final int adminPort;
  private final Path log;

  private NantianProcess(Process process, int adminPort, Path log) {
    this.process = process;
    this.adminPort = adminPort;
    this.log = log;
  }

  /** Starts {@code nantian ARGUMENTS… --admin 127.0.0.1:FREE} and waits until it is ready. */
  static NantianProcess start(Path scratch, String... arguments) throws IOException {
    NantianProcess started = launch(scratch, arguments);
    try {
      started.await("ready", started::ready);
      return started;
    } catch (AssertionError e) {
      started.close();
      throw e;
    }
  }

  /** Starts it without waiting. */
  static NantianProcess launch(Path scratch, String... arguments) throws IOException {
    int admin = freePort();
    Path log = Files.createTempFile(scratch, arguments[0] + "-", ".log");
    var command =
        new ArrayList<>(
            List.of(
                ProcessHandle.current().info().command().orElseThrow(),
                "@" + DIST.resolve("jvm.options"),
                "-jar",
                DIST.resolve("lib/nantian.jar").toString()));
    command.addAll(List.of(arguments));
    command.addAll(List.of("--admin", "127.0.0.1:" + admin));
    Process process =
        new ProcessBuilder(command).redirectErrorStream(true).redirectOutput(log.toFile()).start();
    return new NantianProcess(process, admin, log);
  }

  /** A TCP port that was free a moment ago. */
  static int freePort() {
    try (var socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      return socket.getLocalPort();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Waits until a condition holds; fails with the process's output if it never does. */
  void await(String what, BooleanSupplier condition) {
    await(what, PATIENCE, condition);
  }

  private void await(String what, Duration patience, BooleanSupplier condition) {
    long deadline = System.nanoTime() + patience.toNanos();
    while (!condition.getAsBoolean()) {
      if (!process.isAlive() || System.nanoTime() > deadline) {
        throw new AssertionError("not " + what + ", alive=" + process.isAlive() + "\n" + output());
      }
      LockSupport.parkNanos(POLL_NANOS); // the process under test needs the processor more
    }
  }

  /** What it wrote to standard output and standard error so far. */
  String output() {
    try {
      return Files.readString(log);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** The JSON at a path of the admin endpoint, which must answer 200. */
  JsonNode admin(String path) {
    try {
      HttpResponse<String> answer = get("http://127.0.0.1:" + adminPort + path);
      if (answer.statusCode() != 200) {
        throw new AssertionError(path + ": " + answer.statusCode() + " " + answer.body());
      }
      return JSON.readTree(answer.body());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private boolean ready() {
    try {
      return get("http://127.0.0.1:" + adminPort + "/readyz").statusCode() == 200;
    } catch (IOException e) {
      return false; // not listening yet
    }
  }

  /** One GET. */
  static HttpResponse<String> get(String url) throws IOException {
    try {
      return HTTP.send(
          HttpRequest.newBuilder(URI.create(url)).timeout(Duration.ofSeconds(10)).build(),
          HttpResponse.BodyHandlers.ofString());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IOException("interrupted", e);
    }
  }

  /** {@code kill -9}. */
  void kill() throws InterruptedException {
    process.destroyForcibly().waitFor();
  }

  /** SIGTERM; the exit status. */
  int stop() throws InterruptedException {
    process.destroy();
    if (!process.waitFor(30, TimeUnit.SECONDS)) {
      throw new AssertionError("still alive 30 s after SIGTERM\n" + output());
    }
    return process.exitValue();
  }

  /** Ends it if it still runs, without waiting for that. */
  @Override
  public void close() {
    process.destroyForcibly();
  }
}
