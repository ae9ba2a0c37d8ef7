package dev.nantian.gateway.proxy;

import static org.assertj.core.api.Assertions.assertThat;

import dev.nantian.gateway.proxy.filter.Filter;
import dev.nantian.gateway.proxy.filter.FilterBackend;
import dev.nantian.gateway.proxy.filter.MirrorFilter;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

/** Copies of requests over real sockets. */
class MirrorIT {
  private final BlockingQueue<String> copies = new LinkedBlockingQueue<>();

  @Test
  void aCopyGoesToTheMirrorAndTheResponseComesFromTheBackend() throws Exception {
    try (RawBackend backend = RawBackend.echo();
        RawBackend mirror = recording();
        TestProxy proxy = proxy(backend, to(mirror, 1, 1));
        RawClient client = proxy.client()) {
      client.send("GET /cart?x=1 HTTP/1.1\r\nHost: shop.example\r\nX-Mine: yes\r\n\r\n");

      assertThat(client.receive().body()).startsWith("GET /cart?x=1 HTTP/1.1");
      assertThat(copy())
          .startsWith("GET /cart?x=1 HTTP/1.1\r\n")
          .containsIgnoringCase("host: shop.example\r\n")
          .containsIgnoringCase("x-mine: yes\r\n");
    }
  }

  @Test
  void aBodyIsCopiedWhole() throws Exception {
    try (RawBackend backend = RawBackend.echo();
        RawBackend mirror = recording();
        TestProxy proxy = proxy(backend, to(mirror, 1, 1));
        RawClient client = proxy.client()) {
      client.send(
          """
          POST /cart HTTP/1.1
          Host: a
          Transfer-Encoding: chunked

          5
          hello
          6
           world
          0

          """
              .replace("\n", "\r\n"));

      assertThat(client.receive().body()).endsWith("\r\nhello world");
      assertThat(copy()).startsWith("POST /cart HTTP/1.1\r\n").endsWith("\r\nhello world");
    }
  }

  @Test
  void severalMirrorsGetACopyEach() throws Exception {
    try (RawBackend backend = RawBackend.echo();
        RawBackend one = recording();
        RawBackend two = recording();
        TestProxy proxy = proxy(backend, to(one, 1, 1), to(two, 1, 1));
        RawClient client = proxy.client()) {
      client.send("PUT /cart HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\nabc");

      assertThat(client.receive().body()).endsWith("\r\nabc");
      assertThat(copy()).endsWith("\r\nabc");
      assertThat(copy()).endsWith("\r\nabc");
    }
  }

  @Test
  void aShareOfTheRequestsIsCopiedEvenly() throws Exception {
    try (RawBackend backend = RawBackend.echo();
        RawBackend mirror = recording();
        TestProxy proxy = proxy(backend, to(mirror, 1, 4));
        RawClient client = proxy.client()) {
      for (int i = 0; i < 8; i++) {
        client.get("/" + i);
      }

      List<String> paths = new ArrayList<>();
      paths.add(copy().split(" ", 3)[1]);
      paths.add(copy().split(" ", 3)[1]);
      assertThat(paths).containsExactlyInAnyOrder("/0", "/4");
    }
  }

  @Test
  void aMirrorThatNeverAnswersHoldsNothingUp() throws Exception {
    CountDownLatch end = new CountDownLatch(1);
    try (RawBackend backend = RawBackend.echo();
        RawBackend mirror = new RawBackend(connection -> await(end));
        TestProxy proxy = proxy(backend, to(mirror, 1, 1));
        RawClient client = proxy.client()) {
      for (int i = 0; i < 2 * MirrorFilter.MAX_UNDER_WAY; i++) {
        assertThat(client.get("/" + i).status()).isEqualTo(200);
      }

      assertThat(mirror.accepted()).isLessThanOrEqualTo(MirrorFilter.MAX_UNDER_WAY);
      end.countDown();
    }
  }

  @Test
  void aBodyThatIsTooLongIsServedAndNotCopied() throws Exception {
    String body = "x".repeat(MirrorFilter.MAX_BODY_BYTES + 1);
    try (RawBackend backend = RawBackend.echo();
        RawBackend mirror = recording();
        TestProxy proxy = proxy(backend, to(mirror, 1, 1));
        RawClient client = proxy.client()) {
      client.send(
          "POST /long HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n"
              + Integer.toHexString(body.length())
              + "\r\n"
              + body
              + "\r\n0\r\n\r\n");
      assertThat(client.receive().body()).endsWith(body);

      client.get("/short");

      assertThat(copy()).startsWith("GET /short ");
    }
  }

  private static void await(CountDownLatch end) throws IOException {
    try {
      end.await();
    } catch (InterruptedException e) {
      throw new IOException(e);
    }
  }

  private String copy() throws InterruptedException {
    return Objects.requireNonNull(copies.poll(60, TimeUnit.SECONDS), "no copy within 60 s");
  }

  private RawBackend recording() throws IOException {
    return new RawBackend(
        connection -> {
          while (true) {
            copies.add(connection.request());
            connection.send("HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\nmirror");
          }
        });
  }

  private static MirrorFilter to(RawBackend mirror, int numerator, int denominator) {
    return new MirrorFilter(
        FilterBackend.of("test/mirror:80", List.of(mirror.address())), numerator, denominator);
  }

  private static TestProxy proxy(RawBackend backend, Filter... mirrors) {
    return TestProxy.start(
        new TestTable().filtered("/", TestTable.cluster(backend.address()), mirrors));
  }
}
