package dev.nantian.gateway.cli;

import com.typesafe.config.Config;
import dev.nantian.gateway.proxy.DataPlaneSettings;
import dev.nantian.gateway.proxy.LimitOption;
import dev.nantian.gateway.proxy.ProxyNode;
import dev.nantian.gateway.proxy.ProxySettings;
import dev.nantian.gateway.proxy.log.AccessLogSettings;
import dev.nantian.gateway.proxy.loop.LoopDispatchers;
import dev.nantian.gateway.proxy.loop.Transport;
import dev.nantian.gateway.proxy.loop.TransportChoice;
import dev.nantian.gateway.proxy.proxyprotocol.TrustedSenders;
import dev.nantian.gateway.proxy.takeover.InheritedSockets;
import dev.nantian.gateway.proxy.tls.TlsContexts;
import dev.nantian.gateway.proxy.xds.Backoff;
import dev.nantian.gateway.proxy.xds.ControlPlaneAddress;
import dev.nantian.gateway.proxy.xds.NodeIdentity;
import io.micrometer.core.instrument.MeterRegistry;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import org.apache.pekko.actor.typed.ActorSystem;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** Options of a proxy, for the commands that run one. */
final class ProxyOptions {
  // 16 MiB: some hundred milliseconds of full load; what does not fit is dropped and counted.
  private static final int ACCESS_BUFFERS = 256;

  @Option(
      names = "--bind",
      paramLabel = "IP",
      defaultValue = "0.0.0.0",
      description =
          "Address of the listeners of Gateways that name none (default: ${DEFAULT-VALUE}).")
  private String bind = "0.0.0.0";

  @Option(
      names = "--loops",
      paramLabel = "N",
      description = "Event loops that serve traffic (default: one for each processor).")
  private int loops = Runtime.getRuntime().availableProcessors();

  @Option(
      names = "--transport",
      paramLabel = "NAME",
      defaultValue = "auto",
      description = "io_uring, epoll, nio or auto (default: ${DEFAULT-VALUE}).")
  private String transport = "auto";

  @Option(
      names = "--drain",
      paramLabel = "TIME",
      defaultValue = "10s",
      description =
          "How long requests under way may take to end at SIGTERM (default: ${DEFAULT-VALUE}).")
  private Duration drain = Duration.ofSeconds(10);

  @Option(
      names = "--access-log",
      paramLabel = "FILE|-",
      description =
          "Append a JSON line for each request to a file, or to standard output (default: none).")
  private @Nullable String accessLog;

  @Option(
      names = "--limit",
      paramLabel = "NAME=VALUE",
      description =
          "Set a limit or a rule of strictness, for example body-size=10MiB; may be repeated."
              + " docs/limits.md lists them.")
  private Map<String, String> limits = new LinkedHashMap<>();

  @Option(
      names = "--tls-ticket-rotation",
      paramLabel = "TIME",
      defaultValue = "12h",
      description =
          "How long the keys of TLS session tickets are used; a client can resume for one to two of it, 0s for no tickets (default: ${DEFAULT-VALUE}).")
  private Duration ticketRotation = TlsContexts.TICKET_ROTATION;

  @Option(
      names = "--proxy-protocol",
      paramLabel = "PORT=CIDR[,CIDR]",
      description =
          "Connections to this port must begin with a PROXY header (version 1 or 2) and come from"
              + " these addresses; may be repeated.")
  private Map<Integer, String> proxyProtocol = new LinkedHashMap<>();

  Duration drain() {
    return drain;
  }

  /** What the actor system's configuration needs for the event loops. */
  Config system() {
    if (loops < 1 || loops > 1024) {
      throw new CommandFailure("--loops: " + loops + " (expected 1 to 1024)");
    }
    return LoopDispatchers.config(loops);
  }

  /**
   * @param dataFolder null to keep nothing on disk
   */
  ProxySettings settings(ControlPlaneAddress controlPlane, String node, @Nullable Path dataFolder) {
    return new ProxySettings(
        controlPlane,
        new NodeIdentity(node, hostName(), Version.text()),
        Backoff.DEFAULT,
        address(),
        ticketRotation(),
        dataFolder,
        dataPlane());
  }

  /** Whether the chosen transport, on this machine, can take listening sockets over. */
  boolean transportHandsOver() {
    TransportChoice choice = transportChoice();
    return choice == TransportChoice.EPOLL
        || (choice == TransportChoice.AUTO && Transport.choose(choice).handsOver());
  }

  private TransportChoice transportChoice() {
    try {
      return TransportChoice.parse(transport);
    } catch (IllegalArgumentException e) {
      throw new CommandFailure("--" + e.getMessage(), e);
    }
  }

  /** Starts a proxy; fails in one line if its access log cannot be opened. */
  ProxyNode start(ActorSystem<?> system, ProxySettings settings, MeterRegistry meters) {
    return start(system, settings, meters, Optional.empty());
  }

  /** Starts a proxy, with another process's sockets if there are any. */
  ProxyNode start(
      ActorSystem<?> system,
      ProxySettings settings,
      MeterRegistry meters,
      Optional<InheritedSockets> inherited) {
    try {
      return inherited.isPresent()
          ? ProxyNode.startAfter(inherited.get(), system, settings, meters)
          : ProxyNode.start(system, settings, meters);
    } catch (UncheckedIOException e) {
      throw new CommandFailure(
          "--access-log " + accessLog + ": " + Reason.of(Objects.requireNonNull(e.getCause())), e);
    }
  }

  private Duration ticketRotation() {
    // RFC 8446 section 4.6.1: no ticket lives longer than seven days.
    if (ticketRotation.compareTo(Duration.ofDays(7)) > 0
        || (ticketRotation.compareTo(Duration.ofMinutes(1)) < 0 && !ticketRotation.isZero())) {
      throw new CommandFailure(
          "--tls-ticket-rotation: " + ticketRotation.toSeconds() + "s (expected 0s, or 1m to 7d)");
    }
    return ticketRotation;
  }

  private DataPlaneSettings dataPlane() {
    DataPlaneSettings standard = DataPlaneSettings.DEFAULT;
    try {
      TrustedSenders senders = TrustedSenders.NONE;
      for (Map.Entry<Integer, String> port : proxyProtocol.entrySet()) {
        senders = senders.with(port.getKey(), List.of(port.getValue().split(",", -1)));
      }
      return LimitOption.apply(
          standard
              .withConnections(standard.connections().withProxyHeaders(senders))
              .withTransport(transportChoice())
              .withAccessLog(accessLog()),
          limits);
    } catch (IllegalArgumentException e) {
      throw new CommandFailure("--" + e.getMessage(), e);
    }
  }

  private @Nullable AccessLogSettings accessLog() {
    if (accessLog == null) {
      return null;
    }
    return new AccessLogSettings(accessLog.equals("-") ? null : Path.of(accessLog), ACCESS_BUFFERS);
  }

  private InetAddress address() {
    try {
      return InetAddress.ofLiteral(bind);
    } catch (IllegalArgumentException e) {
      throw new CommandFailure("--bind: '" + bind + "' (expected an IP address)", e);
    }
  }

  /** The machine's own name; {@code localhost} if it has none that resolves. */
  static String hostName() {
    try {
      return InetAddress.getLocalHost().getHostName();
    } catch (UnknownHostException e) {
      return "localhost";
    }
  }
}
