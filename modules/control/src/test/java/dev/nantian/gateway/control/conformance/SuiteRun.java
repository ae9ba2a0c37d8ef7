package dev.nantian.gateway.control.conformance;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assumptions.assumeThat;

import dev.nantian.gateway.control.ControlPlane;
import dev.nantian.gateway.control.ControlPlaneSettings;
import dev.nantian.gateway.control.fixture.Acknowledger;
import dev.nantian.gateway.control.source.folder.FolderSource;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Duration;
import java.util.Base64;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.TimeUnit;
import org.apache.pekko.actor.typed.ActorSystem;

/**
 * A control plane on the official suite's base manifests and those of one test, in a folder, with a
 * proxy that confirms everything. Needs {@code -Dconformance.manifests}, the folder that {@code
 * conformance/manifests} wrote; the test is skipped without it.
 */
final class SuiteRun implements AutoCloseable {
  private static final Duration DEADLINE = Duration.ofSeconds(60); // a safety net

  private final Path folder;
  private final ControlPlane plane;
  private final Acknowledger proxy;

  private SuiteRun(Path folder, ControlPlane plane, Acknowledger proxy) {
    this.folder = folder;
    this.plane = plane;
    this.proxy = proxy;
  }

  /** The manifests of a test. */
  static String manifest(String test) throws Exception {
    return Files.readString(manifests().resolve("tests").resolve(test + ".yaml"));
  }

  private static Path manifests() {
    String manifests = System.getProperty("conformance.manifests", "");
    assumeThat(manifests).as("-Dconformance.manifests").isNotEmpty();
    return Path.of(manifests);
  }

  static SuiteRun start(ActorSystem<?> system, Path folder, String yaml) throws Exception {
    Files.copy(manifests().resolve("base.yaml"), folder.resolve("base.yaml"));
    Files.writeString(folder.resolve("suite.yaml"), madeByTheSuite());
    write(folder, yaml);
    ControlPlane plane =
        await(
            ControlPlane.start(
                system,
                ControlPlaneSettings.defaults().withAddressPool(List.of("127.18.0.0/24")),
                new FolderSource(folder),
                new SimpleMeterRegistry()));
    return new SuiteRun(folder, plane, new Acknowledger(system, plane.xdsAddress(), "node"));
  }

  ControlPlane plane() {
    return plane;
  }

  /** Replaces the test's manifests. */
  void write(String yaml) throws Exception {
    write(folder, yaml);
  }

  // Whole files only, so that the folder source never sees half of one.
  private static void write(Path folder, String yaml) throws Exception {
    Path draft = folder.resolve(".draft");
    Files.writeString(draft, yaml);
    Files.move(
        draft,
        folder.resolve("test.yaml"),
        StandardCopyOption.ATOMIC_MOVE,
        StandardCopyOption.REPLACE_EXISTING);
  }

  /**
   * Waits until {@code check} finds nothing.
   *
   * @param check what is not as wanted; empty if nothing
   * @param report gets a line if that does not come about
   */
  static void eventually(String test, Object wanted, Callable<String> check, List<String> report)
      throws Exception {
    long deadline = System.nanoTime() + DEADLINE.toNanos();
    while (true) {
      String found = check.call();
      if (found.isEmpty()) {
        return;
      }
      if (System.nanoTime() - deadline > 0) {
        report.add("FAIL  " + test + ": " + wanted + ": " + found);
        assertThat(found).as(wanted.toString()).isEmpty();
      }
      Thread.onSpinWait();
    }
  }

  static <T> T await(CompletionStage<T> stage) throws Exception {
    return stage.toCompletableFuture().get(60, TimeUnit.SECONDS);
  }

  @Override
  public void close() {
    proxy.close();
    plane.stop().toCompletableFuture().orTimeout(60, TimeUnit.SECONDS).join();
  }

  /** What the suite creates by itself: certificates; and the class, which it expects to find. */
  private static String madeByTheSuite() throws Exception {
    StringBuilder yaml = new StringBuilder();
    yaml.append(
        """
        apiVersion: gateway.networking.k8s.io/v1
        kind: GatewayClass
        metadata: {name: nantian}
        spec: {controllerName: gateway.nantian.dev/controller}
        """);
    String pair =
        new String(
            Objects.requireNonNull(SuiteRun.class.getResourceAsStream("/certificates/any.pem"))
                .readAllBytes(),
            StandardCharsets.US_ASCII);
    int key = pair.indexOf("-----BEGIN PRIVATE KEY");
    for (String secret :
        List.of(
            "gateway-conformance-web-backend/certificate",
            "gateway-conformance-infra/tls-validity-checks-certificate",
            "gateway-conformance-infra/tls-validity-checks-client-certificate",
            "gateway-conformance-infra/tls-validity-checks-per-port-client-certificate",
            "gateway-conformance-infra/tls-passthrough-checks-certificate",
            "gateway-conformance-app-backend/tls-passthrough-checks-certificate",
            "gateway-conformance-infra/tls-checks-certificate",
            "gateway-conformance-infra/tls-checks-client-certificate",
            "gateway-conformance-infra/tls-terminate-checks-certificate")) {
      int slash = secret.indexOf('/');
      yaml.append(
          """
          ---
          apiVersion: v1
          kind: Secret
          metadata: {name: %s, namespace: %s}
          type: kubernetes.io/tls
          data:
            tls.crt: %s
            tls.key: %s
          """
              .formatted(
                  secret.substring(slash + 1),
                  secret.substring(0, slash),
                  base64(pair.substring(0, key)),
                  base64(pair.substring(key))));
    }
    for (String authority :
        List.of(
            "gateway-conformance-web-backend/web-backend-cm",
            "gateway-conformance-infra/tls-validity-checks-ca-certificate",
            "gateway-conformance-infra/tls-validity-checks-per-port-ca-certificate",
            "gateway-conformance-infra/tls-checks-ca-certificate",
            "gateway-conformance-infra/mismatch-ca-certificate")) {
      int slash = authority.indexOf('/');
      yaml.append(
          """
          ---
          apiVersion: v1
          kind: ConfigMap
          metadata: {name: %s, namespace: %s}
          data:
            ca.crt: "%s"
          """
              .formatted(
                  authority.substring(slash + 1),
                  authority.substring(0, slash),
                  pair.substring(0, key).replace("\n", "\\n")));
    }
    return yaml.toString();
  }

  private static String base64(String text) {
    return Base64.getEncoder().encodeToString(text.getBytes(StandardCharsets.US_ASCII));
  }
}
