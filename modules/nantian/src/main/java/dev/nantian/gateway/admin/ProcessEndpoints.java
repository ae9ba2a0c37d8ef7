package dev.nantian.gateway.admin;

import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.function.Supplier;

/** What every process serves: an index, health, metrics and the description of the API. */
public final class ProcessEndpoints {

  /**
   * @param version of the program
   * @param planes that run in the process: {@code control}, {@code proxy}
   * @param rest the other endpoints, for the index
   */
  public static Endpoints with(
      String version,
      List<String> planes,
      Health health,
      PrometheusMeterRegistry meters,
      Supplier<String> openApi,
      List<Endpoint> rest) {
    var all = new ArrayList<Endpoint>();
    all.add(Endpoint.get("/", call -> Answer.now(index(version, planes, all))));
    all.add(Endpoint.get("/livez", call -> Answer.now(Map.of("status", "ok"))));
    all.add(
        Endpoint.get(
            "/readyz",
            call -> {
              Health.Readiness readiness = health.readiness();
              return CompletableFuture.completedFuture(
                  new Answer.Json(readiness.ready() ? 200 : 503, readiness));
            }));
    all.add(
        Endpoint.get(
            "/metrics",
            call ->
                CompletableFuture.completedFuture(
                    new Answer.Text(
                        200, "text/plain; version=0.0.4; charset=utf-8", meters.scrape()))));
    all.add(
        Endpoint.get(
            "/openapi.yaml",
            call ->
                CompletableFuture.completedFuture(
                    new Answer.Text(200, "text/yaml; charset=utf-8", openApi.get()))));
    all.addAll(rest);
    return new Endpoints(all);
  }

  private static Map<String, Object> index(
      String version, List<String> planes, List<Endpoint> endpoints) {
    var index = new LinkedHashMap<String, Object>();
    index.put("program", "nantian " + version);
    index.put("planes", planes);
    index.put("endpoints", endpoints.stream().map(ProcessEndpoints::line).toList());
    return index;
  }

  /** For example {@code GET /v1/snapshot/resource?type&name}. */
  private static String line(Endpoint endpoint) {
    return endpoint.method()
        + " "
        + endpoint.path()
        + (endpoint.query().isEmpty() ? "" : "?" + String.join("&", endpoint.query()));
  }

  private ProcessEndpoints() {}
}
