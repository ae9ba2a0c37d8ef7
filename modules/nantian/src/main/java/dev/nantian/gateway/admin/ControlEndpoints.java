package dev.nantian.gateway.admin;

import dev.nantian.gateway.control.ControlPlane;
import dev.nantian.gateway.control.ControlPlaneView;
import dev.nantian.gateway.control.source.Kind;
import dev.nantian.gateway.control.source.ResourceKey;
import dev.nantian.gateway.control.status.ObjectStatus;
import dev.nantian.gateway.protocol.ResourceType;
import java.time.Instant;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** What a process with a control plane serves: its actors, configuration, proxies and statuses. */
public final class ControlEndpoints {
  /** Stands for the namespace of a cluster-scoped object in a path. */
  private static final String NO_NAMESPACE = "-";

  /** The endpoints over a view. */
  public static List<Endpoint> of(ControlPlaneView view) {
    return List.of(
        Endpoint.get("/v1/actors", call -> Answer.now(Map.of("actors", view.actors()))),
        Endpoint.get(
            "/v1/actors/{kind}/{namespace}/{name}",
            call -> {
              ResourceKey key = key(call);
              return Answer.now(view.actor(key).orElseThrow(() -> notFound("actor", key)));
            }),
        Endpoint.post(
            "/v1/actors/{kind}/{namespace}/{name}/restart",
            call -> {
              ResourceKey key = key(call);
              return view.restart(key)
                  .thenApply(
                      restarted -> {
                        if (!restarted) {
                          throw notFound("actor", key);
                        }
                        return Answer.json(Map.of("restarted", key.toString()));
                      });
            }),
        Endpoint.get(
            "/v1/snapshot",
            call -> view.snapshot().thenApply(all -> Answer.json(Map.of("resources", all)))),
        Endpoint.get(
            "/v1/snapshot/resource",
            List.of("type", "name"),
            call -> {
              ResourceType type = type(call);
              String name =
                  call.query("name")
                      .orElseThrow(
                          () ->
                              new RefusedException(
                                  400,
                                  "query parameter 'name' is missing (expected a resource's name, such as shop/cart)"));
              return view.resourceJson(type, name)
                  .thenApply(
                      json ->
                          new Answer.Text(
                              200,
                              "application/json",
                              json.orElseThrow(
                                  () ->
                                      new RefusedException(
                                          404, "no resource " + type + " " + name))));
            }),
        Endpoint.get(
            "/v1/nodes", call -> view.nodes().thenApply(all -> Answer.json(Map.of("nodes", all)))),
        Endpoint.get(
            "/v1/status",
            call ->
                view.statuses()
                    .thenApply(
                        all ->
                            Answer.json(
                                Map.of("objects", all.stream().map(StatusJson::of).toList())))),
        Endpoint.get(
            "/v1/status/{kind}/{namespace}/{name}",
            call -> {
              ResourceKey key = key(call);
              return view.status(key)
                  .thenApply(
                      status ->
                          Answer.json(
                              StatusJson.of(status.orElseThrow(() -> notFound("status of", key)))));
            }),
        Endpoint.get(
            "/v1/diagnostics",
            call ->
                view.diagnostics()
                    .thenApply(
                        all ->
                            Answer.json(
                                Map.of(
                                    "diagnostics",
                                    all.stream().map(DiagnosticJson::of).toList())))));
  }

  /** Ready when the source has been read and the first complete configuration is served. */
  public static Supplier<List<String>> health(ControlPlane plane) {
    return () ->
        plane.isReady()
            ? List.of()
            : Stream.concat(
                    Stream.of("control: the source has not been read completely yet"),
                    plane.missing().stream().map(missing -> "control: " + missing))
                .toList();
  }

  /**
   * One object's status.
   *
   * @param namespace empty for a cluster-scoped kind
   * @param generation that the status is about; 0 if no version of the object was ever valid
   * @param status as it would stand in the object; null if there is none of ours to write
   */
  record StatusJson(
      String kind,
      String namespace,
      String name,
      long generation,
      @Nullable Object status,
      List<DiagnosticJson> problems,
      Instant updatedAt) {
    static StatusJson of(ObjectStatus status) {
      return new StatusJson(
          status.key().kind().kindName(),
          status.key().namespace(),
          status.key().name(),
          status.generation(),
          status.status(),
          status.problems().stream().map(DiagnosticJson::of).toList(),
          status.updatedAt());
    }
  }

  private static ResourceType type(Call call) {
    String expected =
        Arrays.stream(ResourceType.values()).map(Enum::name).collect(Collectors.joining(", "));
    String given = call.query("type").orElse("");
    return Arrays.stream(ResourceType.values())
        .filter(t -> t.name().equals(given.toUpperCase(Locale.ROOT)))
        .findFirst()
        .orElseThrow(
            () ->
                new RefusedException(
                    400,
                    "query parameter 'type': '" + given + "' (expected one of " + expected + ")"));
  }

  private static ResourceKey key(Call call) {
    String given = call.path("kind");
    Kind kind =
        Arrays.stream(Kind.values())
            .filter(k -> k.kindName().equalsIgnoreCase(given))
            .findFirst()
            .orElseThrow(
                () ->
                    new RefusedException(
                        404,
                        "kind '"
                            + given
                            + "' (expected one of "
                            + Arrays.stream(Kind.values())
                                .map(Kind::kindName)
                                .collect(Collectors.joining(", "))
                            + ")"));
    String namespace = call.path("namespace");
    if (namespace.equals(NO_NAMESPACE) == kind.namespaced()) {
      throw new RefusedException(
          404,
          "namespace '"
              + namespace
              + "' (expected "
              + (kind.namespaced() ? "one, " + kind + " is namespaced" : "-, " + kind + " has none")
              + ")");
    }
    return new ResourceKey(kind, kind.namespaced() ? namespace : "", call.path("name"));
  }

  private static RefusedException notFound(String what, ResourceKey key) {
    return new RefusedException(404, "no " + what + " " + key);
  }

  private ControlEndpoints() {}
}
