package dev.nantian.gateway.cli;

import com.typesafe.config.ConfigFactory;
import dev.nantian.gateway.echo.EchoOptions;
import dev.nantian.gateway.echo.EchoServer;
import java.time.Duration;
import java.util.concurrent.Callable;
import org.apache.pekko.actor.typed.ActorSystem;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** Runs one echo backend until it is told to end. */
@Command(
    name = "echo",
    sortOptions = false,
    description = {
      "Run a small backend that answers with what it received.",
      "",
      "One port speaks HTTP/1.1, HTTP/2 without TLS (prior knowledge and upgrade), WebSocket (any path; messages come back) and gRPC "
          + "(service nantian.echo.v1.Echo: Unary, ServerStream, ClientStream, BidiStream).",
      "",
      "The answer is JSON: name, method, path, query, protocol, headers, body. A client that sends 'Accept: text/plain' gets one line. "
          + "Every answer carries the header x-echo-name.",
      "",
      "Pairs of path segments, anywhere in the path, ask for something else; they combine:",
      "  /status/503      answer with this status (200 to 599)",
      "  /delay/200ms     wait before answering (ms, s or m)",
      "  /bytes/16384     a body of so many bytes",
      "  /stream          10 server-sent events; /stream/50/every/20ms for another count and pace",
      "  /body            the request's body comes back as it arrives"
    },
    footerHeading = "%nExamples:%n",
    footer = {
      "  nantian echo --port 3000 --name shop-v1",
      "  curl localhost:3000/cart?id=7",
      "  curl --http2-prior-knowledge localhost:3000/delay/200ms/status/503"
    })
final class EchoCommand implements Callable<Integer> {
  private static final Duration GRACE = Duration.ofSeconds(5);

  @Spec
  @SuppressWarnings("NullAway.Init")
  private CommandSpec spec;

  @Option(
      names = "--name",
      paramLabel = "NAME",
      defaultValue = "echo",
      description = "What it calls itself (default: ${DEFAULT-VALUE}).")
  private String name = "";

  @Option(
      names = "--host",
      paramLabel = "HOST",
      defaultValue = "127.0.0.1",
      description = "Address to listen at (default: ${DEFAULT-VALUE}).")
  private String host = "";

  @Option(
      names = "--port",
      paramLabel = "PORT",
      defaultValue = "3000",
      description = "Port to listen at; 0 takes a free one (default: ${DEFAULT-VALUE}).")
  private int port;

  @Option(
      names = "--delay",
      paramLabel = "TIME",
      defaultValue = "0ms",
      description = "Wait before every answer, for example 200ms (default: ${DEFAULT-VALUE}).")
  private Duration delay = Duration.ZERO;

  @Option(
      names = "--status",
      paramLabel = "CODE",
      defaultValue = "200",
      description = "Status of every answer (default: ${DEFAULT-VALUE}).")
  private int status;

  @Override
  public Integer call() throws InterruptedException {
    EchoOptions options;
    try {
      options = new EchoOptions(name, host, port, delay, status);
    } catch (IllegalArgumentException e) {
      throw new ParameterException(spec.commandLine(), "--" + e.getMessage());
    }
    new HostPort(host, port).free("choose another with --port");
    var foreground = new Foreground();
    ActorSystem<?> system = Program.actorSystem(ConfigFactory.empty());
    try {
      EchoServer server =
          Program.await(
              EchoServer.start(system, options),
              new HostPort(host, port),
              "choose another with --port");
      spec.commandLine()
          .getOut()
          .println("echo backend " + name + " at http://" + Program.text(server.address()));
      return foreground.untilSignal(() -> server.stop(GRACE), GRACE.plusSeconds(2));
    } finally {
      system.terminate();
    }
  }
}
