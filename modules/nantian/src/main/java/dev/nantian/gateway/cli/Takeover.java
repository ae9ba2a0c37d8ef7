package dev.nantian.gateway.cli;

import dev.nantian.gateway.admin.AdminServer;
import dev.nantian.gateway.proxy.ProxyNode;
import dev.nantian.gateway.proxy.config.ConfigView;
import dev.nantian.gateway.proxy.takeover.InheritedSockets;
import dev.nantian.gateway.proxy.takeover.LentSocket;
import dev.nantian.gateway.proxy.takeover.Predecessor;
import dev.nantian.gateway.proxy.takeover.SocketKey;
import dev.nantian.gateway.proxy.takeover.Successor;
import dev.nantian.gateway.proxy.takeover.TakeoverException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletionStage;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import picocli.CommandLine.Option;

/**
 * Hitless restart, for the command that runs a proxy: takes over from the process that serves, and
 * later waits to be taken over from. docs/restart.md tells the whole.
 */
final class Takeover {
  private static final Logger log = LoggerFactory.getLogger(Takeover.class);

  /** Below what the running process waits: it must not have given up when this one begins. */
  private static final Duration READY_LIMIT = Duration.ofSeconds(110);

  private static final Duration STEP = Duration.ofMillis(5);
  private static final Duration ADMIN_STEP = Duration.ofMillis(20);
  private static final Duration ADMIN_PATIENCE = Duration.ofSeconds(5);

  @Option(
      names = "--takeover",
      description =
          "Take over from the proxy that runs with this --data-dir, without losing a connection;"
              + " it drains and ends once this one serves. Without such a proxy, start as usual.")
  private boolean wanted;

  private @Nullable Successor successor;

  /**
   * Asks the running process for its sockets.
   *
   * @return empty if there is none, or nothing is to be taken over
   */
  Optional<InheritedSockets> begin(StateFolder state) {
    if (!wanted) {
      return Optional.empty();
    }
    try {
      Optional<Successor> begun = Successor.greet(folder(state));
      if (begun.isEmpty()) {
        log.info("event=nothing_to_take_over data_dir={}", state.folder());
      }
      successor = begun.orElse(null);
      return begun.map(Successor::sockets);
    } catch (TakeoverException e) {
      throw failed(e);
    }
  }

  private static Path folder(StateFolder state) {
    return state.file("takeover");
  }

  /** Fails in one line if the machine or the setting has no transport that takes over. */
  void requireEpoll(ProxyOptions proxy) {
    if (wanted && !proxy.transportHandsOver()) {
      throw new CommandFailure(
          "--takeover: listening sockets can be taken over by the transport epoll only (expected"
              + " --transport epoll, or auto on a machine that has it)");
    }
  }

  /** Waits until the proxy can serve, then begins to; returns when the other process has let go. */
  void complete(ProxyNode proxy, InheritedSockets inherited, Foreground foreground)
      throws InterruptedException {
    long deadline = System.nanoTime() + READY_LIMIT.toNanos();
    while (!proxy.ready()) {
      if (foreground.isAsked()) {
        throw new CommandFailure("ended by a signal before it had taken over");
      }
      if (System.nanoTime() - deadline > 0) {
        throw new CommandFailure(
            "--takeover: not ready within "
                + READY_LIMIT.toSeconds()
                + " s ("
                + proxy.view().status().notReadyReason()
                + "); the running proxy goes on");
      }
      Thread.sleep(STEP);
    }
    requireAllSockets(proxy, inherited);
    Successor to = Objects.requireNonNull(successor);
    try (to) {
      to.ready();
      proxy.accept().toCompletableFuture().join();
      log.info("event=taken_over");
      to.awaitRelease();
    } catch (TakeoverException e) {
      throw failed(e);
    }
  }

  /**
   * Without this a proxy with another --bind would let the old sockets go and could not have its
   * own before they are gone.
   */
  private static void requireAllSockets(ProxyNode proxy, InheritedSockets inherited) {
    Set<SocketKey> left = inherited.left();
    List<String> unbound =
        proxy.view().config().toCompletableFuture().join().listeners().stream()
            .filter(listener -> listener.problem() != null && listener.problem().contains("bind"))
            .map(ConfigView.Listener::problem)
            .toList();
    if (!left.isEmpty() && !unbound.isEmpty()) {
      throw new CommandFailure(
          "--takeover: "
              + unbound
              + " while the running proxy has "
              + left
              + " (expected the same --bind); it goes on");
    }
  }

  /** Starts the admin endpoint, whose port the other process gives up at its last moment. */
  static <T> T whenFree(Supplier<T> start, Foreground foreground) throws InterruptedException {
    long complain = System.nanoTime() + ADMIN_PATIENCE.toNanos();
    while (true) {
      try {
        return start.get();
      } catch (CommandFailure e) {
        if (foreground.isAsked()) {
          throw e;
        }
        if (System.nanoTime() - complain > 0) {
          // Traffic is served: ending for the admin endpoint's sake would be the greater harm.
          log.warn("event=no_admin_endpoint_yet reason=\"{}\"", e.getMessage());
          complain = System.nanoTime() + ADMIN_PATIENCE.toNanos();
        }
        Thread.sleep(ADMIN_STEP);
      }
    }
  }

  /** Waits for a process that takes over; null, and a word in the log, if that is not possible. */
  @Nullable Predecessor offer(
      StateFolder state, ProxyNode proxy, AdminServer admin, Foreground foreground) {
    if (!proxy.handsOver()) {
      log.info("event=no_hitless_restart reason=\"only the transport epoll hands sockets over\"");
      return null;
    }
    try {
      return Predecessor.listen(folder(state), new Serving(proxy, admin, foreground));
    } catch (TakeoverException e) {
      log.warn("event=no_hitless_restart reason=\"{}\"", e.getMessage());
      return null;
    }
  }

  private static CommandFailure failed(TakeoverException e) {
    return new CommandFailure("--takeover: " + e.getMessage(), e);
  }

  /** This process, as one that takes over sees it. */
  private record Serving(ProxyNode proxy, AdminServer admin, Foreground foreground)
      implements Predecessor.Serving {
    @Override
    public CompletionStage<List<LentSocket>> freeze() {
      return proxy.freeze();
    }

    @Override
    public void thaw() {
      proxy.thaw();
    }

    @Override
    public CompletionStage<Void> release() {
      return proxy.handedOver().thenCompose(_ -> admin.unbind());
    }

    @Override
    public void leave() {
      log.info("event=draining cause=takeover");
      foreground.end();
    }
  }
}
