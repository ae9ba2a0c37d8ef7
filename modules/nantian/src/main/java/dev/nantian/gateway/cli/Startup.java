package dev.nantian.gateway.cli;

import dev.nantian.gateway.control.ControlPlane;
import dev.nantian.gateway.proxy.ProxyNode;
import dev.nantian.gateway.proxy.ProxyView;
import dev.nantian.gateway.proxy.config.ConfigView;
import java.time.Duration;
import java.util.List;

/**
 * Waits until a standalone process serves what its folder says. Runs on the main thread, before
 * anything is announced.
 *
 * @param control the control plane
 * @param proxy the proxy, connected to it
 */
record Startup(ControlPlane control, ProxyNode proxy) {
  private static final Duration PATIENCE = Duration.ofSeconds(15);
  private static final Duration STEP = Duration.ofMillis(5);

  /** Returns when the proxy has answered for every resource, or after a while in any case. */
  void await() throws InterruptedException {
    control.whenReady().toCompletableFuture().join();
    control.settled().toCompletableFuture().join();
    long deadline = System.nanoTime() + PATIENCE.toNanos();
    while (!answered() && System.nanoTime() - deadline < 0) {
      Thread.sleep(STEP);
    }
  }

  /** Every listener of the proxy with what keeps it from serving. */
  List<ConfigView.Listener> listeners() {
    return proxy.view().config().toCompletableFuture().join().listeners();
  }

  private boolean answered() {
    ProxyView.Status status = proxy.view().status();
    if (!status.controlPlane().connected() || status.revision() == 0) {
      return false;
    }
    var refused =
        control.view().nodes().toCompletableFuture().join().stream()
            .flatMap(node -> node.refusals().stream())
            .map(refusal -> refusal.type() + " " + refusal.name())
            .toList();
    return control.view().snapshot().toCompletableFuture().join().stream()
        .allMatch(
            resource ->
                !resource.liveAt().isEmpty()
                    || refused.contains(resource.type() + " " + resource.name()));
  }
}
