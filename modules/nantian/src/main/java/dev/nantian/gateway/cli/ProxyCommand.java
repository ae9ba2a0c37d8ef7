package dev.nantian.gateway.cli;

import dev.nantian.gateway.admin.AdminServer;
import dev.nantian.gateway.admin.Health;
import dev.nantian.gateway.admin.ProcessEndpoints;
import dev.nantian.gateway.admin.ProxyEndpoints;
import dev.nantian.gateway.proxy.ProxyNode;
import dev.nantian.gateway.proxy.takeover.InheritedSockets;
import dev.nantian.gateway.proxy.takeover.Predecessor;
import dev.nantian.gateway.proxy.xds.ControlPlaneAddress;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import java.io.PrintWriter;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import org.apache.pekko.actor.typed.ActorSystem;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** Runs a proxy until it is told to end. */
@Command(
    name = "proxy",
    sortOptions = false,
    description = {
      "Run a proxy: take the configuration of a control plane, serve traffic.",
      "",
      "The last good configuration is kept on disk, so that it starts and serves when the control plane is away. It holds private keys; its mode is 0600. "
          + "Two proxies on one machine need a --data-dir and an --admin of their own, unless one takes over from the other (--takeover)."
    },
    footerHeading = "%nExamples:%n",
    footer = {
      "  nantian proxy --admin 127.0.0.1:9902",
      "  nantian proxy --xds 10.0.0.5:18000 --node-id edge-1 --data-dir /var/lib/nantian",
      "  nantian proxy --takeover                 restart without losing a request"
    })
final class ProxyCommand implements Callable<Integer> {
  private static final Duration GRACE = Duration.ofSeconds(1);

  @Spec
  @SuppressWarnings("NullAway.Init")
  private CommandSpec spec;

  @Option(
      names = "--xds",
      paramLabel = "HOST:PORT",
      defaultValue = "127.0.0.1:18000",
      description = "Where the control plane is (default: ${DEFAULT-VALUE}).")
  private HostPort xds = new HostPort("127.0.0.1", 18_000);

  @Option(
      names = "--node-id",
      paramLabel = "NAME",
      description = "Who this proxy is, unique at its control plane (default: HOSTNAME-ADMINPORT).")
  private @Nullable String nodeId;

  @Mixin private ProxyOptions proxy = new ProxyOptions();
  @Mixin private AdminOptions admin = new AdminOptions();
  @Mixin private StateFolder state = new StateFolder();
  @Mixin private Takeover takeover = new Takeover();

  @Override
  public Integer call() throws InterruptedException {
    var foreground = new Foreground();
    if (xds.port() == 0) {
      throw new CommandFailure("--xds: " + xds + " (expected a port from 1 to 65535)");
    }
    String node = nodeId == null ? ProxyOptions.hostName() + "-" + admin.address().port() : nodeId;
    var settings =
        proxy.settings(new ControlPlaneAddress(xds.host(), xds.port()), node, state.folder());
    takeover.requireEpoll(proxy);
    admin.check();
    Optional<InheritedSockets> inherited = takeover.begin(state);
    if (inherited.isEmpty()) {
      var unused = admin.address().free(AdminOptions.ADVICE); // before anything has begun
    }
    ActorSystem<?> system = Program.actorSystem(proxy.system());
    try {
      var meters = Meters.registry();
      ProxyNode plane = proxy.start(system, settings, meters, inherited);
      AdminServer server;
      if (inherited.isPresent()) {
        takeover.complete(plane, inherited.get(), foreground);
        server = Takeover.whenFree(() -> serveAdmin(system, plane, meters), foreground);
      } else {
        server = serveAdmin(system, plane, meters);
      }
      Predecessor offered = takeover.offer(state, plane, server, foreground);
      PrintWriter out = spec.commandLine().getOut();
      out.println("nantian " + Version.text() + " proxy: " + node);
      out.println("  xds    " + xds);
      out.println("  state  " + state.folder());
      out.println("  admin  http://" + Program.text(server.address()));
      return foreground.untilSignal(
          () -> {
            if (offered != null) {
              offered.close();
            }
            return plane.drainAndStop(proxy.drain()).thenCompose(cut -> server.stop(GRACE));
          },
          proxy.drain().plusSeconds(10));
    } finally {
      system.terminate();
    }
  }

  private AdminServer serveAdmin(
      ActorSystem<?> system, ProxyNode plane, PrometheusMeterRegistry meters) {
    return Program.await(
        AdminServer.start(
            system,
            admin.settings(state),
            ProcessEndpoints.with(
                Version.text(),
                List.of("proxy"),
                new Health(List.of(ProxyEndpoints.health(plane.view()))),
                meters,
                OpenApi::text,
                ProxyEndpoints.of(plane.view()))),
        admin.address(),
        AdminOptions.ADVICE);
  }
}
