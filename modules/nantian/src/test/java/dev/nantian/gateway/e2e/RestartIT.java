package dev.nantian.gateway.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.net.DatagramPacket;
import java.net.DatagramSocket;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.SocketTimeoutException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.locks.LockSupport;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The commands of docs/restart.md, with real processes, under every kind of load. */
class RestartIT {
  private static final InetAddress LOOPBACK = InetAddress.getLoopbackAddress();

  private final Path scratch;
  private final List<Integer> ports = Ports.free(5);

  RestartIT(@TempDir Path scratch) {
    this.scratch = scratch;
  }

  @Test
  void threeRestartsInARowAndOneThatDiesCostNoRequest() throws Exception {
    Assumptions.assumeTrue(Files.isDirectory(Path.of("/proc/self/fd")), "no Linux");
    List<String> commands = documented();
    Path config = Files.createDirectory(scratch.resolve("config"));
    String xds = "127.0.0.1:" + ports.get(4);
    int admin = Ports.free();
    List<NantianProcess> proxies = new ArrayList<>();
    try (var backend = new Backend("one");
        var echo = new DatagramEcho()) {
      // Given a proxy under load
      configure(config, backend.port(), echo.port());
      try (NantianProcess _ =
          NantianProcess.start(scratch, "control", config.toString(), "--xds", xds)) {
        proxies.add(launch(commands.get(0), xds, admin));
        NantianProcess first = proxies.getFirst();
        first.await("serving", () -> first.output().contains("  admin  http") && serves());
        Path demo = NantianProcess.REPOSITORY.resolve("examples/quickstart/demo.crt");
        var load = new RestartLoad(ports.get(0), ports.get(1), ports.get(2), demo);
        first.await("under load", load::isComplete);
        try (Socket relayed = new Socket(LOOPBACK, ports.get(2));
            DatagramSocket client = new DatagramSocket(0, LOOPBACK)) {
          relayed.setSoTimeout(20_000);
          client.setSoTimeout(1_000);
          assertThat(RestartLoad.exchange(relayed, "GET", "/relayed")).isTrue();

          // When a process that takes over is killed before it is ready
          NantianProcess dying = launch(commands.get(1), xds, admin);
          proxies.add(dying);
          dying.await("taking over", () -> first.output().contains("takeover begins"));
          dying.kill();
          first.await("serving on", () -> first.output().contains("no takeover, serving on"));
          load.awaitMore(first);
          assertThat(load.failures()).isEmpty();

          // And three others follow each other
          for (int i = 0; i < 3; i++) {
            NantianProcess running = i == 0 ? first : proxies.getLast();
            NantianProcess next = launch(commands.get(1), xds, admin);
            proxies.add(next);
            next.await("in force", () -> next.output().contains("  admin  http"));
            assertThat(running.output()).contains("event=draining cause=takeover");
            if (i == 0) {
              // Then the relayed connection goes on through the first, and datagrams are answered.
              assertThat(RestartLoad.exchange(relayed, "GET", "/relayed")).isTrue();
              assertThat(isAnswered(client)).isTrue();
              relayed.shutdownOutput();
            }
            load.awaitMore(next);
          }
        }

        // Then nothing failed, and each process that was replaced ended in order.
        assertThat(load.stop()).isEmpty();
        for (NantianProcess replaced : List.of(proxies.get(0), proxies.get(2), proxies.get(3))) {
          assertThat(replaced.exitStatus()).isZero();
        }
        assertThat(proxies.getLast().admin("/v1/config").at("/status/ready").asBoolean()).isTrue();
        assertThat(proxies.getLast().terminate()).isZero();
        System.out.println("three restarts and one that died: failed 0 of " + load.counts());
      }
    } finally {
      proxies.forEach(NantianProcess::close);
    }
  }

  /** The two commands of the page, without the folder, which is the test's. */
  private static List<String> documented() throws IOException {
    Matcher lines =
        Pattern.compile("(?m)^nantian (proxy --xds 127\\.0\\.0\\.1:18000 .*?) +#")
            .matcher(Files.readString(NantianProcess.REPOSITORY.resolve("docs/restart.md")));
    List<String> commands = new ArrayList<>();
    while (lines.find()) {
      commands.add(lines.group(1).replace(" --data-dir /var/lib/nantian", ""));
    }
    assertThat(commands).hasSize(2);
    assertThat(commands.get(1)).isEqualTo(commands.get(0) + " --takeover");
    return commands;
  }

  private NantianProcess launch(String command, String xds, int admin) throws IOException {
    String line = command.replace("127.0.0.1:18000", xds) + " --bind 127.0.0.1 --drain 40s";
    return NantianProcess.launchAt(admin, scratch, line.split(" +"));
  }

  private boolean serves() {
    try {
      return NantianProcess.get("http://127.0.0.1:" + ports.get(0) + "/").statusCode() == 200
          && port(ports.get(1))
          && port(ports.get(2));
    } catch (IOException e) {
      return false;
    }
  }

  private static boolean port(int port) {
    try (Socket socket = new Socket(LOOPBACK, port)) {
      return socket.isConnected();
    } catch (IOException e) {
      return false;
    }
  }

  /** Datagrams may be lost, as on any network, but not all of them. */
  private boolean isAnswered(DatagramSocket client) throws IOException {
    byte[] bytes = "ping".getBytes(StandardCharsets.US_ASCII);
    for (int i = 0; i < 20; i++) {
      client.send(
          new DatagramPacket(bytes, bytes.length, new InetSocketAddress(LOOPBACK, ports.get(3))));
      try {
        client.receive(new DatagramPacket(new byte[10], 10));
        return true;
      } catch (SocketTimeoutException _) {
        LockSupport.parkNanos(1);
      }
    }
    return false;
  }

  private void configure(Path folder, int backend, int udp) throws IOException {
    String certificate =
        Files.readString(NantianProcess.REPOSITORY.resolve("examples/quickstart/certificate.yaml"));
    Files.writeString(
        folder.resolve("certificate.yaml"),
        certificate.replaceAll("(?m)^  namespace: .*$", "  namespace: shop"));
    Files.writeString(
        folder.resolve("gateway.yaml"),
        """
        apiVersion: gateway.networking.k8s.io/v1
        kind: Gateway
        metadata: {name: web, namespace: shop}
        spec:
          gatewayClassName: nantian
          listeners:
          - {name: http, port: %d, protocol: HTTP}
          - {name: https, port: %d, protocol: HTTPS, tls: {certificateRefs: [{name: demo-certificate}]}}
          - {name: tcp, port: %d, protocol: TCP}
          - {name: udp, port: %d, protocol: UDP}
        """
            .formatted(ports.get(0), ports.get(1), ports.get(2), ports.get(3)));
    Files.writeString(folder.resolve("one.yaml"), Config.service("one", backend));
    Files.writeString(folder.resolve("route.yaml"), Config.route("items", "/", "one"));
    Files.writeString(
        folder.resolve("layer4.yaml"),
        """
        apiVersion: gateway.networking.k8s.io/v1alpha2
        kind: TCPRoute
        metadata: {name: tcp, namespace: shop}
        spec:
          parentRefs: [{name: web, sectionName: tcp}]
          rules: [{backendRefs: [{name: one, port: 80}]}]
        ---
        apiVersion: gateway.networking.k8s.io/v1alpha2
        kind: UDPRoute
        metadata: {name: udp, namespace: shop}
        spec:
          parentRefs: [{name: web, sectionName: udp}]
          rules: [{backendRefs: [{name: datagrams, port: 53}]}]
        ---
        apiVersion: v1
        kind: Service
        metadata: {name: datagrams, namespace: shop}
        spec: {ports: [{name: dns, port: 53, protocol: UDP}]}
        ---
        apiVersion: discovery.k8s.io/v1
        kind: EndpointSlice
        metadata: {name: datagrams-1, namespace: shop, labels: {kubernetes.io/service-name: datagrams}}
        addressType: IPv4
        ports: [{name: dns, port: %d, protocol: UDP}]
        endpoints: [{addresses: [127.0.0.1]}]
        """
            .formatted(udp));
  }
}
