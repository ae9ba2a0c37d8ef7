package dev.nantian.gateway.cli;

import com.typesafe.config.ConfigFactory;
import dev.nantian.gateway.admin.AdminServer;
import dev.nantian.gateway.admin.ControlEndpoints;
import dev.nantian.gateway.admin.Health;
import dev.nantian.gateway.admin.ProcessEndpoints;
import dev.nantian.gateway.control.ControlPlane;
import dev.nantian.gateway.control.ControlPlaneSettings;
import dev.nantian.gateway.control.source.folder.FolderSource;
import io.micrometer.core.instrument.MeterRegistry;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletionStage;
import org.apache.pekko.actor.typed.ActorSystem;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** Runs a control plane until it is told to end. */
@Command(
    name = "control",
    sortOptions = false,
    description = {
      "Run the control plane: read Gateway API objects, serve proxies over xDS.",
      "",
      "They come from a folder of YAML and JSON, or with --kubernetes from an API server, to which statuses are written back; of several replicas one leads and writes.",
      "",
      "The folder is watched; every change is live at once. What is wrong with a file is logged with file and line, and told in the status of the object "
          + "(nantian status); everything else goes on working."
    },
    footerHeading = "%nExamples:%n",
    footer = {
      "  nantian control examples/quickstart",
      "  nantian control /etc/nantian --xds 10.0.0.5:18000 --admin 127.0.0.1:9911",
      "  nantian control --kubernetes --kubeconfig ~/.kube/config --service-type none --address-pool 192.0.2.0/24"
    })
final class ControlCommand implements Callable<Integer> {
  private static final Duration GRACE = Duration.ofSeconds(1);
  private static final Duration LIMIT = Duration.ofSeconds(10);

  @Spec
  @SuppressWarnings("NullAway.Init")
  private CommandSpec spec;

  @Parameters(
      paramLabel = "DIR",
      arity = "0..1",
      description = "Folder of YAML and JSON, read with all below.")
  private @Nullable Path folder;

  @Option(
      names = "--xds",
      paramLabel = "HOST:PORT",
      defaultValue = "127.0.0.1:18000",
      description =
          "Where proxies connect (default: ${DEFAULT-VALUE}). It is plain gRPC and carries private keys: loopback, or a network where only proxies are.")
  private HostPort xds = new HostPort("127.0.0.1", 18_000);

  @Mixin private KubernetesOptions kubernetes = new KubernetesOptions();
  @Mixin private ControlOptions control = new ControlOptions();
  @Mixin private AdminOptions admin = new AdminOptions();
  @Mixin private StateFolder state = new StateFolder();

  @Override
  public Integer call() throws InterruptedException {
    if (kubernetes.chosen() == (folder != null)) {
      throw new CommandFailure(
          kubernetes.chosen()
              ? "--kubernetes and the folder " + folder + " (expected one of them)"
              : "no source (expected a folder, or --kubernetes)");
    }
    var foreground = new Foreground();
    var settings = control.settings(xds.free("choose another with --xds"));
    var adminSettings = admin.settings(state);
    ActorSystem<?> system = Program.actorSystem(ConfigFactory.empty());
    try {
      var meters = Meters.registry();
      ControlPlane plane =
          Program.await(start(system, settings, meters), xds, "choose another with --xds");
      AdminServer server =
          Program.await(
              AdminServer.start(
                  system,
                  adminSettings,
                  ProcessEndpoints.with(
                      Version.text(),
                      List.of("control"),
                      new Health(List.of(ControlEndpoints.health(plane))),
                      meters,
                      OpenApi::text,
                      ControlEndpoints.of(plane.view()))),
              admin.address(),
              AdminOptions.ADVICE);
      PrintWriter out = spec.commandLine().getOut();
      out.println(
          "nantian "
              + Version.text()
              + " control: "
              + (folder == null ? kubernetes.server() : folder));
      out.println("  xds    " + Program.text(plane.xdsAddress()));
      out.println("  admin  http://" + Program.text(server.address()));
      out.flush();
      plane
          .whenReady()
          .thenRun(
              () -> {
                out.println("Ready.");
                out.flush();
              });
      return foreground.untilSignal(
          () -> plane.stop().thenCompose(done -> server.stop(GRACE)), LIMIT);
    } finally {
      system.terminate();
    }
  }

  private CompletionStage<ControlPlane> start(
      ActorSystem<?> system, ControlPlaneSettings settings, MeterRegistry meters) {
    return folder == null
        ? ControlPlane.start(system, settings, kubernetes.backing(system, settings, meters), meters)
        : ControlPlane.start(system, settings, new FolderSource(folder), meters);
  }
}
