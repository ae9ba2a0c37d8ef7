package dev.nantian.gateway.filters.compression;

import static org.assertj.core.api.Assertions.assertThat;

import com.aayushatharva.brotli4j.Brotli4jLoader;
import com.aayushatharva.brotli4j.decoder.BrotliInputStream;
import com.github.luben.zstd.ZstdInputStream;
import com.sun.net.httpserver.HttpExchange;
import dev.nantian.gateway.filters.FilteredProxy;
import java.io.BufferedReader;
import java.io.ByteArrayInputStream;
import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.net.Socket;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.zip.GZIPInputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(90)
class CompressionIT {
  private static final String TEXT = "All that is gold does not glitter. ".repeat(20_000);

  private static final String[] DEFAULT = {"compression", "{}"};

  private static void serve(HttpExchange exchange) throws IOException {
    byte[] body = TEXT.getBytes(StandardCharsets.UTF_8);
    String path = exchange.getRequestURI().getPath();
    exchange.getResponseHeaders().add("Content-Type", "text/plain; charset=utf-8");
    exchange.getResponseHeaders().add("ETag", "\"v1\"");
    switch (path) {
      case "/small" -> body = "small".getBytes(StandardCharsets.UTF_8);
      case "/encoded" -> exchange.getResponseHeaders().add("Content-Encoding", "gzip");
      case "/fixed" -> exchange.getResponseHeaders().add("Cache-Control", "public, No-Transform");
      case "/image" -> exchange.getResponseHeaders().set("Content-Type", "image/png");
      default -> {}
    }
    boolean chunked = path.equals("/chunked");
    boolean head = exchange.getRequestMethod().equals("HEAD");
    exchange.sendResponseHeaders(200, chunked ? 0 : head ? -1 : body.length);
    try (exchange) {
      if (!head) {
        exchange.getResponseBody().write(body);
      }
    }
  }

  private static String field(HttpResponse<?> response, String name) {
    return response.headers().firstValue(name).orElse("");
  }

  @Test
  void encodesWithEachAlgorithm() throws Exception {
    try (FilteredProxy proxy = new FilteredProxy(CompressionIT::serve, DEFAULT)) {
      HttpResponse<byte[]> gzip = proxy.get("/", "Accept-Encoding", "gzip");
      HttpResponse<byte[]> zstd = proxy.get("/chunked", "Accept-Encoding", "zstd, gzip;q=0.5");
      HttpResponse<byte[]> any = proxy.get("/", "Accept-Encoding", "gzip, deflate, br, zstd");

      assertThat(field(gzip, "content-encoding")).isEqualTo("gzip");
      assertThat(field(gzip, "vary")).isEqualTo("Accept-Encoding");
      assertThat(field(gzip, "etag")).isEqualTo("W/\"v1\"");
      assertThat(field(gzip, "content-length")).isEmpty();
      assertThat(gzip.body().length).isLessThan(TEXT.length() / 10);
      assertThat(text(new GZIPInputStream(new ByteArrayInputStream(gzip.body())))).isEqualTo(TEXT);
      assertThat(text(new ZstdInputStream(new ByteArrayInputStream(zstd.body())))).isEqualTo(TEXT);
      assertThat(field(any, "content-encoding")).isEqualTo("br");
      Brotli4jLoader.ensureAvailability();
      assertThat(text(new BrotliInputStream(new ByteArrayInputStream(any.body())))).isEqualTo(TEXT);
    }
  }

  @Test
  void leavesAloneWhatMustNotBeEncoded() throws Exception {
    try (FilteredProxy proxy = new FilteredProxy(CompressionIT::serve, DEFAULT)) {
      for (String path : new String[] {"/small", "/image", "/fixed"}) {
        HttpResponse<byte[]> response = proxy.get(path, "Accept-Encoding", "gzip");
        assertThat(field(response, "content-encoding")).as(path).isEmpty();
        assertThat(field(response, "etag")).as(path).isEqualTo("\"v1\"");
      }
      HttpResponse<byte[]> encoded = proxy.get("/encoded", "Accept-Encoding", "gzip");
      assertThat(encoded.body()).hasSize(TEXT.length()); // as the backend sent it
      HttpResponse<byte[]> plain = proxy.get("/", "Accept-Encoding", "gzip;q=0");
      assertThat(field(plain, "content-encoding")).isEmpty();
      assertThat(field(plain, "vary")).isEqualTo("Accept-Encoding"); // a cache must know
      assertThat(plain.body()).hasSize(TEXT.length());
    }
  }

  @Test
  void eachEventOfAStreamArrivesBeforeTheNextIsMade() throws Exception {
    Semaphore next = new Semaphore(0);
    try (FilteredProxy proxy =
            new FilteredProxy(
                exchange -> {
                  exchange.getResponseHeaders().add("Content-Type", "text/event-stream");
                  exchange.sendResponseHeaders(200, 0);
                  try (exchange) {
                    for (int i = 0; i < 3; i++) {
                      exchange
                          .getResponseBody()
                          .write(("data: " + i + "\n\n").getBytes(StandardCharsets.UTF_8));
                      exchange.getResponseBody().flush();
                      acquire(next);
                    }
                  }
                },
                DEFAULT);
        Socket socket = proxy.connect()) {
      socket
          .getOutputStream()
          .write(
              "GET / HTTP/1.1\r\nHost: x\r\nAccept-Encoding: gzip\r\n\r\n"
                  .getBytes(StandardCharsets.US_ASCII));
      InputStream in = socket.getInputStream();
      String head = head(in);
      assertThat(head.toLowerCase(java.util.Locale.ROOT))
          .contains("content-encoding: gzip", "transfer-encoding: chunked");
      BufferedReader events =
          new BufferedReader(
              new InputStreamReader(
                  new Unbuffered(new GZIPInputStream(new Dechunked(in))), StandardCharsets.UTF_8));
      for (int i = 0; i < 3; i++) {
        assertThat(events.readLine()).isEqualTo("data: " + i);
        assertThat(events.readLine()).isEmpty();
        next.release(); // only now the backend goes on
      }
      assertThat(events.readLine()).isNull();
    }
  }

  private static void acquire(Semaphore next) throws IOException {
    try {
      if (!next.tryAcquire(20, TimeUnit.SECONDS)) {
        throw new IOException("the event did not arrive");
      }
    } catch (InterruptedException e) {
      throw new IOException(e);
    }
  }

  private static String text(InputStream in) throws IOException {
    try (in) {
      return new String(in.readAllBytes(), StandardCharsets.UTF_8);
    }
  }

  private static String head(InputStream in) throws IOException {
    StringBuilder head = new StringBuilder();
    while (head.indexOf("\r\n\r\n") < 0) {
      head.append((char) in.read());
    }
    return head.toString();
  }

  /** Says that nothing is available, so that readers do not wait for more than they got. */
  private static final class Unbuffered extends FilterInputStream {
    Unbuffered(InputStream in) {
      super(in);
    }

    @Override
    public int available() {
      return 0;
    }
  }

  /** The data of chunks, as they come. */
  private static final class Dechunked extends InputStream {
    private final InputStream in;
    private int left;
    private boolean begun;

    Dechunked(InputStream in) {
      this.in = in;
    }

    private boolean fill() throws IOException {
      if (left == 0) {
        if (begun) {
          line();
        }
        begun = true;
        left = Integer.parseInt(line(), 16);
        if (left == 0) {
          left = -1;
        }
      }
      return left > 0;
    }

    private String line() throws IOException {
      StringBuilder line = new StringBuilder();
      int b = in.read();
      while (b != '\n') {
        if (b < 0) {
          throw new IOException("ended in a chunk's head");
        }
        line.append((char) b);
        b = in.read();
      }
      return line.toString().strip();
    }

    @Override
    public int read() throws IOException {
      if (!fill()) {
        return -1;
      }
      left--;
      return in.read();
    }

    @Override
    public int read(byte[] bytes, int offset, int length) throws IOException {
      if (!fill()) {
        return -1;
      }
      int count = in.read(bytes, offset, Math.min(length, left));
      left -= count;
      return count;
    }

    @Override
    public int available() {
      return 0;
    }
  }
}
