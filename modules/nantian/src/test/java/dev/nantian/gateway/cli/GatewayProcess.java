package dev.nantian.gateway.cli;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.fasterxml.jackson.databind.JsonNode;
import dev.nantian.gateway.admin.AdminJson;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
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
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

/** A real process of the launcher, started in a folder of its own with free ports. */
final class GatewayProcess implements AutoCloseable {
  static final Path REPOSITORY = Path.of("../..").toAbsolutePath().normalize();
  static final Duration LIMIT = Duration.ofMinutes(2);

  private final Process process;
  private final int adminPort;
  private final List<String> output = new CopyOnWriteArrayList<>();
  private final CompletableFuture<Void> ready = new CompletableFuture<>();
  private final HttpClient client =
      HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();

  /**
   * Starts {@code ./nantian COMMAND… --admin … --data-dir …} and returns when it says that it is
   * up.
   *
   * @param folder working folder, which holds a link to the launcher
   * @param lastLine a line that contains this is the last of the start
   */
  GatewayProcess(Path folder, String lastLine, String... command) throws Exception {
    adminPort = freePorts(1).getFirst();
    var line = new ArrayList<String>();
    line.add(folder.resolve("nantian").toString());
    line.addAll(List.of(command));
    line.addAll(
        List.of(
            "--admin", "127.0.0.1:" + adminPort, "--data-dir", folder.resolve("state").toString()));
    var builder = new ProcessBuilder(line).directory(folder.toFile()).redirectErrorStream(true);
    builder.environment().put("NANTIAN_BUILD", "never");
    // The test's own process tree shares two cores with it.
    builder.environment().put("JAVA_OPTS", "-XX:TieredStopAtLevel=1 -XX:+UseSerialGC");
    process = builder.start();
    Thread.ofVirtual().start(() -> read(lastLine));
    try {
      ready.get(LIMIT.toSeconds(), TimeUnit.SECONDS);
    } catch (Exception e) {
      process.destroyForcibly();
      throw new IllegalStateException("not up:\n" + String.join("\n", output), e);
    }
  }

  private void read(String lastLine) {
    try (var in = new BufferedReader(new InputStreamReader(process.getInputStream(), UTF_8))) {
      for (String line = in.readLine(); line != null; line = in.readLine()) {
        output.add(line);
        if (line.contains(lastLine)) {
          ready.complete(null);
        }
      }
      ready.completeExceptionally(new IllegalStateException("it ended"));
    } catch (IOException e) {
      ready.completeExceptionally(e);
    }
  }

  /** A working folder with a link to the launcher and a copy of an example, ports exchanged. */
  static Map<Integer, Integer> copyExample(Path folder, String example, List<Integer> ports)
      throws IOException {
    List<Integer> free = freePorts(ports.size());
    var exchanged = new LinkedHashMap<Integer, Integer>();
    for (int i = 0; i < ports.size(); i++) {
      exchanged.put(ports.get(i), free.get(i));
    }
    Files.createSymbolicLink(folder.resolve("nantian"), REPOSITORY.resolve("nantian"));
    Path target = Files.createDirectories(folder.resolve("examples/" + example));
    try (Stream<Path> files = Files.list(REPOSITORY.resolve("examples/" + example))) {
      for (Path file : files.toList()) {
        Files.writeString(
            target.resolve(file.getFileName()), exchange(Files.readString(file), exchanged));
      }
    }
    return exchanged;
  }

  /** The port that stands for one of the example's. */
  static int port(Map<Integer, Integer> exchanged, int port) {
    return Objects.requireNonNull(exchanged.get(port));
  }

  /** Writes other port numbers, where they stand alone. */
  static String exchange(String text, Map<Integer, Integer> ports) {
    String exchanged = text;
    for (var each : ports.entrySet()) {
      exchanged =
          exchanged.replaceAll("\\b" + each.getKey() + "\\b", String.valueOf(each.getValue()));
    }
    return exchanged;
  }

  static List<Integer> freePorts(int count) throws IOException {
    var sockets = new ArrayList<ServerSocket>();
    try {
      for (int i = 0; i < count; i++) {
        sockets.add(new ServerSocket(0, 1, InetAddress.getLoopbackAddress()));
      }
      return sockets.stream().map(ServerSocket::getLocalPort).toList();
    } finally {
      for (ServerSocket socket : sockets) {
        socket.close();
      }
    }
  }

  int adminPort() {
    return adminPort;
  }

  List<String> output() {
    return List.copyOf(output);
  }

  /** GETs JSON of the admin endpoint. */
  JsonNode admin(String path) {
    return json(send("GET", path, "").body());
  }

  private static JsonNode json(String text) {
    try {
      return AdminJson.mapper().readTree(text);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  HttpResponse<String> send(String method, String path, String token) {
    var request =
        HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + adminPort + path))
            .timeout(LIMIT)
            .method(method, HttpRequest.BodyPublishers.noBody());
    if (!token.isEmpty()) {
      request.header("Authorization", "Bearer " + token);
    }
    try {
      return client.send(request.build(), HttpResponse.BodyHandlers.ofString());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException(e);
    }
  }

  /** SIGTERM; returns the exit status. */
  int terminate() throws InterruptedException {
    process.destroy();
    if (!process.waitFor(LIMIT.toSeconds(), TimeUnit.SECONDS)) {
      throw new IllegalStateException("did not end:\n" + String.join("\n", output));
    }
    return process.exitValue();
  }

  /** SIGKILL. */
  void kill() {
    process.destroyForcibly();
    process.onExit().join();
  }

  @Override
  public void close() {
    kill();
    client.close();
  }
}
