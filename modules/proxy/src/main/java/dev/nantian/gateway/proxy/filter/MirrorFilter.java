package dev.nantian.gateway.proxy.filter;

import dev.nantian.gateway.proxy.http.HeaderName;
import io.netty.buffer.ByteBuf;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.concurrent.atomic.AtomicLong;

/**
 * Sends a copy of some of a rule's requests to another Service and drops what it answers (Gateway
 * API HTTPRequestMirrorFilter).
 *
 * <p>It never makes the request wait: each part of a body passes on as it comes, and the copy takes
 * it along. A body up to {@link HttpCopies#WHOLE_BYTES} leaves when it is complete; a longer one
 * goes in parts, and the copy is given up when more than {@link HttpCopies#MAX_WAITING_BYTES} would
 * have to wait for the mirror. Nor are there more than {@link #MAX_UNDER_WAY} copies of this rule
 * at once: a mirror that lags gets fewer instead of holding memory.
 */
public final class MirrorFilter implements Filter {
  /** Copies without an answer, on all loops. */
  public static final int MAX_UNDER_WAY = 256;

  /** What may wait of all of them together. */
  public static final int MAX_WAITING_BYTES = 32 << 20;

  private static final HeaderName TRANSFER_ENCODING = HeaderName.of("transfer-encoding");
  private static final Duration ANSWER_TIMEOUT = Duration.ofSeconds(10);
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
  private final Duration answerTimeout;
  private final long numerator;
  private final long denominator;
  private final AtomicLong seen = new AtomicLong();
  private final HttpCopies.Share share = new HttpCopies.Share(MAX_UNDER_WAY, MAX_WAITING_BYTES);

  /**
   * @param numerator 0 to {@code denominator}: so many of {@code denominator} requests are copied
   */
  public MirrorFilter(FilterBackend backend, long numerator, long denominator) {
    this(backend, numerator, denominator, ANSWER_TIMEOUT);
  }

  /** With another time for the mirror's answer than 10 s from the end of the request. */
  public MirrorFilter(
      FilterBackend backend, long numerator, long denominator, Duration answerTimeout) {
    this.backend = backend;
    this.answerTimeout = answerTimeout;
    this.numerator = numerator;
    this.denominator = denominator;
  }

  @Override
  public ExchangeFilter begin(FilterExchange exchange) {
    FilterRequest request = exchange.request();
    if (!isChosen() || !request.path().startsWith("/")) {
      return ExchangeFilter.NONE;
    }
    HttpCopies.Copy copy = exchange.loop().copies().begin(backend, headOf(request), share);
    return copy == null ? ExchangeFilter.NONE : new Mirrored(exchange, copy);
  }

  // Spread evenly: of 1 in 4 every fourth, not the first of four hundred.
  private boolean isChosen() {
    long ticket = seen.getAndIncrement() % denominator;
    return ticket * numerator % denominator < numerator;
  }

  private HttpCalls.Request headOf(FilterRequest request) {
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
        answerTimeout,
        0);
  }

  /** What is copied of one exchange. */
  private record Mirrored(FilterExchange exchange, HttpCopies.Copy copy) implements ExchangeFilter {
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
        copy.end();
      }
      return Verdict.CONTINUE;
    }

    @Override
    public Verdict onRequestBody(ByteBuf part) {
      copy.write(part);
      exchange.writeRequest(part);
      return Verdict.CONTINUE;
    }

    @Override
    public Verdict onRequestEnd(HeaderFields trailers) {
      copy.end();
      return Verdict.CONTINUE;
    }

    @Override
    public void onComplete(Outcome outcome) {
      copy.cut();
    }
  }
}
