package dev.nantian.gateway.filters.compression;

import dev.nantian.gateway.proxy.filter.ExchangeFilter;
import dev.nantian.gateway.proxy.filter.Filter;
import dev.nantian.gateway.proxy.filter.FilterExchange;
import dev.nantian.gateway.proxy.filter.FilterResponse;
import dev.nantian.gateway.proxy.filter.HeaderFields;
import dev.nantian.gateway.proxy.filter.Outcome;
import dev.nantian.gateway.proxy.filter.Verdict;
import dev.nantian.gateway.proxy.http.HeaderName;
import io.netty.buffer.ByteBuf;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/**
 * Encodes responses whose client accepts it, and says so to caches.
 *
 * <p>Left as they are: what is encoded already, parts (206), what says {@code no-transform}, and
 * types and lengths for which it does not pay. A response whose length is not known goes out as far
 * as it has come after each read, so that no event of a stream waits for the next.
 */
final class CompressionFilter implements Filter {
  private static final HeaderName ACCEPT_ENCODING = HeaderName.of("accept-encoding");
  private static final HeaderName ACCEPT_RANGES = HeaderName.of("accept-ranges");
  private static final HeaderName CACHE_CONTROL = HeaderName.of("cache-control");
  private static final HeaderName CONTENT_ENCODING = HeaderName.of("content-encoding");
  private static final HeaderName CONTENT_RANGE = HeaderName.of("content-range");
  private static final HeaderName CONTENT_TYPE = HeaderName.of("content-type");
  private static final HeaderName ETAG = HeaderName.of("etag");
  private static final HeaderName VARY = HeaderName.of("vary");

  /** Of the bytes before encoding; false after it. */
  private static final List<HeaderName> DIGESTS =
      List.of(
          HeaderName.of("content-md5"),
          HeaderName.of("content-digest"),
          HeaderName.of("digest"),
          HeaderName.of("repr-digest"));

  private final List<Algorithm> algorithms;
  private final int minBytes;
  private final Set<String> types;

  CompressionFilter(List<Algorithm> algorithms, int minBytes, List<String> types) {
    this.algorithms = List.copyOf(algorithms);
    this.minBytes = minBytes;
    this.types = new TreeSet<>(types);
  }

  @Override
  public ExchangeFilter begin(FilterExchange exchange) {
    return new Encoding(exchange);
  }

  private boolean isWorthwhile(FilterResponse response) {
    int status = response.status();
    String type = response.first(CONTENT_TYPE);
    boolean eligible = status >= 200 && status != 204 && status != 206 && status != 304;
    return eligible
        && type != null
        && matches(type)
        && !response.contains(CONTENT_ENCODING)
        && !response.contains(CONTENT_RANGE)
        && response.all(CACHE_CONTROL).stream()
            .noneMatch(v -> v.toLowerCase(Locale.ROOT).contains("no-transform"))
        && (response.contentLength() < 0
            || (response.contentLength() > 0 && response.contentLength() >= minBytes));
  }

  private boolean matches(String contentType) {
    int end = contentType.indexOf(';');
    String type =
        (end < 0 ? contentType : contentType.substring(0, end)).strip().toLowerCase(Locale.ROOT);
    int slash = type.indexOf('/');
    return types.contains(type) || (slash > 0 && types.contains(type.substring(0, slash) + "/*"));
  }

  private final class Encoding implements ExchangeFilter {
    private final FilterExchange exchange;
    private List<String> accepted = List.of();
    private @Nullable BodyEncoder encoder;
    private boolean lengthUnknown;
    private boolean anything;

    Encoding(FilterExchange exchange) {
      this.exchange = exchange;
    }

    /** Noted before other filters may change it. */
    @Override
    public Verdict onRequestHead() {
      accepted = exchange.request().all(ACCEPT_ENCODING);
      return Verdict.CONTINUE;
    }

    @Override
    public Verdict onResponseHead() {
      FilterResponse response = exchange.response();
      if (!isWorthwhile(response)) {
        return Verdict.CONTINUE;
      }
      vary(response);
      Algorithm algorithm = AcceptEncoding.choose(accepted, algorithms);
      if (algorithm == null) {
        return Verdict.CONTINUE;
      }
      lengthUnknown = response.contentLength() < 0;
      exchange.streamResponse();
      encoder = new BodyEncoder(algorithm, exchange.loop().allocator());
      response.set(CONTENT_ENCODING, algorithm.coding());
      response.remove(ACCEPT_RANGES); // of the plain bytes
      DIGESTS.forEach(response::remove);
      // RFC 9110 section 8.8.3: a strong validator would claim the very bytes.
      response.replaceAll(ETAG, tag -> tag.startsWith("W/") ? tag : "W/" + tag);
      return Verdict.CONTINUE;
    }

    private void vary(FilterResponse response) {
      boolean said =
          response.all(VARY).stream()
              .map(value -> value.toLowerCase(Locale.ROOT))
              .anyMatch(value -> value.contains("accept-encoding") || value.strip().equals("*"));
      if (!said) {
        response.add(VARY, "Accept-Encoding");
      }
    }

    @Override
    public Verdict onResponseBody(ByteBuf part) {
      anything = true;
      exchange.writeResponse(encoder().encode(part));
      return Verdict.CONTINUE;
    }

    @Override
    public void onResponseFlush() {
      if (lengthUnknown && anything) {
        exchange.writeResponse(encoder().flush());
      }
    }

    @Override
    public Verdict onResponseEnd(HeaderFields trailers) {
      exchange.writeResponse(encoder().finish());
      lengthUnknown = false; // nothing is left to flush
      return Verdict.CONTINUE;
    }

    @Override
    public void onComplete(Outcome outcome) {
      if (encoder != null) {
        encoder.close();
      }
    }

    private BodyEncoder encoder() {
      if (encoder == null) {
        throw new IllegalStateException("a body came that was not asked for");
      }
      return encoder;
    }
  }
}
