package dev.nantian.gateway.e2e;

import com.fasterxml.jackson.databind.JsonNode;
import dev.nantian.gateway.admin.AdminJson;
import java.io.IOException;
import java.io.UncheckedIOException;
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
 * The launcher's process of its own, in a working folder of its own, with its admin endpoint at a
 * free port, its state beneath that folder, and what it wrote.
 */
public final class NantianProcess implements AutoCloseable {
  /** Root of the repository. */
  public static final Path REPOSITORY = Path.of("../..").toAbsolutePath().normalize();

  private static final long POLL_NANOS = 1_000_000;
  private static final Duration PATIENCE = Duration.ofMinutes(2);
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

  /**
   * Starts {@code ./nantian COMMAND… --admin 127.0.0.1:FREE --data-dir FOLDER/state} and waits
   * until it says that it is up.
   *
   * @param folder working folder
   */
  public static NantianProcess start(Path folder, String... command) throws IOException {
    NantianProcess started = launch(folder, command);
    // The last line of what the command announces, and then its own word.
    String announced = command[0].equals("proxy") ? "  admin  http" : "Ready.";
    try {
      started.await("up", () -> started.output().contains(announced) && started.ready());
      return started;
    } catch (AssertionError e) {
      started.close();
      throw e;
    }
  }

  /** Starts it without waiting. */
  public static NantianProcess launch(Path folder, String... command) throws IOException {
    return launchAt(Ports.free(), folder, command);
  }

  /** Starts it without waiting, with its admin endpoint at a given port. */
  static NantianProcess launchAt(int admin, Path folder, String... command) throws IOException {
    Path log = Files.createTempFile(folder, command[0] + "-", ".log");
    var line = new ArrayList<String>();
    line.add(REPOSITORY.resolve("nantian").toString());
    line.addAll(List.of(command));
    line.addAll(
        List.of("--admin", "127.0.0.1:" + admin, "--data-dir", folder.resolve("state").toString()));
    var builder =
        new ProcessBuilder(line)
            .directory(folder.toFile())
            .redirectErrorStream(true)
            .redirectOutput(log.toFile());
    builder.environment().put("NANTIAN_BUILD", "never");
    // The processes under test share the processors with the test.
    builder.environment().put("JAVA_OPTS", "-XX:TieredStopAtLevel=1 -XX:+UseSerialGC");
    return new NantianProcess(builder.start(), admin, log);
  }

  /** Waits until a condition holds; fails with the process's output if it never does. */
  public void await(String what, BooleanSupplier condition) {
    long deadline = System.nanoTime() + PATIENCE.toNanos();
    while (!condition.getAsBoolean()) {
      if (!process.isAlive() || System.nanoTime() > deadline) {
        throw new AssertionError("not " + what + ", alive=" + process.isAlive() + "\n" + output());
      }
      LockSupport.parkNanos(POLL_NANOS); // the process under test needs the processor more
    }
  }

  /** What it wrote to standard output and standard error so far. */
  public String output() {
    try {
      return Files.readString(log);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  public int adminPort() {
    return adminPort;
  }

  /** The JSON at a path of the admin endpoint, which must answer 200. */
  public JsonNode admin(String path) {
    HttpResponse<String> answer = adminCall("GET", path, "");
    if (answer.statusCode() != 200) {
      throw new AssertionError(path + ": " + answer.statusCode() + " " + answer.body());
    }
    try {
      return AdminJson.mapper().readTree(answer.body());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /**
   * A call of the admin endpoint.
   *
   * @param token empty for none
   */
  public HttpResponse<String> adminCall(String method, String path, String token) {
    var request =
        HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + adminPort + path))
            .timeout(PATIENCE)
            .method(method, HttpRequest.BodyPublishers.noBody());
    if (!token.isEmpty()) {
      request.header("Authorization", "Bearer " + token);
    }
    try {
      return send(request.build());
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
  public static HttpResponse<String> get(String url) throws IOException {
    return send(HttpRequest.newBuilder(URI.create(url)).timeout(Duration.ofSeconds(10)).build());
  }

  private static HttpResponse<String> send(HttpRequest request) throws IOException {
    try {
      return HTTP.send(request, HttpResponse.BodyHandlers.ofString());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IOException("interrupted", e);
    }
  }

  /** {@code kill -9}. */
  public void kill() throws InterruptedException {
    process.destroyForcibly().waitFor();
  }

  /** SIGTERM, without waiting for what it does. */
  public void signalEnd() {
    process.destroy();
  }

  /** SIGTERM unless it was sent; the exit status. */
  public int terminate() throws InterruptedException {
    if (!output().contains("event=draining")) {
      signalEnd(); // a second one would cut the drain short
    }
    if (!process.waitFor(PATIENCE.toSeconds(), TimeUnit.SECONDS)) {
      throw new AssertionError("still alive " + PATIENCE + " after SIGTERM\n" + output());
    }
    return process.exitValue();
  }

  /** Waits until it has ended by itself; the exit status. */
  int exitStatus() throws InterruptedException {
    if (!process.waitFor(PATIENCE.toSeconds(), TimeUnit.SECONDS)) {
      throw new AssertionError("still alive after " + PATIENCE + "\n" + output());
    }
    return process.exitValue();
  }

  /** Ends it if it still runs. */
  @Override
  public void close() {
    process.destroyForcibly();
    process.onExit().join();
  }
}
