package dev.nantian.gateway.proxy;

import static org.assertj.core.api.Assertions.assertThat;

import dev.nantian.gateway.proxy.RecordingBackend.Message;
import java.io.IOException;
import java.net.SocketException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Every request of conformance/hostile through a real data plane to a backend that records what
 * reaches it: refused with the stated status, or forwarded as exactly one request.
 */
@Timeout(180)
class HostileCorpusIT {
  private static final String FOLLOWING =
      "GET /following HTTP/1.1\r\nHost: hostile.example\r\n\r\n";
  private static final String BARRIER = "GET /barrier HTTP/1.1\r\nHost: hostile.example\r\n\r\n";

  private static RecordingBackend backend;
  private static TestProxy proxy;

  @BeforeAll
  static void start() throws IOException {
    backend = new RecordingBackend();
    proxy = TestProxy.start(new TestTable().route("/", TestTable.cluster(backend.address())));
    proxy.apply(
        new TestTable()
            .route("/", TestTable.cluster(backend.address()))
            .route("*", TestTable.cluster(backend.address())));
  }

  @AfterAll
  static void stop() throws IOException {
    proxy.close();
    backend.close();
  }

  static List<HostileCase> corpus() {
    Path folder = Path.of("conformance/hostile");
    return HostileCase.all(Files.exists(folder) ? folder : Path.of("../..").resolve(folder));
  }

  static List<HostileCase> refused() {
    return corpus().stream().filter(c -> c.status() != 0).toList();
  }

  static List<HostileCase> forwarded() {
    return corpus().stream().filter(c -> c.status() == 0).toList();
  }

  @Test
  void isLargeEnough() {
    System.out.println(
        "hostile corpus: "
            + corpus().size()
            + " requests, "
            + refused().size()
            + " refused, "
            + forwarded().size()
            + " forwarded");

    assertThat(corpus()).hasSizeGreaterThanOrEqualTo(200);
  }

  @ParameterizedTest
  @MethodSource("refused")
  void isRefused(HostileCase given) throws Exception {
    try (RawClient client = proxy.client()) {
      client.send(given.send() + FOLLOWING);

      RawClient.Response response = client.receive();

      assertThat(response.status()).isEqualTo(given.status());
      assertThat(response.field("connection")).isEqualTo("close");
      assertThat(ends(client)).isTrue();
    }
    List<Message> received = receivedBeforeBarrier();
    if (!given.cut()) {
      assertThat(received).isEmpty();
    }
    assertThat(received).noneMatch(Message::complete);
    assertThat(received)
        .allSatisfy(message -> assertThat(given.send()).startsWith(own(message.bytes())));
  }

  @ParameterizedTest
  @MethodSource("forwarded")
  void isForwardedAsOne(HostileCase given) throws Exception {
    try (RawClient client = proxy.client()) {
      client.send(given.send() + FOLLOWING);

      RawClient.Response response = client.receive(given.send().startsWith("HEAD "));

      assertThat(response.status()).isEqualTo(200);
      assertThat(client.receive().status()).isEqualTo(200);
    }
    assertThat(receivedBeforeBarrier().stream().map(message -> own(message.bytes())))
        .containsExactly(given.seen(), FOLLOWING);
  }

  /** A clean request on a new connection; what the loop did before it has arrived when it has. */
  private static List<Message> receivedBeforeBarrier() throws IOException {
    try (RawClient client = proxy.client()) {
      assertThat(client.send(BARRIER).receive().status()).isEqualTo(200);
    }
    List<Message> received = backend.take();
    assertThat(received).map(message -> own(message.bytes())).contains(BARRIER);
    return received.stream().filter(message -> !own(message.bytes()).equals(BARRIER)).toList();
  }

  /** Without the fields that the gateway adds. */
  private static String own(String request) {
    return request.replaceAll(
        "(?i)(?<=\n)(x-forwarded-(for|proto|host)|x-request-id):[^\r\n]*\r\n", "");
  }

  private static boolean ends(RawClient client) throws IOException {
    try {
      return client.isEnded();
    } catch (SocketException e) {
      return true; // reset, since it sent more than anybody will read
    }
  }
}
