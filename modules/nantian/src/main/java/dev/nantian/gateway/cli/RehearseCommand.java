package dev.nantian.gateway.cli;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.PrintWriter;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.Callable;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.Stream;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Spec;

/**
 * Starts the whole program at free ports of the loopback address, sends it requests and ends it.
 * The JVM that runs this with {@code -XX:AOTCacheOutput} learns which classes and methods a start
 * and traffic need; the launcher keeps the result for later starts.
 */
@Command(
    name = "rehearse",
    hidden = true,
    description = "Start, serve some requests and end: what an AOT cache is made of.")
final class RehearseCommand implements Callable<Integer> {
  private static final int REQUESTS = 3_000;
  private static final long POLL_NANOS = 5_000_000;

  @Spec
  @SuppressWarnings("NullAway.Init")
  private CommandSpec spec;

  @Override
  public Integer call() throws Exception {
    Path folder = Files.createTempDirectory("nantian-rehearsal");
    try {
      return rehearse(folder);
    } finally {
      try (Stream<Path> files = Files.walk(folder)) {
        for (Path each : files.toList().reversed()) {
          Files.delete(each);
        }
      }
    }
  }

  private int rehearse(Path folder) throws Exception {
    List<Integer> ports = freePorts();
    Path resources = Files.createDirectory(folder.resolve("resources"));
    try (InputStream template =
        Objects.requireNonNull(RehearseCommand.class.getResourceAsStream("rehearsal.yaml"))) {
      String text = new String(template.readAllBytes(), UTF_8);
      Files.writeString(
          resources.resolve("rehearsal.yaml"),
          text.replace("GATEWAY_PORT", ports.get(0).toString())
              .replace("BACKEND_PORT", ports.get(1).toString()));
    }
    var standalone = new StandaloneCommand();
    CommandLine command =
        Nantian.standalone(standalone).setOut(new PrintWriter(spec.commandLine().getErr()));
    command.parseArgs(
        resources.toString(),
        "--bind",
        "127.0.0.1",
        "--admin",
        "127.0.0.1:" + ports.get(2),
        "--data-dir",
        folder.resolve("state").toString());
    var foreground = new Foreground();
    var failures = new ArrayList<Exception>();
    Thread client =
        Thread.ofPlatform()
            .daemon()
            .start(
                () -> {
                  try {
                    awaitReady(ports.get(2));
                    requests(ports.get(0), "/shop/1", REQUESTS);
                    requests(ports.get(2), "/metrics", 1);
                    requests(ports.get(2), "/v1/status", 1);
                  } catch (IOException e) {
                    failures.add(e);
                  } finally {
                    foreground.end();
                  }
                });
    int status = standalone.run(foreground);
    client.join();
    if (!failures.isEmpty()) {
      throw new CommandFailure("rehearsal: " + failures.getFirst(), failures.getFirst());
    }
    return status;
  }

  private static List<Integer> freePorts() throws IOException {
    try (var one = new ServerSocket(0, 1, InetAddress.getLoopbackAddress());
        var two = new ServerSocket(0, 1, InetAddress.getLoopbackAddress());
        var three = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      return List.of(one.getLocalPort(), two.getLocalPort(), three.getLocalPort());
    }
  }

  /** Asks until the admin endpoint says that the program serves; it ends with the process. */
  private static void awaitReady(int adminPort) {
    boolean ready = false;
    while (!ready) {
      try {
        requests(adminPort, "/readyz", 1);
        ready = true;
      } catch (IOException e) {
        LockSupport.parkNanos(POLL_NANOS); // it does not listen yet, or is not ready
      }
    }
  }

  /** One after the other on one connection; each must be answered with 200. */
  private static void requests(int port, String path, int count) throws IOException {
    try (var socket = new Socket(InetAddress.getLoopbackAddress(), port)) {
      var in = new BufferedReader(new InputStreamReader(socket.getInputStream(), UTF_8));
      byte[] request =
          ("GET " + path + " HTTP/1.1\r\nHost: localhost\r\nAccept: text/plain\r\n\r\n")
              .getBytes(UTF_8);
      for (int i = 0; i < count; i++) {
        socket.getOutputStream().write(request);
        skipResponse(in);
      }
    }
  }

  private static void skipResponse(BufferedReader in) throws IOException {
    String status = in.readLine();
    if (status == null || !status.startsWith("HTTP/1.1 200")) {
      throw new IOException("answer " + status + " (expected HTTP/1.1 200)");
    }
    long length = 0;
    for (String line = in.readLine(); line != null && !line.isEmpty(); line = in.readLine()) {
      if (line.regionMatches(true, 0, "content-length:", 0, 15)) {
        length = Long.parseLong(line.substring(15).strip());
      }
    }
    in.skip(length);
  }
}
