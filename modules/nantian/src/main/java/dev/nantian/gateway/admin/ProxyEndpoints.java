package dev.nantian.gateway.admin;

import dev.nantian.gateway.proxy.ProxyView;
import dev.nantian.gateway.proxy.config.ConfigView;
import dev.nantian.gateway.proxy.listener.Listeners;
import dev.nantian.gateway.proxy.view.ExplainRequest;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** What a process with a proxy serves: its configuration, sockets, tables, backends, and why. */
public final class ProxyEndpoints {

  /** The endpoints over a view. */
  public static List<Endpoint> of(ProxyView view) {
    return List.of(
        Endpoint.get(
            "/v1/config",
            call ->
                view.config()
                    .thenApply(
                        config ->
                            Answer.json(
                                new ConfigJson(
                                    view.status(), config.revision(), config.resources())))),
        Endpoint.get(
            "/v1/listeners",
            call ->
                view.config()
                    .thenApply(
                        config ->
                            Answer.json(new ListenersJson(config.listeners(), view.sockets())))),
        Endpoint.get("/v1/routes", call -> Answer.now(Map.of("routes", view.routes()))),
        Endpoint.get(
            "/v1/backends",
            call -> view.backends().thenApply(all -> Answer.json(Map.of("backends", all)))),
        Endpoint.get(
            "/v1/explain",
            List.of("host", "path", "method", "header", "port", "scheme"),
            call -> Answer.now(view.explain(request(call)))));
  }

  /** Ready once a whole configuration is in force and its listeners are bound. */
  public static Supplier<List<String>> health(ProxyView view) {
    return () -> {
      ProxyView.Status status = view.status();
      return status.ready() ? List.of() : List.of("proxy: " + status.notReadyReason());
    };
  }

  /** What {@code /v1/config} answers. */
  record ConfigJson(ProxyView.Status status, long revision, List<ConfigView.Resource> resources) {}

  /** What {@code /v1/listeners} answers. */
  record ListenersJson(List<ConfigView.Listener> listeners, List<Listeners.View> sockets) {}

  private static ExplainRequest request(Call call) {
    String host =
        call.query("host")
            .orElseThrow(
                () ->
                    new RefusedException(
                        400, "query parameter 'host' is missing (expected a host name)"));
    try {
      return new ExplainRequest(
          call.query("scheme").orElse(null),
          port(call.query("port")),
          call.query("method").orElse("GET"),
          host,
          call.query("path").orElse("/"),
          call.queries("header"));
    } catch (IllegalArgumentException e) {
      throw new RefusedException(400, String.valueOf(e.getMessage()));
    }
  }

  private static @Nullable Integer port(Optional<String> text) {
    if (text.isEmpty()) {
      return null;
    }
    try {
      return Integer.valueOf(text.get());
    } catch (NumberFormatException e) {
      throw new RefusedException(400, "port: \"" + text.get() + "\" (expected 1 to 65535)");
    }
  }

  private ProxyEndpoints() {}
}
