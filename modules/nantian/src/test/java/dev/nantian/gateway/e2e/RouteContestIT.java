package dev.nantian.gateway.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import dev.nantian.gateway.control.status.ObjectStatus;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.stream.Collectors;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * An HTTPRoute and a younger GRPCRoute at the same hostname of one listener, in a folder: what
 * their statuses say and where calls of the GRPCRoute's service go.
 */
@SuppressWarnings("NullAway.Init")
class RouteContestIT {
  private static final String HTTP = "HTTPRoute shop/web";
  private static final String GRPC = "GRPCRoute shop/calls";

  private final HttpClient client =
      HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();
  @TempDir private Path folder;
  private Backend backend;
  private Planes planes;
  private int port;

  @BeforeEach
  void start() throws Exception {
    backend = new Backend("web");
    port = Ports.free();
    Files.writeString(
        folder.resolve("base.yaml"),
        BASE.replace("${http}", String.valueOf(port))
            .replace("${backend}", String.valueOf(backend.port())));
    planes = Planes.start(folder);
    Files.writeString(folder.resolve("web.yaml"), WEB);
    Planes.await("the HTTPRoute is accepted", () -> accepted(HTTP).startsWith("True/"));
    Files.writeString(folder.resolve("calls.yaml"), CALLS);
    Planes.await("the GRPCRoute is rejected", () -> accepted(GRPC).startsWith("False/"));
    Planes.await("the HTTPRoute serves all", () -> call() == 200);
  }

  @AfterEach
  void stop() throws Exception {
    planes.close();
    backend.close();
  }

  @Test
  void theYoungerRouteIsToldWhoHasTheHostname() throws Exception {
    planes.settled();

    String told = accepted(GRPC);

    assertThat(told)
        .startsWith("False/NotAllowedByListeners spec.hostnames: localhost at listener http")
        .contains("of Gateway shop/gw belongs to HTTPRoute shop/web");
    assertThat(accepted(HTTP)).startsWith("True/Accepted");
    assertThat(attachedRoutes()).contains("attachedRoutes=1");
  }

  @Test
  void theYoungerRouteComesUpWhenTheOlderGoes() throws Exception {
    Files.delete(folder.resolve("web.yaml"));

    Planes.await("the GRPCRoute is accepted", () -> accepted(GRPC).startsWith("True/"));
    // Its backend has no endpoints.
    Planes.await("the GRPCRoute takes its calls", () -> call() >= 500);
    Planes.await("it is counted", () -> attachedRoutes().contains("attachedRoutes=1"));
  }

  @Test
  void anOlderRouteTakesTheHostnameOver() throws Exception {
    Files.writeString(folder.resolve("calls.yaml"), CALLS.replace("2026-02", "2025-12"));

    Planes.await("the HTTPRoute is rejected", () -> accepted(HTTP).startsWith("False/"));
    Planes.await("the GRPCRoute is accepted", () -> accepted(GRPC).startsWith("True/"));
    Planes.await("the GRPCRoute takes its calls", () -> call() >= 500);
    assertThat(accepted(HTTP)).contains("belongs to GRPCRoute shop/calls");
  }

  /** Status of a call of the GRPCRoute's service; 0 without a response. */
  private int call() throws Exception {
    HttpRequest request =
        HttpRequest.newBuilder(URI.create("http://localhost:" + port + "/shop.Cart/Add"))
            .timeout(Duration.ofSeconds(20))
            .POST(HttpRequest.BodyPublishers.noBody())
            .build();
    try {
      return client.send(request, HttpResponse.BodyHandlers.discarding()).statusCode();
    } catch (IOException notYet) {
      return 0;
    }
  }

  private String accepted(String object) throws Exception {
    return planes.statuses().stream()
        .filter(status -> status.key().toString().equals(object) && status.status() != null)
        .map(status -> Planes.condition(status, "Accepted"))
        .collect(Collectors.joining());
  }

  private String attachedRoutes() throws Exception {
    return planes.statuses().stream()
        .filter(status -> status.key().toString().equals("Gateway shop/gw"))
        .map(ObjectStatus::status)
        .map(String::valueOf)
        .collect(Collectors.joining());
  }

  private static final String BASE =
      """
      apiVersion: gateway.networking.k8s.io/v1
      kind: Gateway
      metadata: {name: gw, namespace: shop}
      spec:
        gatewayClassName: nantian
        listeners:
        - {name: http, port: ${http}, protocol: HTTP}
      ---
      apiVersion: v1
      kind: Service
      metadata: {name: web, namespace: shop}
      spec: {ports: [{port: 80}]}
      ---
      apiVersion: discovery.k8s.io/v1
      kind: EndpointSlice
      metadata: {name: web, namespace: shop, labels: {kubernetes.io/service-name: web}}
      addressType: IPv4
      endpoints: [{addresses: ["127.0.0.1"]}]
      ports: [{port: ${backend}}]
      ---
      apiVersion: v1
      kind: Service
      metadata: {name: calls, namespace: shop}
      spec: {ports: [{port: 50051}]}
      """;

  private static final String WEB =
      """
      apiVersion: gateway.networking.k8s.io/v1
      kind: HTTPRoute
      metadata: {name: web, namespace: shop, creationTimestamp: "2026-01-01T00:00:00Z"}
      spec:
        parentRefs: [{name: gw}]
        rules: [{backendRefs: [{name: web, port: 80}]}]
      """;

  private static final String CALLS =
      """
      apiVersion: gateway.networking.k8s.io/v1
      kind: GRPCRoute
      metadata: {name: calls, namespace: shop, creationTimestamp: "2026-02-01T00:00:00Z"}
      spec:
        parentRefs: [{name: gw}]
        hostnames: [localhost]
        rules:
        - matches: [{method: {service: shop.Cart}}]
          backendRefs: [{name: calls, port: 50051}]
      """;
}
