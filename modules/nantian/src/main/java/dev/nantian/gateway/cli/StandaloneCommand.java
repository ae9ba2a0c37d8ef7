package dev.nantian.gateway.cli;

import dev.nantian.gateway.admin.AdminServer;
import dev.nantian.gateway.admin.ControlEndpoints;
import dev.nantian.gateway.admin.Endpoint;
import dev.nantian.gateway.admin.Health;
import dev.nantian.gateway.admin.ProcessEndpoints;
import dev.nantian.gateway.admin.ProxyEndpoints;
import dev.nantian.gateway.control.ControlPlane;
import dev.nantian.gateway.control.source.folder.FolderSource;
import dev.nantian.gateway.proxy.ProxyNode;
import dev.nantian.gateway.proxy.config.ConfigView;
import dev.nantian.gateway.proxy.xds.ControlPlaneAddress;
import java.io.PrintWriter;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import org.apache.pekko.actor.typed.ActorSystem;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** Runs both planes in one process until it is told to end. */
@Command(
    name = "standalone",
    sortOptions = false,
    description = {
      "Serve a folder of Gateway API YAML and JSON: both planes in one process, no Kubernetes.",
      "",
      "The folder is watched; every change is live at once. What is wrong with a file is logged with file and line, and told in the status of the object "
          + "(nantian status); everything else goes on working.",
      "",
      "An EndpointSlice with the annotation gateway.nantian.dev/echo: NAME starts an echo backend at each of its addresses and ports, which must be loopback."
    },
    footerHeading = "%nExamples:%n",
    footer = {
      "  nantian standalone examples/quickstart",
      "  nantian standalone . --bind 127.0.0.1 --admin 127.0.0.1:9911"
    })
final class StandaloneCommand implements Callable<Integer> {
  private static final Duration GRACE = Duration.ofSeconds(1);
  private static final String NODE = "standalone";

  @Spec
  @SuppressWarnings("NullAway.Init")
  private CommandSpec spec;

  @Parameters(paramLabel = "DIR", description = "Folder of YAML and JSON, read with all below.")
  private Path folder = Path.of("");

  @Mixin private ProxyOptions proxy = new ProxyOptions();
  @Mixin private ControlOptions control = new ControlOptions();
  @Mixin private AdminOptions admin = new AdminOptions();
  @Mixin private StateFolder state = new StateFolder();

  @Override
  public Integer call() throws InterruptedException {
    return run(new Foreground());
  }

  /** Runs it until {@code foreground} ends. */
  int run(Foreground foreground) throws InterruptedException {
    var xds = new HostPort("127.0.0.1", 0);
    var controlSettings =
        control.settings(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0));
    var adminSettings = admin.settings(state);
    ActorSystem<?> system = Program.actorSystem(proxy.system());
    try {
      var meters = Meters.registry();
      var echoes = new EchoBackends(system);
      ControlPlane controlPlane =
          Program.await(
              ControlPlane.start(
                  system, controlSettings, echoes.following(new FolderSource(folder)), meters),
              xds,
              "the loopback address has no free port");
      var where = new ControlPlaneAddress(xds.host(), controlPlane.xdsAddress().getPort());
      // The folder is the truth: nothing of an earlier one may be served from disk.
      ProxyNode proxyNode = proxy.start(system, proxy.settings(where, NODE, null), meters);
      AdminServer server =
          Program.await(
              AdminServer.start(
                  system,
                  adminSettings,
                  ProcessEndpoints.with(
                      Version.text(),
                      List.of("control", "proxy"),
                      new Health(
                          List.of(
                              ControlEndpoints.health(controlPlane),
                              ProxyEndpoints.health(proxyNode.view()))),
                      meters,
                      OpenApi::text,
                      endpoints(controlPlane, proxyNode))),
              admin.address(),
              AdminOptions.ADVICE);
      var startup = new Startup(controlPlane, proxyNode);
      startup.await();
      echoes.settled().toCompletableFuture().join();
      List<ConfigView.Listener> listeners = startup.listeners();
      refuseBusy(listeners);
      announce(listeners, echoes, server);
      return foreground.untilSignal(
          () ->
              proxyNode
                  .drainAndStop(proxy.drain())
                  .thenCompose(cut -> controlPlane.stop())
                  .thenCompose(done -> echoes.stop())
                  .thenCompose(done -> server.stop(GRACE)),
          proxy.drain().plusSeconds(10));
    } finally {
      system.terminate();
    }
  }

  private static List<Endpoint> endpoints(ControlPlane controlPlane, ProxyNode proxyNode) {
    var all = new ArrayList<Endpoint>();
    all.addAll(ControlEndpoints.of(controlPlane.view()));
    all.addAll(ProxyEndpoints.of(proxyNode.view()));
    return all;
  }

  /** A taken port at the start is almost always a second copy: better to end than to half serve. */
  private static void refuseBusy(List<ConfigView.Listener> listeners) {
    for (ConfigView.Listener listener : listeners) {
      String problem = listener.problem();
      if (problem != null && problem.contains(listener.address()) && problem.contains("bind")) {
        throw new CommandFailure(
            "Gateway " + listener.gateway() + " listener " + listener.name() + ": " + problem);
      }
    }
  }

  private void announce(
      List<ConfigView.Listener> listeners, EchoBackends echoes, AdminServer server) {
    PrintWriter out = spec.commandLine().getOut();
    out.println("nantian " + Version.text() + " standalone: " + folder);
    for (ConfigView.Listener listener : listeners) {
      String problem = listener.problem();
      out.printf(
          "  %-6s %s  (%s/%s)%s%n",
          listener.protocol().toLowerCase(Locale.ROOT),
          listener.address(),
          listener.gateway(),
          listener.name(),
          problem == null ? "" : "  does not serve: " + problem);
    }
    echoes.running().forEach((address, name) -> out.printf("  echo   %s  (%s)%n", address, name));
    out.println("  admin  http://" + Program.text(server.address()));
    out.println("Ready.");
  }
}
