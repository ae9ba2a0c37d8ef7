package dev.nantian.gateway.proxy;

import static org.assertj.core.api.Assertions.assertThat;

import io.netty.buffer.PooledByteBufAllocator;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;

/** Bodies far larger than what may be held. */
@OnEveryTransport
class StreamingIT {
  private static final int SIZE = 200 << 20;
  private static final long MAX_HELD = 48L << 20;

  @Test
  void aSlowReaderStopsTheBackend() throws IOException {
    AtomicLong written = new AtomicLong();
    try (RawBackend backend =
            new RawBackend(
                connection -> {
                  connection.head();
                  connection.send("HTTP/1.1 200 OK\r\nContent-Length: " + SIZE + "\r\n\r\n");
                  write(connection.socket().getOutputStream(), written);
                });
        TestProxy proxy =
            TestProxy.start(new TestTable().route("/", TestTable.cluster(backend.address())));
        RawClient client = proxy.client()) {
      client.send("GET / HTTP/1.1\r\nHost: x\r\n\r\n");
      standsStill(written);
      assertThat(written.get()).isLessThan(MAX_HELD);
      assertThat(PooledByteBufAllocator.DEFAULT.metric().usedDirectMemory()).isLessThan(MAX_HELD);

      RawClient.readHead(client.in());
      client.in().skipNBytes(SIZE);
      assertThat(written.get()).isEqualTo(SIZE);
    }
  }

  @Test
  void aSlowBackendStopsTheClient() throws Exception {
    AtomicLong written = new AtomicLong();
    var read = new java.util.concurrent.CountDownLatch(1);
    try (RawBackend backend =
            new RawBackend(
                connection -> {
                  connection.head();
                  awaitLatch(read);
                  skip(connection.in());
                  connection.send("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok");
                });
        TestProxy proxy =
            TestProxy.start(new TestTable().route("/", TestTable.cluster(backend.address())));
        RawClient client = proxy.client()) {
      client.send("PUT / HTTP/1.1\r\nHost: x\r\nContent-Length: " + SIZE + "\r\n\r\n");
      Thread writer = Thread.ofVirtual().start(() -> quietly(client, written));
      standsStill(written);
      assertThat(written.get()).isLessThan(MAX_HELD);

      read.countDown();

      assertThat(client.receive().body()).isEqualTo("ok");
      writer.join();
    }
  }

  private static void quietly(RawClient client, AtomicLong written) {
    try {
      write(client.socket().getOutputStream(), written);
    } catch (IOException e) {
      throw new java.io.UncheckedIOException(e);
    }
  }

  private static void awaitLatch(java.util.concurrent.CountDownLatch latch) throws IOException {
    try {
      latch.await();
    } catch (InterruptedException e) {
      throw new IOException(e);
    }
  }

  private static void skip(InputStream in) throws IOException {
    in.skipNBytes(SIZE);
  }

  private static void write(OutputStream out, AtomicLong written) throws IOException {
    byte[] block = new byte[64 << 10];
    for (int sent = 0; sent < SIZE; sent += block.length) {
      out.write(block);
      written.addAndGet(block.length);
    }
  }

  /** Returns when nothing was written for a while, which can only be because nothing is read. */
  private static void standsStill(AtomicLong written) {
    long[] last = {-1, 0};
    TestProxy.eventually(
        "the writer is stopped",
        () -> {
          long now = written.get();
          last[1] = now == last[0] && now > 0 ? last[1] + 1 : 0;
          last[0] = now;
          return last[1] > 200;
        });
  }
}
