package dev.nantian.gateway.proxy.filter;

import dev.nantian.gateway.proxy.http.HeaderName;
import io.netty.buffer.ByteBuf;
import java.io.ByteArrayOutputStream;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Sends a copy of some of a rule's requests to another Service and drops what it answers (Gateway
 * API HTTPRequestMirrorFilter).
 *
 * <p>It never makes the request wait: a body passes on part by part while it is copied, and the
 * copy leaves when the body is complete. The copy is given up when the body grows beyond {@link
 * #MAX_BODY_BYTES}, or when {@link #MAX_UNDER_WAY} copies of this rule have no answer yet: a mirror
 * that lags gets fewer copies instead of holding memory.
 */
public final class MirrorFilter implements Filter {
  /** Requests with longer bodies are not mirrored. */
  public static final int MAX_BODY_BYTES = 64 << 10;

  /** Copies without an answer, on all loops. */
  public static final int MAX_UNDER_WAY = 256;

  private static final Logger LOG = LoggerFactory.getLogger(MirrorFilter.class);
  private static final HeaderName TRANSFER_ENCODING = HeaderName.of("transfer-encoding");
  private static final Duration TIMEOUT = Duration.ofSeconds(10);
  private static final int MAX_RESPONSE_BYTES = 1 << 20;
  private static final Set<String> WITH_BODY = Set.of("POST", "PUT", "PATCH");
  private static final Set<String> NOT_COPIED =
      Set.of(
          "connection",
          "content-length",
          "expect",
          "host",
          "keep-alive",
          "proxy-connection",
          "te",
          "trailer",
          "transfer-encoding",
          "upgrade");

  private final FilterBackend backend;
  private final long numerator;
  private final long denominator;
  private final AtomicLong seen = new AtomicLong();
  private final AtomicInteger underWay = new AtomicInteger();

  /**
   * @param numerator 0 to {@code denominator}: so many of {@code denominator} requests are copied
   */
  public MirrorFilter(FilterBackend backend, long numerator, long denominator) {
    this.backend = backend;
    this.numerator = numerator;
    this.denominator = denominator;
  }

  @Override
  public ExchangeFilter begin(FilterExchange exchange) {
    FilterRequest request = exchange.request();
    boolean copied =
        isChosen()
            && request.path().startsWith("/")
            && request.contentLength() <= MAX_BODY_BYTES
            && underWay.get() < MAX_UNDER_WAY;
    return copied ? new Copy(exchange) : ExchangeFilter.NONE;
  }

  // Spread evenly: of 1 in 4 every fourth, not the first of four hundred.
  private boolean isChosen() {
    long ticket = seen.getAndIncrement() % denominator;
    return ticket * numerator % denominator < numerator;
  }

  private void send(FilterExchange exchange, HttpCalls.Request request) {
    underWay.incrementAndGet();
    exchange
        .loop()
        .calls()
        .send(backend, request)
        .whenComplete(
            (response, failure) -> {
              underWay.decrementAndGet();
              if (failure != null) {
                LOG.debug("event=mirror_failed route={} reason={}", exchange.route(), failure);
              }
            });
  }

  /** The copy of one request. */
  private final class Copy implements ExchangeFilter {
    private final FilterExchange exchange;
    private final ByteArrayOutputStream body = new ByteArrayOutputStream(0);
    private boolean tooLong;
    private final HttpCalls.Request head;

    private Copy(FilterExchange exchange) {
      this.exchange = exchange;
      this.head = copyOf(exchange.request());
    }

    @Override
    public Verdict onRequestHead() {
      FilterRequest request = exchange.request();
      // A length that is not said: chunks, HTTP/2, or no body at all.
      boolean hasBody =
          request.contentLength() > 0
              || request.contains(TRANSFER_ENCODING)
              || (request.contentLength() < 0 && WITH_BODY.contains(request.method()));
      if (hasBody) {
        exchange.streamRequest();
      } else {
        send(exchange, head);
      }
      return Verdict.CONTINUE;
    }

    @Override
    public Verdict onRequestBody(ByteBuf part) {
      int count = part.readableBytes();
      if (!tooLong && body.size() + count > MAX_BODY_BYTES) {
        tooLong = true;
        body.reset();
      }
      if (!tooLong) {
        byte[] bytes = new byte[count];
        part.getBytes(part.readerIndex(), bytes);
        body.writeBytes(bytes);
      }
      exchange.writeRequest(part);
      return Verdict.CONTINUE;
    }

    @Override
    public Verdict onRequestEnd(HeaderFields trailers) {
      if (!tooLong) {
        send(
            exchange,
            new HttpCalls.Request(
                head.method(),
                head.target(),
                head.authority(),
                head.fields(),
                body.toByteArray(),
                TIMEOUT,
                MAX_RESPONSE_BYTES));
      }
      return Verdict.CONTINUE;
    }

    private static HttpCalls.Request copyOf(FilterRequest request) {
      List<Answer.Field> fields = new ArrayList<>();
      request.forEach(
          (name, value) -> {
            if (!NOT_COPIED.contains(name.toLowerCase(Locale.ROOT))) {
              fields.add(new Answer.Field(HeaderName.of(name), value));
            }
          });
      String query = request.query();
      return new HttpCalls.Request(
          request.method(),
          request.path() + (query == null ? "" : "?" + query),
          request.host(),
          fields,
          new byte[0],
          TIMEOUT,
          MAX_RESPONSE_BYTES);
    }
  }
}
