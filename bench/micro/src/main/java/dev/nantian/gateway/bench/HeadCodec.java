package dev.nantian.gateway.bench;

import dev.nantian.gateway.proxy.http.HeadWriter;
import dev.nantian.gateway.proxy.http.HttpLimits;
import dev.nantian.gateway.proxy.http.Progress;
import dev.nantian.gateway.proxy.http.RequestHead;
import dev.nantian.gateway.proxy.http.RequestHeadDecoder;
import dev.nantian.gateway.proxy.http.RequestRules;
import dev.nantian.gateway.proxy.http.ResponseHead;
import dev.nantian.gateway.proxy.http.ResponseHeadDecoder;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;

/** Heads of HTTP/1.1: read with all checks, and written. */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
public class HeadCodec {
  private static final String BROWSER_REQUEST =
      """
      GET /shop/items/4711?page=2&sort=price HTTP/1.1
      Host: www.example.com
      User-Agent: Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0
      Accept: text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8
      Accept-Language: en-US,en;q=0.5
      Accept-Encoding: gzip, deflate, br, zstd
      Referer: https://www.example.com/shop/items?page=1
      Connection: keep-alive
      Cookie: session=0f3c2b7a9d8e4f6a; theme=dark; consent=1; cart=b2f1
      Upgrade-Insecure-Requests: 1
      Sec-Fetch-Dest: document
      Sec-Fetch-Mode: navigate
      Sec-Fetch-Site: same-origin
      Sec-Fetch-User: ?1
      Priority: u=0, i

      """;
  private static final String SMALL_REQUEST =
      """
      GET /small HTTP/1.1
      Host: bench.test

      """;
  private static final String LONG_RESPONSE =
      """
      HTTP/1.1 200 OK
      Date: Sat, 01 Aug 2026 10:00:00 GMT
      Server: example
      Content-Type: application/json; charset=utf-8
      Content-Length: 5120
      Cache-Control: private, max-age=0, must-revalidate
      ETag: "9f86d081884c7d65"
      Vary: Accept-Encoding, Cookie
      Strict-Transport-Security: max-age=31536000
      X-Content-Type-Options: nosniff
      Set-Cookie: session=0f3c2b7a9d8e4f6a; Path=/; HttpOnly; Secure

      """;
  private static final String SMALL_RESPONSE =
      """
      HTTP/1.1 200 OK
      Content-Type: text/plain
      Content-Length: 100

      """;

  /** As a load generator sends them, and as a browser and an application do. */
  @Param({"small", "long"})
  public String size = "small";

  private final RequestHeadDecoder requests =
      new RequestHeadDecoder(HttpLimits.DEFAULT, RequestRules.DEFAULT);
  private final ResponseHeadDecoder responses = new ResponseHeadDecoder(HttpLimits.DEFAULT);
  private final RequestHead request = new RequestHead();
  private final ResponseHead response = new ResponseHead();
  private final RequestHead decodedRequest = new RequestHead();
  private final ResponseHead decodedResponse = new ResponseHead();
  private final ByteBuf out = Unpooled.directBuffer(8192);
  private ByteBuf requestBytes = Unpooled.EMPTY_BUFFER;
  private ByteBuf responseBytes = Unpooled.EMPTY_BUFFER;

  /** Heads that are written are decoded once. */
  @Setup
  public void prepare() {
    requestBytes = direct(size.equals("small") ? SMALL_REQUEST : BROWSER_REQUEST);
    responseBytes = direct(size.equals("small") ? SMALL_RESPONSE : LONG_RESPONSE);
    complete(requests.decode(requestBytes.duplicate(), decodedRequest));
    complete(responses.decode(responseBytes.duplicate(), decodedResponse));
  }

  private static ByteBuf direct(String lines) {
    byte[] bytes = lines.replace("\n", "\r\n").getBytes(StandardCharsets.US_ASCII);
    return Unpooled.directBuffer(bytes.length).writeBytes(bytes);
  }

  private static void complete(Progress progress) {
    if (progress != Progress.COMPLETE) {
      throw new IllegalStateException("decoded: " + progress + " (expected COMPLETE)");
    }
  }

  /** From the bytes of one read to a head that routes can be matched with. */
  @Benchmark
  public Progress readRequest() {
    requests.reset();
    request.clear();
    requestBytes.readerIndex(0);
    return requests.decode(requestBytes, request);
  }

  /** The same for a response. */
  @Benchmark
  public Progress readResponse() {
    responses.reset();
    response.clear();
    responseBytes.readerIndex(0);
    return responses.decode(responseBytes, response);
  }

  /** As it is sent to a backend, without the lines that the proxy adds. */
  @Benchmark
  public ByteBuf writeRequest() {
    out.clear();
    HeadWriter.request(decodedRequest, out);
    HeadWriter.end(out);
    return out;
  }

  /** As it is sent to a client whose response a filter has touched. */
  @Benchmark
  public ByteBuf writeResponse() {
    out.clear();
    HeadWriter.response(decodedResponse, out);
    HeadWriter.end(out);
    return out;
  }
}
