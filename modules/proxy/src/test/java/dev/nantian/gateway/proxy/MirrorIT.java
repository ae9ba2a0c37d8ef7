package dev.nantian.gateway.proxy;

import static org.assertj.core.api.Assertions.assertThat;

import dev.nantian.gateway.proxy.filter.Filter;
import dev.nantian.gateway.proxy.filter.FilterBackend;
import dev.nantian.gateway.proxy.filter.MirrorFilter;
import io.netty.buffer.ByteBufUtil;
import io.netty.buffer.PooledByteBufAllocator;
import io.netty.handler.codec.http2.Http2Headers;
import io.netty.handler.codec.http2.Http2Settings;
import io.netty.util.ResourceLeakDetector;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Queue;
import java.util.SplittableRandom;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.LongConsumer;
import java.util.zip.CRC32;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Copies of requests over real sockets. */
class MirrorIT {
  /** Less than may wait for a mirror, more than is kept until a copy begins. */
  private static final int IN_FLIGHT = 512 << 10;

  private final BlockingQueue<String> copies = new LinkedBlockingQueue<>();
  private final Queue<String> leaks = new ConcurrentLinkedQueue<>();
  private final ResourceLeakDetector.Level standard = ResourceLeakDetector.getLevel();

  @BeforeEach
  void watchBuffers() {
    ResourceLeakDetector.setLevel(ResourceLeakDetector.Level.PARANOID);
    ByteBufUtil.setLeakListener((type, records) -> leaks.add(type + records));
  }

  @AfterEach
  void watchNoMore() {
    ByteBufUtil.setLeakListener(null);
    ResourceLeakDetector.setLevel(standard);
  }

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
      assertThat(proxy.metrics())
          .containsPattern("nantian_mirror_drops_total\\{reason=\"busy\"} [1-9]");
      end.countDown();
    }
  }

  /** What came of one body, while it comes and in the end. */
  private static final class Received {
    private final AtomicLong bytes = new AtomicLong();
    private final CRC32 sum = new CRC32();
    private final CompletableFuture<Long> whole = new CompletableFuture<>();

    long sum() throws Exception {
      return whole.get(60, TimeUnit.SECONDS);
    }

    /** A body in chunks, as those are whose way leads through a filter. */
    private void read(RawBackend.Connection connection) throws IOException {
      assertThat(connection.head()).containsIgnoringCase("transfer-encoding: chunked\r\n");
      int size = Integer.parseInt(RawClient.readLine(connection.in()), 16);
      while (size > 0) {
        byte[] chunk = connection.in().readNBytes(size);
        sum.update(chunk);
        bytes.addAndGet(chunk.length);
        RawClient.readLine(connection.in());
        size = Integer.parseInt(RawClient.readLine(connection.in()), 16);
      }
      RawClient.readLine(connection.in());
      whole.complete(sum.getValue());
      connection.send("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok");
    }

    RawBackend backend() throws IOException {
      return new RawBackend(
          connection -> {
            read(connection);
            connection.in().read(); // not closed here
          });
    }
  }

  /** Sends a body of bytes that differ; gives their sum. */
  private static long upload(RawClient client, int length, LongConsumer sent) throws IOException {
    client.send("POST /long HTTP/1.1\r\nHost: a\r\nContent-Length: " + length + "\r\n\r\n");
    SplittableRandom random = new SplittableRandom(length);
    byte[] block = new byte[64 << 10];
    CRC32 sum = new CRC32();
    for (int at = 0; at < length; at += block.length) {
      random.nextBytes(block);
      sum.update(block);
      client.socket().getOutputStream().write(block);
      sent.accept(at + block.length);
    }
    return sum.getValue();
  }

  /** The client keeps step with the mirror, which so is never slower than the bound allows. */
  @ParameterizedTest
  @ValueSource(ints = {1 << 20, 50 << 20})
  void aLongBodyReachesAMirrorThatKeepsUpWhole(int length) throws Exception {
    Received served = new Received();
    Received copied = new Received();
    long pinned = PooledByteBufAllocator.DEFAULT.pinnedDirectMemory();
    try (RawBackend backend = served.backend();
        RawBackend mirror = copied.backend();
        TestProxy proxy = proxy(backend, to(mirror, 1, 1));
        RawClient client = proxy.client()) {
      long sum =
          upload(
              client,
              length,
              sent ->
                  TestProxy.eventually(
                      "the mirror keeps up", () -> copied.bytes.get() >= sent - IN_FLIGHT));

      assertThat(client.receive().body()).isEqualTo("ok");
      assertThat(served.sum()).isEqualTo(sum);
      assertThat(copied.sum()).isEqualTo(sum);
      assertThat(copied.bytes.get()).isEqualTo(length);
      assertThat(proxy.metrics())
          .doesNotContainPattern("nantian_mirror_drops_total\\{[^}]*} [1-9]");
    }
    allReleased(pinned);
  }

  @Test
  void aLongBodyReachesAMirrorOfHttp2Whole() throws Exception {
    AtomicLong bytes = new AtomicLong();
    CompletableFuture<Long> whole = new CompletableFuture<>();
    Http2Backend.Script counting =
        new Http2Backend.Script() {
          private final CRC32 sum = new CRC32();

          @Override
          public void onHeaders(Http2Backend.Stream stream, Http2Headers headers, boolean end) {}

          @Override
          public void onData(Http2Backend.Stream stream, String data, boolean end) {
            sum.update(data.getBytes(StandardCharsets.ISO_8859_1));
            bytes.addAndGet(data.length());
            if (end) {
              whole.complete(sum.getValue());
              stream.head(204, true);
            }
          }
        };
    Received served = new Received();
    try (RawBackend backend = served.backend();
        Http2Backend mirror = new Http2Backend(Http2Settings.defaultSettings(), counting);
        TestProxy proxy =
            proxy(
                backend,
                new MirrorFilter(FilterBackend.of(TestTable.http2(mirror.address())), 1, 1));
        RawClient client = proxy.client()) {
      long sum =
          upload(
              client,
              4 << 20,
              sent ->
                  TestProxy.eventually(
                      "the mirror keeps up", () -> bytes.get() >= sent - IN_FLIGHT));

      assertThat(client.receive().body()).isEqualTo("ok");
      assertThat(served.sum()).isEqualTo(sum);
      assertThat(whole.get(60, TimeUnit.SECONDS)).isEqualTo(sum);
    }
  }

  @Test
  void aMirrorThatStopsReadingIsGivenUpAndHoldsNeitherTheRequestNorMemory() throws Exception {
    CountDownLatch end = new CountDownLatch(1);
    Received served = new Received();
    AtomicLong most = new AtomicLong();
    long pinned = PooledByteBufAllocator.DEFAULT.pinnedDirectMemory();
    try (RawBackend backend = served.backend();
        RawBackend mirror = new RawBackend(connection -> await(end));
        TestProxy proxy = proxy(backend, to(mirror, 1, 1));
        RawClient client = proxy.client()) {
      long sum =
          upload(
              client,
              50 << 20,
              sent ->
                  most.accumulateAndGet(
                      PooledByteBufAllocator.DEFAULT.pinnedDirectMemory() - pinned, Math::max));

      assertThat(client.receive().body()).isEqualTo("ok");
      assertThat(served.sum()).isEqualTo(sum);
      assertThat(proxy.metrics()).contains("nantian_mirror_drops_total{reason=\"slow\"} 1.0");
      assertThat(mirror.accepted()).isEqualTo(1);
      assertThat(most.get()).as("bytes in buffers of the proxy").isLessThan(16 << 20);
      end.countDown();
    }
    allReleased(pinned);
  }

  @Test
  void aRequestThatIsCutCutsItsCopy() throws Exception {
    CompletableFuture<Boolean> cut = new CompletableFuture<>();
    Received copied = new Received();
    long pinned = PooledByteBufAllocator.DEFAULT.pinnedDirectMemory();
    try (RawBackend backend = new Received().backend();
        RawBackend mirror =
            new RawBackend(
                connection -> {
                  try {
                    copied.read(connection);
                  } finally {
                    cut.complete(!copied.whole.isDone());
                  }
                });
        TestProxy proxy = proxy(backend, to(mirror, 1, 1))) {
      try (RawClient client = proxy.client()) {
        client.send("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1000000\r\n\r\n");
        client.send("x".repeat(300_000));
        TestProxy.eventually("the copy is under way", () -> copied.bytes.get() > 0);
      }

      assertThat(cut.get(60, TimeUnit.SECONDS)).isTrue();
      TestProxy.eventually(
          "counted",
          () -> proxy.metrics().contains("nantian_mirror_drops_total{reason=\"cut\"} 1.0"));
    }
    allReleased(pinned);
  }

  /** No buffer is in use any more, and none was forgotten. */
  private void allReleased(long pinnedBefore) {
    TestProxy.eventually(
        "buffers released",
        () -> PooledByteBufAllocator.DEFAULT.pinnedDirectMemory() <= pinnedBefore);
    System.gc();
    PooledByteBufAllocator.DEFAULT.directBuffer(1).release(); // looks for lost ones
    assertThat(leaks).isEmpty();
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
        FilterBackend.of("test/mirror:80", List.of(mirror.address())),
        numerator,
        denominator,
        Duration.ofMinutes(2)); // none of these tests is about it
  }

  private static TestProxy proxy(RawBackend backend, Filter... mirrors) {
    return TestProxy.start(
        new TestTable().filtered("/", TestTable.cluster(backend.address()), mirrors));
  }
}
