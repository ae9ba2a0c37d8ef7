package dev.nantian.gateway.proxy;

import static dev.nantian.gateway.proxy.Http2RawClient.DATA;
import static dev.nantian.gateway.proxy.Http2RawClient.GOAWAY;
import static dev.nantian.gateway.proxy.Http2RawClient.HEADERS;
import static dev.nantian.gateway.proxy.Http2RawClient.RST_STREAM;
import static org.assertj.core.api.Assertions.assertThat;

import dev.nantian.gateway.proxy.Http2HostileCase.Outcome;
import dev.nantian.gateway.proxy.Http2RawClient.Frame;
import io.netty.handler.codec.http2.Http2Error;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Every case of conformance/hostile/h2 through two real data planes, one in front of a backend of
 * HTTP/1.1 and one of HTTP/2, which record what reaches them: each ends as it says, and nothing
 * reaches a backend but what it says, and the clean requests behind it.
 */
@Timeout(180)
class Http2HostileCorpusIT {
  private static final int FOLLOWING = 999_999;

  /** What a backend of either version received: without what the gateway adds. */
  private record Heard(
      String method, String path, List<String> fields, String body, boolean complete) {}

  private static RecordingBackend http1;
  private static RecordingHttp2Backend http2;
  private static TestProxy toHttp1;
  private static TestProxy toHttp2;

  @BeforeAll
  static void start() throws IOException {
    http1 = new RecordingBackend();
    http2 = new RecordingHttp2Backend();
    toHttp1 = TestProxy.start(new TestTable().route("", TestTable.cluster(http1.address())));
    toHttp2 = TestProxy.start(new TestTable().route("", TestTable.http2(http2.address())));
  }

  @AfterAll
  static void stop() throws IOException {
    toHttp1.close();
    toHttp2.close();
    http1.close();
    http2.close();
  }

  static List<Http2HostileCase> corpus() {
    Path folder = Path.of("conformance/hostile/h2");
    return Http2HostileCase.all(Files.exists(folder) ? folder : Path.of("../..").resolve(folder));
  }

  @Test
  void isLargeEnough() {
    Map<String, Integer> classes = new TreeMap<>();
    corpus()
        .forEach(c -> classes.merge(c.name().substring(0, c.name().indexOf('/')), 1, Integer::sum));
    System.out.println("hostile HTTP/2: " + corpus().size() + " cases " + classes);

    assertThat(corpus()).hasSizeGreaterThanOrEqualTo(150);
  }

  @ParameterizedTest
  @MethodSource("corpus")
  void inFrontOfHttp1(Http2HostileCase given) throws Exception {
    end(given, toHttp1);

    List<String> received = new ArrayList<>();
    barrier(toHttp1);
    for (RecordingBackend.Message message : http1.take()) {
      String own = own(message.bytes());
      if (isOfCase(path(own), message.complete())) {
        received.add(own);
      }
    }
    if (given.expected() == Outcome.FORWARD) {
      assertThat(received).containsExactly(given.seen());
    } else {
      assertThat(received).isEmpty();
    }
  }

  @ParameterizedTest
  @MethodSource("corpus")
  void inFrontOfHttp2(Http2HostileCase given) throws Exception {
    end(given, toHttp2);

    barrier(toHttp2);
    List<Heard> received =
        http2.take().stream()
            .filter(message -> isOfCase(message.field(":path"), message.complete()))
            .map(Http2HostileCorpusIT::heard)
            .toList();
    if (given.expected() == Outcome.FORWARD) {
      assertThat(received).containsExactly(heard(given.seen()));
    } else {
      assertThat(received).isEmpty();
    }
  }

  /**
   * Not: clean requests around what is tested; and of a request which turns out to be bad in its
   * body, the part before that.
   */
  private static boolean isOfCase(String path, boolean complete) {
    return !path.equals("/before")
        && !path.equals("/following")
        && !path.equals("/barrier")
        && (complete || !path.equals("/cut"));
  }

  private static String path(String request) {
    return request.split(" ", 3)[1];
  }

  private static void barrier(TestProxy proxy) throws IOException {
    try (Http2RawClient client = new Http2RawClient(proxy.connect())) {
      assertThat(client.get(1, "/barrier").receive(1).status()).isEqualTo(200);
    }
    try (RawClient client = proxy.client()) {
      assertThat(client.get("/barrier").status()).isEqualTo(200);
    }
  }

  private static void end(Http2HostileCase given, TestProxy proxy) throws IOException {
    if (given.expected() == Outcome.HTTP1) {
      try (RawClient client = proxy.client()) {
        client.send(new String(given.send(), java.nio.charset.StandardCharsets.ISO_8859_1));
        assertThat(client.receive().status()).isEqualTo(given.status());
      }
      return;
    }
    try (Http2RawClient client = new Http2RawClient(proxy.connect(), given.send())) {
      switch (given.expected()) {
        case RESET ->
            assertThat(code(firstOf(client, given, RST_STREAM, HEADERS))).isEqualTo(given.code());
        case STATUS, FORWARD -> {
          Frame head = firstOf(client, given, HEADERS, RST_STREAM);
          assertThat(head.type() == HEADERS ? head.field(":status") : code(head))
              .isEqualTo(Integer.toString(given.status()));
        }
        case GOAWAY -> assertThat(code(end(client))).isEqualTo(given.code());
        case CLOSED -> {
          Frame last = end(client);
          assertThat(last == null || last.code() != 0).isTrue();
        }
        case NOTHING, HTTP1 -> {}
      }
      if (given.expected() != Outcome.GOAWAY
          && given.expected() != Outcome.CLOSED
          && given.stream() < FOLLOWING) {
        client.get(FOLLOWING, "/following");
        assertThat(client.receive(FOLLOWING).status()).isEqualTo(200);
      }
      if (given.expected() == Outcome.NOTHING) {
        assertThat(client.passedOver(given.stream()))
            .filteredOn(frame -> frame.type() != DATA)
            .isEmpty();
      }
    }
  }

  private static Frame firstOf(Http2RawClient client, Http2HostileCase given, int... types)
      throws IOException {
    return client.await(
        frame ->
            frame.type() == GOAWAY
                || (frame.stream() == given.stream()
                    && (frame.type() == types[0] || frame.type() == types[1])));
  }

  /** GOAWAY; null if the connection ends without. */
  private static @Nullable Frame end(Http2RawClient client) {
    Frame last = null;
    try {
      for (Frame frame = client.read(); frame != null; frame = client.read()) {
        if (frame.type() == GOAWAY) {
          last = frame;
        }
      }
    } catch (java.net.SocketTimeoutException e) {
      throw new AssertionError("not ended; GOAWAY: " + last, e);
    } catch (IOException e) {
      // closed with frames of ours unread
    }
    return last;
  }

  private static String code(@Nullable Frame frame) {
    if (frame == null || frame.type() == HEADERS) {
      return frame == null ? "no GOAWAY" : "status " + frame.field(":status");
    }
    String name = Http2Error.valueOf(frame.code()).name();
    return frame.type() == GOAWAY && frame.stream() != 0 ? "?" : name;
  }

  /** Without the fields that the gateway adds. */
  private static String own(String request) {
    return request.replaceAll(
        "(?i)(?<=\n)(x-forwarded-(for|proto|host)|x-request-id):[^\r\n]*\r\n", "");
  }

  private static Heard heard(RecordingHttp2Backend.Message message) {
    List<String> fields =
        Stream.concat(message.head().stream(), message.trailers().stream().map(t -> "trailer " + t))
            .filter(
                f ->
                    !f.startsWith("x-forwarded-")
                        && !f.startsWith("x-request-id")
                        && !f.startsWith(":method")
                        && !f.startsWith(":path")
                        && !f.startsWith(":scheme"))
            .map(f -> f.startsWith(":authority") ? f.replace(":authority", "host") : f)
            .sorted()
            .toList();
    return new Heard(
        message.field(":method"),
        message.field(":path"),
        fields,
        message.body(),
        message.complete());
  }

  /** The same of a whole request in HTTP/1.1, whose body may be in chunks. */
  private static Heard heard(String request) {
    int end = request.indexOf("\r\n\r\n");
    List<String> lines = request.substring(0, end).lines().toList();
    List<String> fields = new ArrayList<>();
    boolean chunked = false;
    for (String line : lines.subList(1, lines.size())) {
      int colon = line.indexOf(':');
      String name = line.substring(0, colon).toLowerCase(Locale.ROOT);
      if (name.equals("transfer-encoding")) {
        chunked = true;
      } else if (!line.equals("connection: te")) {
        fields.add(name + line.substring(colon));
      }
    }
    StringBuilder body = new StringBuilder();
    String rest = request.substring(end + 4);
    while (chunked) {
      int line = rest.indexOf("\r\n");
      int size = Integer.parseInt(rest.substring(0, line), 16);
      body.append(rest, line + 2, line + 2 + size);
      if (size == 0) {
        rest.substring(line + 2).strip().lines().forEach(t -> fields.add("trailer " + t));
        break;
      }
      rest = rest.substring(line + 4 + size);
    }
    String[] start = lines.getFirst().split(" ", -1);
    return new Heard(
        start[0],
        start[1],
        fields.stream().sorted().toList(),
        chunked ? body.toString() : rest,
        true);
  }
}
