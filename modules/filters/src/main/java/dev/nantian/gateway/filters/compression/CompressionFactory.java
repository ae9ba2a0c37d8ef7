package dev.nantian.gateway.filters.compression;

import dev.nantian.gateway.proxy.filter.Filter;
import dev.nantian.gateway.proxy.filter.FilterConfig;
import dev.nantian.gateway.proxy.filter.FilterFactory;
import dev.nantian.gateway.proxy.filter.InvalidFilterException;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/** Makes filters that compress responses: type {@code compression}. */
public final class CompressionFactory implements FilterFactory {
  private static final int DEFAULT_MIN_BYTES = 1024;
  private static final List<String> DEFAULT_ALGORITHMS = List.of("br", "zstd", "gzip");
  private static final List<String> DEFAULT_TYPES =
      List.of(
          "text/*",
          "application/json",
          "application/x-ndjson",
          "application/javascript",
          "application/xml",
          "application/xhtml+xml",
          "application/problem+json",
          "application/wasm",
          "image/svg+xml");

  @Override
  public String type() {
    return "compression";
  }

  @Override
  public Filter create(FilterConfig config) throws InvalidFilterException {
    CompressionConfig wanted = config.read(CompressionConfig.class);
    int minBytes = wanted.minBytes() == null ? DEFAULT_MIN_BYTES : wanted.minBytes();
    if (minBytes < 0) {
      throw new InvalidFilterException("minBytes: " + minBytes + " (expected 0 or more)");
    }
    List<Algorithm> algorithms = new ArrayList<>();
    for (String name : wanted.algorithms() == null ? DEFAULT_ALGORITHMS : wanted.algorithms()) {
      Algorithm algorithm = Algorithm.of(name);
      if (algorithm == null) {
        throw new InvalidFilterException("algorithms: " + name + " (expected br, zstd or gzip)");
      }
      if (algorithm.isAvailable()) {
        algorithms.add(algorithm);
      }
    }
    List<String> types = new ArrayList<>();
    for (String type : wanted.contentTypes() == null ? DEFAULT_TYPES : wanted.contentTypes()) {
      if (!type.matches("[a-zA-Z0-9!#$&^_.+-]+/([a-zA-Z0-9!#$&^_.+-]+|\\*)")) {
        throw new InvalidFilterException(
            "contentTypes: " + type + " (expected a media type such as text/html or text/*)");
      }
      types.add(type.toLowerCase(Locale.ROOT));
    }
    return new CompressionFilter(algorithms, minBytes, types);
  }
}
